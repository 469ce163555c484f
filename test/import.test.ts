import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pack, writeZip } from '../src/attachments/zip.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { countRows } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { startGateway } from './support/gateway.ts';
import { csvOf, dot, letterRow, lettersOf, uploadBody } from './support/imports.ts';
import { runLapor } from './support/lapor.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { readSealed, testDataDir } from './support/sealing.ts';
import { type SignedIn, signIn } from './support/staff.ts';

let database: TestDatabase;
let gateway: TestApp;
let staff: SignedIn;
const office = 'D32.73';

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  gateway = await createTestApp(database.pool);
  staff = await signIn(database.pool, { role: 'intake', agency: office });
});
afterAll(async () => {
  await gateway.app.close();
  await database.drop();
});

const get = (url: string, as: SignedIn = staff, app = gateway.app) =>
  app.inject({ url, headers: { accept: 'text/html', cookie: as.cookie } });

/** The token of the form and the cookie that goes with it. */
async function tokenFor(url: string, as: SignedIn, app = gateway.app) {
  const page = await get(url, as, app);
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
  const cookies = page.cookies.map(({ name, value }) => `${name}=${value}`);
  return { csrf, cookie: [as.cookie, ...cookies].join('; ') };
}

async function upload(
  table: string | Buffer,
  given: {
    readonly archive?: Buffer;
    readonly as?: SignedIn;
    readonly office?: string;
    readonly name?: string;
  } = {},
) {
  const { as = staff } = given;
  const { csrf, cookie } = await tokenFor('/petugas/impor', as);
  const { payload, type } = uploadBody({
    fields: { csrf, office: given.office ?? '' },
    table: { name: given.name ?? 'surat.csv', content: Buffer.from(table as string) },
    archive: given.archive,
  });
  return gateway.app.inject({
    method: 'POST',
    url: '/petugas/impor',
    headers: { accept: 'text/html', cookie, 'content-type': type },
    payload,
  });
}

async function post(
  url: string,
  fields: Readonly<Record<string, string>> = {},
  as: SignedIn = staff,
  app = gateway.app,
) {
  const { csrf, cookie } = await tokenFor('/petugas/impor', as, app);
  return app.inject({
    method: 'POST',
    url,
    headers: { accept: 'text/html', cookie, 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ csrf, ...fields }).toString(),
  });
}

/** What the page of the columns would send as it is. */
async function mappingOf(home: string, as: SignedIn = staff) {
  const { body } = await get(home, as);
  return Object.fromEntries(
    [...body.matchAll(/<select id="(kolom-\d+)".*?<\/select>/gs)].map(([select, name = '']) => [
      name,
      /<option value="([^"]*)" selected/.exec(select)?.[1] ?? '',
    ]),
  );
}

async function finished(home: string, as: SignedIn = staff): Promise<void> {
  const id = home.split('/').at(-1);
  await vi.waitFor(
    async () => {
      const { rows } = await database.pool.query('select state from imports where id = $1', [id]);
      expect(rows[0]?.state).toBe('finished');
    },
    { timeout: 25_000, interval: 50 },
  );
  expect((await get(home, as)).body).toContain('Impor selesai');
}

async function bringIn(table: string, given: Parameters<typeof upload>[1] = {}) {
  const home = String((await upload(table, given)).headers.location);
  expect((await post(`${home}/kolom`, await mappingOf(home))).headers.location).toBe(home);
  const checked = (await get(home)).body;
  await post(`${home}/jalankan`, { withoutFile: 'send' });
  return { home, checked };
}

const resultOf = async (home: string) => (await get(`${home}/hasil.csv`)).body;
const lettersStored = async () =>
  Number((await database.pool.query('select count(*) from letters')).rows[0]?.count);

test('the whole way: uploaded, columns guessed, checked, run; the same file twice brings nothing twice', async () => {
  const table = csvOf(lettersOf(30, 'UTUH'));
  const before = await lettersStored();
  const { home, checked } = await bringIn(table);
  expect(checked).toContain('Masukkan 30 surat');
  await finished(home);
  expect(await lettersStored()).toBe(before + 30);
  const { rows } = await database.pool.query(
    `select report.id, report.channel, report.text, letter.agenda_number, letter.office_code, letter.year, letter.entered_by,
       letter.received_on::text
     from letters as letter join reports as report on report.id = letter.report_id
     where letter.agenda_number = '1/UTUH/2026'`,
  );
  expect(rows).toMatchObject([
    { channel: 'letter', office_code: office, year: 2026, entered_by: staff.id, received_on: '2026-11-03' },
  ]);
  const sealed = await readSealed(database.pool, rows[0].id, 'agency');
  expect(sealed?.identity).toMatchObject({ name: 'Warga 1', phone: '+6281200000001' });

  const again = await bringIn(table);
  expect(again.checked).toContain('Tidak ada baris baru');
  expect(await lettersStored()).toBe(before + 30);
  expect((await get(again.home)).body).toContain('sudah ada');
});

test('rows without an agenda number are known again by what they say', async () => {
  const table = csvOf(lettersOf(5, 'TANPA').map((row) => ({ ...row, 'Nomor agenda': '' })));
  const before = await lettersStored();
  await finished((await bringIn(table)).home);
  expect(await lettersStored()).toBe(before + 5);
  expect((await bringIn(table)).checked).toContain('Tidak ada baris baru');
  expect(await lettersStored()).toBe(before + 5);
});

test('rows with problems stay out, each told by row and column; mended, the result can be uploaded again', async () => {
  const rows = lettersOf(8, 'SEBAGIAN');
  const broken = rows.map((row, index) =>
    index === 2
      ? { ...row, 'Tanggal diterima': '31/02/2026', Telepon: '8,12E+10' }
      : index === 5
        ? { ...row, Isi: '', Instansi: 'Dinas Antah Berantah' }
        : row,
  );
  const before = await lettersStored();
  const { home, checked } = await bringIn(csvOf(broken));
  expect(checked).toContain('Masukkan 6 surat');
  expect(checked).toMatch(
    /Baris 3<\/h3>.*tanggal tidak terbaca.*31\/02\/2026.*Excel.*8,12E\+10.*Baris 6<\/h3>/s,
  );
  await finished(home);
  expect(await lettersStored()).toBe(before + 6);
  const result = await resultOf(home);
  expect(result.startsWith('\ufeffNomor agenda;')).toBe(true);
  const lines = result.trim().split('\r\n');
  expect(lines).toHaveLength(9);
  expect(lines[3]).toMatch(/;3;ditolak;;.*Tanggal diterima \(kolom B\): tanggal tidak terbaca/);
  expect(lines[1]).toMatch(/;1;diterima;/);

  const mended = result.replace('31/02/2026', '03/11/2026').replace('8,12E+10', '081200000003');
  const next = await bringIn(mended);
  expect(next.checked).toContain('Masukkan 1 surat');
  await finished(next.home);
  expect(await lettersStored()).toBe(before + 7);
});

test('a number that is in the book with other words, or twice in the table, is told and not taken', async () => {
  const [row] = lettersOf(1, 'BENTROK');
  if (row === undefined) throw new Error('no row');
  await finished((await bringIn(csvOf([row]))).home);
  const before = await lettersStored();
  const other = { ...row, Isi: 'Isi yang sama sekali lain' };
  const { checked } = await bringIn(csvOf([other]));
  expect(checked).toContain('nomor agenda sudah tercatat dengan isi lain');
  const twice = await bringIn(
    csvOf([letterRow(7, 'DUA'), letterRow(7, 'DUA'), { ...letterRow(7, 'DUA'), Isi: 'Lain' }]),
  );
  expect(twice.checked).toContain('sama dengan baris 1');
  expect(twice.checked).toContain('nomor agenda sudah dipakai baris 1 dengan isi lain');
  await finished(twice.home);
  expect(await lettersStored()).toBe(before + 1);
});

test('formulas and HTML are words: on the page, in the report, and harmless in the result', async () => {
  const formula = '=cmd|" /C calc"!A0';
  const { home, checked } = await bringIn(
    csvOf([
      { ...letterRow(1, 'RUMUS'), Isi: formula, Nama: '<script>alert(1)</script>', Telepon: 'x<b>' },
      { ...letterRow(2, 'RUMUS'), Isi: formula, Perihal: '@SUM(1)' },
    ]),
  );
  expect(checked).not.toContain('<b>');
  expect(checked).toContain('x&lt;b&gt;');
  await finished(home);
  const { rows } = await database.pool.query(
    `select text from reports join letters on report_id = id where agenda_number = '2/RUMUS/2026'`,
  );
  expect(rows).toEqual([{ text: formula }]);
  const result = await resultOf(home);
  expect(result).toContain(`"'=cmd|"" /C calc""!A0"`);
  expect(result).toContain(`'@SUM(1)`);
  // and comes back as what it was
  expect((await bringIn(result)).checked).toContain('sudah ada');
});

test('files of the archive go with their rows, by their names alone; what is missing or none is told', async () => {
  const archive = writeZip([
    await pack('../../sekolah/atap.png', dot),
    await pack('bukan.png', Buffer.from('bukan gambar')),
    await pack('__MACOSX/._atap.png', Buffer.from('x')),
  ]);
  const before = await countRows(database.pool, 'attachments');
  const table = csvOf([
    { ...letterRow(1, 'BERKAS'), Lampiran: 'ATAP.png' },
    { ...letterRow(2, 'BERKAS'), Lampiran: 'atap.png; tidak-ada.pdf' },
    { ...letterRow(3, 'BERKAS'), Lampiran: 'bukan.png' },
  ]);
  const { home, checked } = await bringIn(table, { archive });
  expect(checked).toContain('1 baris lampirannya tidak ada');
  await finished(home);
  expect(await countRows(database.pool, 'attachments')).toBe(before + 2);
  const lines = (await resultOf(home)).trim().split('\r\n');
  expect(lines[2]).toContain('berkas lampiran tidak ada dalam ZIP');
  expect(lines[3]).toMatch(/diterima.*jenis berkas lampiran tidak diterima/);
  expect(await countRows(database.pool, 'import_files')).toBe(0);
});

test('where rows without their files are to wait, they stay out', async () => {
  const home = String(
    (await upload(csvOf([{ ...letterRow(1, 'TUNGGU'), Lampiran: 'surat.pdf' }, letterRow(2, 'TUNGGU')])))
      .headers.location,
  );
  await post(`${home}/kolom`, await mappingOf(home));
  await post(`${home}/jalankan`, { withoutFile: 'leave' });
  await finished(home);
  const { rows } = await database.pool.query(
    `select agenda_number from letters where agenda_number like '%/TUNGGU/%'`,
  );
  expect(rows).toEqual([{ agenda_number: '2/TUNGGU/2026' }]);
});

test('columns are chosen by hand where headings say nothing, and remembered for the office', async () => {
  const table = 'x;y;z\n1/KOLOM;03/11/2026;Lampu mati\n';
  const home = String((await upload(table)).headers.location);
  const refused = await post(`${home}/kolom`, { 'kolom-0': 'agendaNumber', 'kolom-1': 'receivedOn' });
  expect(refused.statusCode).toBe(422);
  expect(refused.body).toContain('Belum ada kolom untuk: Isi');
  await post(`${home}/kolom`, { 'kolom-0': 'agendaNumber', 'kolom-1': 'receivedOn', 'kolom-2': 'text' });
  expect((await get(home)).body).toContain('Masukkan 1 surat');
  const again = String((await upload(table)).headers.location);
  expect(await mappingOf(again)).toEqual({
    'kolom-0': 'agendaNumber',
    'kolom-1': 'receivedOn',
    'kolom-2': 'text',
  });
});

test('who is of another office sees nothing of it, and imports for none that is not theirs', async () => {
  const home = String((await upload(csvOf(lettersOf(2, 'ASING')))).headers.location);
  const stranger = await signIn(database.pool, { role: 'admin', agency: 'D33.74' });
  for (const url of [home, `${home}/hasil.csv`]) expect((await get(url, stranger)).statusCode).toBe(404);
  for (const act of ['kolom', 'jalankan', 'henti', 'hapus']) {
    expect((await post(`${home}/${act}`, {}, stranger)).statusCode).toBe(404);
  }
  expect((await get('/petugas/impor', stranger)).body).not.toContain(home);
  const elsewhere = await upload(csvOf(lettersOf(2, 'ASING')), { as: stranger, office });
  expect(elsewhere.statusCode).toBe(422);
  expect(elsewhere.body).toContain('Tidak ada instansi Anda dengan kode ini');
});

test('without the token of the form nothing is done', async () => {
  const { payload, type } = uploadBody({
    fields: { office: '' },
    table: { name: 'surat.csv', content: Buffer.from(csvOf(lettersOf(1, 'CSRF'))) },
  });
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/petugas/impor',
    headers: { accept: 'text/html', cookie: staff.cookie, 'content-type': type },
    payload,
  });
  expect(answer.statusCode).toBe(403);
});

test('a file that is no table is told for what it is, in words', async () => {
  const answer = await upload(Buffer.from('%PDF-1.7'), { name: 'surat.xlsx' });
  expect(answer.statusCode).toBe(422);
  expect(answer.body).toContain('bukan CSV atau XLSX');
  const broken = await upload('Nomor agenda;Isi\n1;"putus"lagi"\n');
  expect(broken.body).toMatch(/Tanda kutip.*baris 2/);
  const archive = await upload(csvOf(lettersOf(1, 'ZIP')), { archive: Buffer.from('bukan zip') });
  expect(archive.body).toContain('bukan ZIP yang utuh');
});

test('what stands in the table lies nowhere in the clear, nor in any log, and is deleted on request', async () => {
  const canary = 'Kenari Rahasia Sekali';
  const home = String(
    (
      await upload(
        csvOf([{ ...letterRow(1, 'KENARI'), Nama: canary, Lampiran: `${canary}.pdf`, Anonim: 'ya' }]),
        {
          archive: writeZip([await pack(`${canary}.pdf`, Buffer.from(canary))]),
        },
      )
    ).headers.location,
  );
  await post(`${home}/kolom`, await mappingOf(home));
  for (const table of [
    'imports',
    'import_pieces',
    'import_files',
    'import_rows',
    'import_mappings',
    'audit_log',
  ]) {
    const { rows } = await database.pool.query(
      `select count(*)::int as count from ${table} as row where to_jsonb(row)::text ~* 'Kenari'
       or to_jsonb(row)::text like '%' || encode('Kenari'::bytea, 'hex') || '%'`,
    );
    expect([table, rows[0]?.count]).toEqual([table, 0]);
  }
  expect(gateway.logged.join('\n')).not.toContain('Kenari');
  await post(`${home}/hapus`);
  const id = home.split('/').at(-1);
  for (const table of ['import_pieces', 'import_files', 'import_rows']) {
    const { rows } = await database.pool.query(
      `select count(*)::int as count from ${table} where import_id = $1`,
      [id],
    );
    expect([table, rows[0]?.count]).toEqual([table, 0]);
  }
});

test('paused and gone on with: nothing is lost, nothing doubled; another of the office waits', async () => {
  const before = await lettersStored();
  const homes = [];
  for (const book of ['HENTI', 'TUNGGU2']) {
    const home = String((await upload(csvOf(lettersOf(700, book)))).headers.location);
    await post(`${home}/kolom`, await mappingOf(home));
    homes.push(home);
  }
  const [home = '', other = ''] = homes;
  const holding = await database.pool.connect();
  await holding.query('begin');
  await holding.query('lock table import_rows in share row exclusive mode');
  await post(`${home}/jalankan`);
  expect((await post(`${other}/jalankan`)).headers.location).toBe(`${other}?bentrok=1`);
  expect((await get(`${other}?bentrok=1`)).body).toContain('impor lain dari instansi ini sedang berjalan');
  await post(`${home}/henti`);
  await holding.query('commit');
  holding.release();
  expect((await get(home)).body).toContain('Impor dihentikan sementara');
  await post(`${home}/jalankan`);
  await finished(home);
  expect(await lettersStored()).toBe(before + 700);
}, 60_000);

test('what had its time is deleted: an import that was never run, and the contents of one that is done', async () => {
  const done = (await bringIn(csvOf(lettersOf(2, 'WAKTU')))).home;
  await finished(done);
  const never = String((await upload(csvOf(lettersOf(2, 'LUPA')))).headers.location);
  const ids = [done, never].map((home) => home.split('/').at(-1));
  await database.pool.query(
    `update imports set expires_at = now() - interval '1 minute' where id = any($1)`,
    [ids],
  );
  const other = await createTestApp(database.pool);
  await vi.waitFor(async () => {
    const { rows } = await database.pool.query(
      'select count(*)::int as count from import_pieces where import_id = any($1)',
      [ids],
    );
    expect(rows[0]?.count).toBe(0);
  }, 10_000);
  await other.app.close();
  expect((await get(never)).statusCode).toBe(404);
  expect((await get(done)).body).toContain('Isi berkas sudah dihapus');
  expect((await resultOf(done)).trim().split('\r\n')).toEqual([
    'nomor baris;status;ID pelacakan;masalah',
    '1;diterima;;',
    '2;diterima;;',
  ]);
});

test('lapor import: checks, imports once, tells what stays out by its exit code, and writes the result', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lapor-import-'));
  const file = join(folder, 'surat.csv');
  const env = { DATABASE_URL: database.url, DATA_DIR: testDataDir };
  const before = await lettersStored();
  writeFileSync(file, csvOf(lettersOf(20, 'PERINTAH')).replace('Nomor agenda', 'Kode buku'));
  const args = ['import', file, '--office', office, '--map', 'Kode buku=agendaNumber'];
  const dry = await runLapor([...args, '--dry-run'], env);
  expect([dry.code, dry.stdout]).toEqual([0, '20 rows: 0 accepted, 20 to go, 0 known already, 0 refused\n']);
  expect(await lettersStored()).toBe(before);
  const ran = await runLapor(args, env);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain('20/20');
  expect(ran.stdout).toContain('20 accepted');
  expect(readFileSync(`${file}.hasil.csv`, 'utf8').trim().split('\r\n')).toHaveLength(21);
  expect((await runLapor(args, env)).stdout).toContain('20 known already');
  expect(await lettersStored()).toBe(before + 20);

  writeFileSync(file, csvOf([{ ...letterRow(1, 'SALAH'), Isi: '' }]));
  const partly = await runLapor(['import', file, '--office', office], env);
  expect(partly.code).toBe(1);
  expect(partly.stderr).toContain('row 1: Isi (column E): must be filled in');
  expect((await runLapor(['import', file, '--office', 'TIDAK'], env)).code).toBe(2);
  expect((await runLapor(['import', join(folder, 'tidak-ada.csv'), '--office', office], env)).code).toBe(2);
  expect((await runLapor(['import', file], env)).code).toBe(2);
  rmSync(folder, { recursive: true });
}, 60_000);

test('killed in the middle, the import is taken up again where it was: every row once', async () => {
  const table = csvOf(lettersOf(1_200, 'MATI'));
  const before = await lettersStored();
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    QUEUE_NAMESPACE: testQueueNamespace(),
    SEED: 'no',
  };
  const home = String((await upload(table)).headers.location);
  await post(`${home}/kolom`, await mappingOf(home));
  const id = home.split('/').at(-1);
  // The gateway of this test must not have it.
  await gateway.app.close();
  await database.pool.query(`update imports set state = 'running', started_at = now() where id = $1`, [id]);
  const dying = await startGateway('all', { ...env, CRASH_AT: 'accept:after-commit:3' });
  expect(await dying.ended).toBe('SIGKILL');
  const inBetween = await lettersStored();
  expect(inBetween).toBeGreaterThan(before);
  expect(inBetween).toBeLessThan(before + 1_200);
  await database.pool.query('update imports set leased_until = now() where id = $1', [id]);
  gateway = await createTestApp(database.pool);
  await finished(home);
  expect(await lettersStored()).toBe(before + 1_200);
  const { rows } = await database.pool.query(
    'select state, count(*)::int as count from import_rows where import_id = $1 group by state',
    [id],
  );
  expect(rows).toEqual([{ state: 'accepted', count: 1_200 }]);
}, 60_000);
