import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadDirectory } from '../src/db/directory.ts';
import type { ReportId } from '../src/domain/report.ts';
import type { Directory } from '../src/domain/routing/directory.ts';
import { findOcrTools, type OcrTools } from '../src/ocr/ocr.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { countRows, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { readSealed } from './support/sealing.ts';
import { type SignedIn, signIn } from './support/staff.ts';

/** What nobody but the seal may know. */
const canaries = /Sukerti|81234567890|Gang Sawo No|@sukerti/;

const tools = await findOcrTools();

let database: TestDatabase;
let directory: Directory;
let dataDir: string;
let gateway: TestApp;
let url: string;
let staff: SignedIn;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  directory = await loadDirectory(database.pool);
});
beforeEach(async () => {
  await forgetReports(database.pool);
  await database.pool.query(
    'alter table letters disable trigger user; delete from letters; alter table letters enable trigger user',
  );
  dataDir = mkdtempSync(join(tmpdir(), 'lapor-desk-'));
  await open();
  staff = await signIn(database.pool, { role: 'intake', agency: 'D32.73' });
});
afterEach(async () => {
  await gateway.app.close();
  expect(gateway.logged.join('')).not.toMatch(canaries);
  rmSync(dataDir, { recursive: true, force: true });
});
afterAll(() => database.drop());

async function open(ocr: OcrTools = tools): Promise<void> {
  gateway = await createTestApp(database.pool, { env: { DATA_DIR: dataDir }, directory, ocr });
  await gateway.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
}

type Session = { readonly cookie: string; readonly csrf: string };

/** As a browser that has opened the form. */
async function openForm(
  who: SignedIn = staff,
  path = '/petugas/surat',
): Promise<Session & { readonly page: string }> {
  const answer = await fetch(`${url}${path}`, { headers: { cookie: who.cookie, accept: 'text/html' } });
  const page = await answer.text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const given = answer.headers.getSetCookie().map((one) => one.split(';')[0]);
  return { page, csrf, cookie: [who.cookie, ...given].join('; ') };
}

type File = { readonly content: Buffer; readonly name: string };

const post = (path: string, { cookie, csrf }: Session, fields: object, files: readonly File[] = []) => {
  const form = new FormData();
  form.append('csrf', csrf);
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values].flat()) form.append(name, value);
  }
  for (const { content, name } of files) form.append('files', new Blob([content]), name);
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { cookie, accept: 'text/html' },
    redirect: 'manual',
    body: form,
  });
};

const today = () => new Date().toISOString().slice(0, 10);
const letter = (more: object = {}) => ({
  office: 'D32.73',
  origin: 'letter',
  agendaNumber: '045/ADU/2026',
  writtenOn: '2026-11-15',
  receivedOn: today(),
  kind: 'complaint',
  title: 'Jembatan bambu hampir putus',
  text: 'Jembatan bambu penghubung RW 04 dan RW 05 hampir putus, anak sekolah menyeberang setiap hari.',
  place: 'Gang Sawo, Kec. Coblong, Kota Bandung',
  areaCode: '32.73.02',
  name: 'Ni Luh Sukerti',
  phone: '0812 3456 7890',
  address: 'Gang Sawo No. 4',
  ...more,
});
const save = async (more: object = {}, files: readonly File[] = [], who: SignedIn = staff) =>
  post('/petugas/surat', await openForm(who), letter(more), files);

const scan = () =>
  sharp({ create: { width: 300, height: 400, channels: 3, background: '#ffffff' } })
    .png()
    .toBuffer();

/** The id in the address that an answer leads to. */
const savedId = (answer: Response) =>
  (/[0-9a-f-]{36}/.exec(answer.headers.get('location') ?? '')?.[0] ?? '') as ReportId;

describe('the letter desk', () => {
  test('saves a letter with its scan, beside the report and sealed', async () => {
    const answer = await save({}, [{ content: await scan(), name: 'Surat Ni Luh Sukerti.png' }]);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch(/^\/petugas\/surat\?setelah=[0-9a-f-]{36}$/);
    const { rows } = await database.pool.query(
      `select letter.*, letter.received_on::text as received, report.channel, report.agency_code, report.place_area_code,
        (select count(*)::int from attachments where report_id = report.id) as files
      from letters as letter join reports as report on report.id = letter.report_id`,
    );
    expect(rows).toMatchObject([
      {
        office_code: 'D32.73',
        year: 2026,
        agenda_number: '045/ADU/2026',
        origin: 'letter',
        received: today(),
        entered_by: staff.id,
        channel: 'letter',
        place_area_code: '32.73.02',
        files: 1,
      },
    ]);
    expect(JSON.stringify(rows)).not.toMatch(canaries);
    const sealed = await readSealed(database.pool, savedId(answer), 'agency');
    expect(sealed?.identity).toMatchObject({
      name: 'Ni Luh Sukerti',
      phone: '+6281234567890',
      address: 'Gang Sawo No. 4',
    });
  });

  test('goes on with what the next letter of the pile has in common, and says where the last one is', async () => {
    const answer = await save({ origin: 'visit', receivedOn: '2026-11-02', writtenOn: '' });
    const { page } = await openForm(staff, answer.headers.get('location') ?? '');
    expect(page).toMatch(/Agenda 045\/ADU\/2026 tersimpan/);
    expect(page).toContain(`/petugas/surat/${savedId(answer)}/tanda-terima`);
    expect(page).toMatch(/value="visit" selected/);
    expect(page).toContain('value="2026-11-02"');
    expect(page).toMatch(/id="agendaNumber"[^>]*autofocus/);
    expect(page).toContain('1 catatan');
    expect(page).not.toMatch(canaries);
  });

  test('takes the same letter once, however its number is written, and says so', async () => {
    const first = await save();
    const again = await save();
    expect(again.headers.get('location')).toBe(`${first.headers.get('location')}&lagi`);
    const { page } = await openForm(staff, again.headers.get('location') ?? '');
    expect(page).toContain('sudah tercatat dengan isi yang sama');
    expect(await countRows(database.pool, 'letters')).toBe(1);
    expect(savedId(await save({ agendaNumber: '45 / adu / 2026' }))).toBe(savedId(first));
    expect(await countRows(database.pool, 'reports')).toBe(1);
  });

  test('with the same scan once more is the same letter', async () => {
    const files = [{ content: await scan(), name: 'surat.png' }];
    const first = await save({}, files);
    expect(savedId(await save({}, files))).toBe(savedId(first));
    expect(await countRows(database.pool, 'attachments')).toBe(1);
  });

  test('says plainly that a number is taken, loses nothing, and saves it with its scan under the right one', async () => {
    const first = await save();
    const form = await openForm();
    const typed = letter({ text: 'Lampu jalan mati <b>sebulan</b>', name: 'Komang Sukerti' });
    const answer = await post('/petugas/surat', form, typed, [{ content: await scan(), name: 'a.png' }]);
    expect(answer.status).toBe(409);
    const page = await answer.text();
    expect(page).toContain(`/petugas/surat/${savedId(first)}`);
    expect(page).toContain('Lampu jalan mati &lt;b&gt;sebulan&lt;/b&gt;');
    expect(page).toContain('value="Komang Sukerti"');
    const upload = /name="upload" value="([^"]+)"/.exec(page)?.[1];
    const other = await post('/petugas/surat', form, { ...typed, agendaNumber: '46', upload });
    expect(other.status).toBe(303);
    expect(savedId(other)).not.toBe(savedId(first));
    expect(await countRows(database.pool, 'attachments')).toBe(1);
  });

  test('is a book of its own for each office and year', async () => {
    const national = await signIn(database.pool, { role: 'officer', agency: 'nasional' });
    const ids = [
      savedId(await save()),
      savedId(await save({ receivedOn: '2025-12-30', writtenOn: '' })),
      savedId(await save({ office: 'D32.04' }, [], national)),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  test('names everything that is wrong at once, and loses nothing', async () => {
    const answer = await save({ agendaNumber: '', receivedOn: '2031-01-01', phone: '12', text: '' });
    expect(answer.status).toBe(422);
    const page = await answer.text();
    for (const field of ['agendaNumber', 'receivedOn', 'phone', 'text'])
      expect(page).toContain(`href="#${field}"`);
    expect(page).toContain('value="Gang Sawo No. 4"');
    expect(await countRows(database.pool, 'reports')).toBe(0);
  });

  test('saves no text of a machine that nobody read', async () => {
    const answer = await save({ textByOcr: '1' });
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain('href="#textWasRead"');
    expect(page).toMatch(/<div class="choice" id="ocr-check">/);
    expect((await save({ textByOcr: '1', textWasRead: '1' })).status).toBe(303);
  });

  test('keeps the address of a post in the seal alone', async () => {
    const postUrl = 'https://media.contoh.id/@sukerti/video/7';
    const answer = await save({ origin: 'social_media', postUrl, name: '', phone: '', address: '' });
    const id = savedId(answer);
    expect((await readSealed(database.pool, id, 'agency'))?.original.body.toString()).toContain(postUrl);
    const { rows } = await database.pool.query('select * from reports join letters on report_id = id');
    expect(JSON.stringify(rows)).not.toMatch(canaries);
    const shown = await openForm(staff, `/petugas/surat/${id}`);
    expect(shown.page).not.toMatch(canaries);
  });

  test('shows files that come before the rest, and works without a script', async () => {
    const form = await openForm();
    const answer = await post('/petugas/surat', form, { ...letter(), unggah: '1' }, [
      { content: await scan(), name: 'a.png' },
      { content: Buffer.from('MZ not a scan'), name: 'a.exe' },
    ]);
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain('name="upload"');
    expect(page).toContain('Berkas ke-2 bukan');
    expect(await countRows(database.pool, 'reports')).toBe(0);
  });
});

describe('who may do that', () => {
  test('is nobody without a session, nor with a form of somebody else or of nowhere', async () => {
    const form = await openForm();
    const anonymous = await post('/petugas/surat', { ...form, cookie: '' }, letter());
    expect(anonymous.status).toBe(401);
    expect((await post('/petugas/surat', { ...form, csrf: 'x' }, letter())).status).toBe(403);
    const other = await signIn(database.pool, { role: 'intake', agency: 'D32.73' });
    const mixed = { csrf: form.csrf, cookie: form.cookie.replace(staff.cookie, other.cookie) };
    expect((await post('/petugas/surat', mixed, letter())).status).toBe(403);
    for (const path of ['berkas', 'ocr']) {
      expect((await post(`/petugas/surat/${path}`, { ...form, csrf: 'x' }, {})).status).toBe(403);
    }
    expect(await countRows(database.pool, 'reports')).toBe(0);
  });

  test('is told what is wrong with a request that has no body', async () => {
    const { cookie, csrf } = await openForm();
    for (const [path, status] of [
      ['', 422],
      ['/berkas', 200],
      ['/ocr', 200],
    ] as const) {
      const headers = { cookie, 'x-csrf-token': csrf, accept: 'text/html' };
      const answer = await fetch(`${url}/petugas/surat${path}`, { method: 'POST', headers });
      expect(answer.status).toBe(status);
    }
  });

  test('enters nothing in the book of an office that is not theirs, and reads nothing in it', async () => {
    expect((await save({ office: 'D32.04' })).status).toBe(403);
    expect(await countRows(database.pool, 'reports')).toBe(0);
    const id = savedId(await save());
    const other = await signIn(database.pool, { role: 'admin', agency: 'D32.04' });
    for (const path of [`/petugas/surat/${id}`, `/petugas/surat/${id}/tanda-terima`]) {
      const answer = await fetch(`${url}${path}`, { headers: { cookie: other.cookie, accept: 'text/html' } });
      expect(answer.status).toBe(404);
    }
    const { page } = await openForm(other, `/petugas/surat?setelah=${id}`);
    expect(page).not.toContain('045/ADU/2026');
  });

  test('is in the audit log', async () => {
    const id = savedId(await save());
    await openForm(staff, `/petugas/surat/${id}/tanda-terima`);
    const { rows } = await database.pool.query(
      'select action, subject from audit_log where actor = $1 order by seq',
      [`staff:${staff.id}`],
    );
    expect(rows).toEqual([
      { action: 'letter_entered', subject: 'agency:D32.73' },
      { action: 'letter_receipt_opened', subject: `letter:${id}` },
    ]);
  });
});

describe('the receipt', () => {
  const print = async (id: string) => (await openForm(staff, `/petugas/surat/${id}/tanda-terima`)).page;

  test('says where the letter is in the books and how to follow it, and nothing of who wrote it or what', async () => {
    const id = savedId(await save());
    await database.pool.query(
      `insert into filings (report_id, tracking_id, case_id) values ($1, '869931144244', $1)`,
      [id],
    );
    const page = await print(id);
    expect(page).toContain('8699-3114-4244');
    expect(page).toContain('class="qr"');
    expect(page).toContain('045/ADU/2026');
    expect(page).toContain('Pemerintah Kota Bandung');
    expect(page).toContain('/lacak');
    expect(page).not.toMatch(canaries);
    expect(page).not.toContain('Jembatan');
  });

  test('of a confidential report has the code that opens it, as no tracking ID finds it', async () => {
    const id = savedId(await save({ confidential: '1' }));
    const { rows } = await database.pool.query<{ receipt: string }>('select receipt from reports');
    const page = (await print(id)).replaceAll(/<\/?span>/g, '');
    expect(page).toContain(rows[0]?.receipt);
    expect(page).toContain('Laporan ini rahasia');
  });

  test('waits for the tracking ID', async () => {
    const page = await print(savedId(await save()));
    expect(page).toContain('sedang dibuat');
    expect(page).not.toContain('class="qr"');
  });
});

describe('a scan', () => {
  const letterImage = () =>
    sharp(
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="1400" height="300"><rect width="1400" height="300" fill="white"/>' +
          '<text x="60" y="120" font-family="serif" font-size="48">Kami mohon lampu jalan segera diperbaiki.</text></svg>',
      ),
    )
      .png()
      .toBuffer();
  const uploadScan = async (form: Session, content: Buffer, name = 'surat.png') =>
    (await (await post('/petugas/surat/berkas', form, {}, [{ content, name }])).json()) as {
      files: { upload: string; type: string }[];
      problems: string[];
    };
  const read = async ({ cookie, csrf }: Session, upload: string, page = '1') => {
    const answer = await fetch(`${url}/petugas/surat/ocr`, {
      method: 'POST',
      headers: { cookie, 'x-csrf-token': csrf },
      body: new URLSearchParams({ upload, page }),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { text?: string; picture?: string; problem?: string };
  };

  test.skipIf(!tools.languages.includes('ind'))(
    'is read by machine before it belongs to a letter',
    async () => {
      const form = await openForm();
      const { files } = await uploadScan(form, await letterImage());
      const answer = await read(form, files[0]?.upload ?? '');
      expect(answer.text).toBe('Kami mohon lampu jalan segera diperbaiki.');
      expect(answer.picture).toMatch(/^data:image\/png;base64,/);
      expect(await read(form, files[0]?.upload ?? '', '2')).toEqual({ problem: 'page' });
      expect(await read(form, files[0]?.upload ?? '', 'x')).toEqual({ problem: 'page' });
      expect(await countRows(database.pool, 'reports')).toBe(0);
      const saved = await post('/petugas/surat', form, { ...letter(), upload: files[0]?.upload });
      expect(saved.status).toBe(303);
      expect(await countRows(database.pool, 'attachments')).toBe(1);
    },
  );

  test('that nobody uploaded is gone, and one that is none is refused in words', async () => {
    const form = await openForm();
    expect(await read(form, 'nonsense')).toEqual({ problem: 'gone' });
    const refused = await uploadScan(form, Buffer.from('PK no scan'), 'a.zip');
    expect(refused.files).toEqual([]);
    expect(refused.problems).toHaveLength(1);
    expect(refused.problems[0]).toMatch(/^Berkas ke-1 bukan/);
  });

  test('may come from the camera of a phone, by the same field as a file', async () => {
    const { page } = await openForm();
    const inputs = page.match(/<input type="file"[^>]*>/g) ?? [];
    expect(inputs.find((input) => input.includes('capture="environment"'))).toMatch(/name="files"/);
    expect(inputs.every((input) => input.includes('name="files"'))).toBe(true);
  });

  test('is typed where no machine reads it, and the page says so plainly', async () => {
    expect((await openForm()).page).not.toContain('OCR tidak terpasang');
    await gateway.app.close();
    await open({ languages: [], readsPdf: false });
    const form = await openForm();
    expect(form.page).toContain('OCR tidak terpasang di server ini');
    const { files } = await uploadScan(form, await letterImage());
    expect(await read(form, files[0]?.upload ?? '')).toEqual({ problem: 'missing' });
  });
});
