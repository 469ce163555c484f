import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { countBacklog } from '../src/db/backlog.ts';
import { loadDirectory } from '../src/db/directory.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import { type AttachmentId, agencyPath } from '../src/domain/attachment.ts';
import type { ReportId } from '../src/domain/report.ts';
import type { Directory } from '../src/domain/routing/directory.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { startClamd } from './support/clamd.ts';
import { countRows, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { diskError, filePrototype } from './support/file-calls.ts';
import { addAgency, addEndpoint } from './support/filed-reports.ts';
import { runLapor } from './support/lapor.ts';
import { startS3 } from './support/s3.ts';
import { readSealed } from './support/sealing.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';
import { writeTiff } from './support/tiff.ts';

const canary = 'kx-Ni-Luh-Sukerti-xk';
const eicar = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';

let database: TestDatabase;
let relay: TcpRelay;
let pool: Pool;
let dataDir: string;
let directory: Directory;
let gateway: TestApp;
let url: string;
let photo: Buffer;
let now = new Date();
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  directory = await loadDirectory(database.pool);
  relay = await openTcpRelay(database.url);
  pool = createPool(relay.url, { max: 8, onError: () => {}, answerWithinMs: 5_000 });
  photo = await sharp({ create: { width: 32, height: 20, channels: 3, background: '#654321' } })
    .withExif({
      IFD0: { Artist: canary, ImageDescription: canary },
      IFD3: {
        GPSLatitudeRef: 'S',
        GPSLatitude: '6/1 54/1 0/1',
        GPSLongitudeRef: 'E',
        GPSLongitude: '107/1 36/1 0/1',
      },
    })
    .jpeg()
    .toBuffer();
});
beforeEach(async () => {
  await forgetReports(database.pool);
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'lapor-files-')));
  now = new Date();
});
afterEach(async () => {
  await gateway.app.close();
  for (const close of closing.splice(0)) await close();
  // Neither a name nor a secret is ever logged.
  expect(gateway.logged.join('')).not.toMatch(/Sukerti|passwd/);
  rmSync(dataDir, { recursive: true, force: true });
  vi.restoreAllMocks();
});
afterAll(async () => {
  await pool.end();
  await relay.close();
  await database.drop();
});

async function open(env: Readonly<Record<string, string>> = {}): Promise<void> {
  gateway = await createTestApp(pool, {
    env: { DATA_DIR: dataDir, PUBLIC_URL: 'http://127.0.0.1', ...env },
    clock: () => now,
    directory,
  });
  await gateway.app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
}

const listFiles = (name: 'files' | 'incoming') => readdirSync(join(dataDir, name));

type Sent = { readonly content: Buffer | string; readonly name?: string };

function pack(files: readonly Sent[], fields: Readonly<Record<string, string | readonly string[]>> = {}) {
  const form = new FormData();
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values].flat()) form.append(name, value as string);
  }
  for (const { content, name = 'foto.jpg' } of files) form.append('files', new Blob([content]), name);
  return form;
}

const upload = (...files: readonly Sent[]) =>
  fetch(`${url}/v1/attachments`, { method: 'POST', body: pack(files) });

async function uploadIds(...files: readonly Sent[]): Promise<readonly string[]> {
  const answer = await upload(...files);
  expect(answer.status).toBe(201);
  const { attachments } = (await answer.json()) as { attachments: { id: string }[] };
  return attachments.map(({ id }) => id);
}

const report = (more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      kind: 'complaint',
      text: 'Atap puskesmas Coblong bocor, air masuk ke ruang tunggu. Fotonya terlampir.',
      consent: true,
      ...more,
    }),
  });

async function reportWith(files: readonly Sent[], more: object = {}) {
  const answer = await report({ attachments: await uploadIds(...files), ...more });
  expect(answer.status).toBe(202);
  const { receipt } = (await answer.json()) as { receipt: string };
  const listed = await fetch(`${url}/v1/receipts/${receipt}/attachments`);
  const { attachments } = (await listed.json()) as { attachments: { name: string; url: string | null }[] };
  return { receipt, attachments };
}

/** As the reporter is told it, at the port of this test. */
const fetchFile = (address: string | null | undefined) =>
  fetch(String(address).replace('http://127.0.0.1/', `${url}/`));

describe('by API', () => {
  test('five files come with a report and are given back to its reporter, safe to open', async () => {
    await open();
    const { attachments } = await reportWith(Array.from({ length: 5 }, () => ({ content: photo })));
    expect(attachments.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((n) => `lampiran-${n}.jpg`));
    const file = await fetchFile(attachments[0]?.url);
    expect(file.status).toBe(200);
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': 'inline; filename="lampiran-1.jpg"',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    const kept = Buffer.from(await file.arrayBuffer());
    expect(await sharp(kept).metadata()).toMatchObject({ width: 32, height: 20 });
    expect(kept.includes(canary)).toBe(false);
    expect(listFiles('files')).toHaveLength(5);
    expect(listFiles('incoming')).toEqual([]);
  });

  test('a sixth is refused, and nothing of all six stays', async () => {
    await open();
    const answer = await upload(...Array.from({ length: 6 }, () => ({ content: photo })));
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ fields: [{ path: '/files/5' }] });
    expect(listFiles('files')).toEqual([]);
    expect(await countRows(database.pool, 'uploads')).toBe(0);
    const ids = await uploadIds(...Array.from({ length: 5 }, () => ({ content: photo })));
    const more = await uploadIds({ content: photo });
    expect((await report({ attachments: [...ids, ...more] })).status).toBe(422);
  });

  test('26 MB are refused as too large, and nothing of them stays', async () => {
    await open();
    const answer = await upload({ content: Buffer.concat([photo, Buffer.alloc(26 * 1024 * 1024)]) });
    expect(answer.status).toBe(413);
    expect([listFiles('files'), listFiles('incoming')]).toEqual([[], []]);
    expect(await countRows(database.pool, 'uploads')).toBe(0);
  });

  test('the place of a photo is told to its sender, and stored nowhere', async () => {
    await open();
    const answer = await upload({ content: photo });
    expect(await answer.json()).toMatchObject({ attachments: [{ gps: { lat: -6.9, lon: 107.6 } }] });
    const { rows } = await database.pool.query('select to_jsonb(uploads) as row from uploads');
    expect(JSON.stringify(rows)).not.toMatch(/-6\.9|107\.6/);
  });

  test('an id is a secret: unknown, expired or used before, it is a problem of its field', async () => {
    await open();
    const [id = ''] = await uploadIds({ content: photo });
    expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
    const unknown = await report({ attachments: ['0'.repeat(26)] });
    expect(unknown.status).toBe(422);
    expect(await unknown.json()).toMatchObject({ fields: [{ path: '/attachments/0' }] });
    expect((await report({ attachments: [id] })).status).toBe(202);
    expect((await report({ attachments: [id], title: 'Lagi' })).status).toBe(422);
    const [late = ''] = await uploadIds({ content: photo });
    now = new Date(now.getTime() + 25 * 3_600_000);
    expect((await report({ attachments: [late] })).status).toBe(422);
    expect(await countRows(database.pool, 'reports')).toBe(1);
  });

  test('the same report with its files, sent again, gets the receipt it was given', async () => {
    await open();
    const attachments = await uploadIds({ content: photo });
    const send = () => report({ attachments }, { 'idempotency-key': 'puskesmas-1' });
    const [first, second] = [await (await send()).json(), await (await send()).json()];
    expect(second).toMatchObject({ receipt: (first as { receipt: string }).receipt });
    expect(await countRows(database.pool, 'attachments')).toBe(1);
  });

  test('hostile names are read back by nobody but who may disclose', async () => {
    await open();
    const names = [
      `../../etc/passwd-${canary}`,
      `a\r\nSet-Cookie:x-${canary}.jpg`,
      `\u202egpj.${canary}.exe`,
      `${canary}${'é'.repeat(300)}.jpg`,
      `"><script>${canary}.jpg`,
    ];
    const { attachments, receipt } = await reportWith(names.map((name) => ({ content: photo, name })));
    expect(attachments.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((n) => `lampiran-${n}.jpg`));
    const { rows } = await database.pool.query<{ id: ReportId }>('select id from reports');
    const sealed = await readSealed(database.pool, rows[0]!.id, 'agency');
    expect(Object.values(sealed?.fileNames ?? {}).every((name) => name.includes(canary))).toBe(true);
    expect(Object.values(sealed?.fileNames ?? {})).toHaveLength(5);
    for (const table of ['reports', 'uploads', 'attachments', 'inbox']) {
      const dump = await database.pool.query(`select to_jsonb(${table}) as row from ${table}`);
      expect(JSON.stringify(dump.rows)).not.toMatch(/Sukerti|passwd/);
    }
    for (const name of listFiles('files')) {
      expect(name).toMatch(/^[0-9a-f-]{36}$/);
      expect(readFileSync(join(dataDir, 'files', name)).includes(canary)).toBe(false);
    }
    expect(await (await fetch(`${url}/terima/${receipt}`)).text()).not.toContain(canary);
  });

  test.each([
    ['a page', '<html><script>alert(1)</script></html>', 'surat.pdf'],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'gambar.png'],
    ['EICAR', eicar, 'foto.jpg'],
    ['nothing', '', 'foto.jpg'],
  ])('%s is refused whatever its name says', async (_, content, name) => {
    await open();
    expect((await upload({ content, name })).status).toBe(422);
    expect([listFiles('files'), listFiles('incoming')]).toEqual([[], []]);
  });
});

describe('an upload', () => {
  const head = (length: number) =>
    'POST /v1/attachments HTTP/1.1\r\nhost: lapor.example\r\n' +
    `content-type: multipart/form-data; boundary=xx\r\ncontent-length: ${length}\r\n\r\n`;
  const part = '--xx\r\ncontent-disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n';

  test.each([
    ['in the middle of its only file', () => Buffer.concat([Buffer.from(part), photo.subarray(0, 200)])],
    [
      'in the second file, with the first one stored',
      () => Buffer.concat([Buffer.from(part), photo, Buffer.from(`\r\n${part}`), photo.subarray(0, 200)]),
    ],
  ])('cut %s leaves nothing behind', async (_, content) => {
    await open();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(head(1_000_000));
    socket.write(content());
    await eventually(() => expect(listFiles('incoming').length).toBeGreaterThan(0));
    if (content().length > photo.length) {
      await eventually(async () => expect(await countRows(database.pool, 'uploads')).toBe(1));
      await eventually(() => expect(listFiles('files')).toHaveLength(1));
    }
    socket.destroy();
    await eventually(async () => {
      expect([listFiles('files'), listFiles('incoming')]).toEqual([[], []]);
      expect(await countRows(database.pool, 'uploads')).toBe(0);
    });
  });

  test('that nobody puts with a report is swept away after a day, and no other', async () => {
    await open();
    await uploadIds({ content: photo });
    await reportWith([{ content: photo }]);
    now = new Date(now.getTime() + 23 * 3_600_000);
    await gateway.attachments.sweep();
    expect(listFiles('files')).toHaveLength(2);
    now = new Date(now.getTime() + 2 * 3_600_000);
    await gateway.attachments.sweep();
    expect(listFiles('files')).toHaveLength(1);
    expect(await countRows(database.pool, 'uploads')).toBe(0);
    expect(await countRows(database.pool, 'attachments')).toBe(1);
  });

  test('to a full disk is answered 507, and the report without it is taken', async () => {
    await open();
    vi.spyOn(await filePrototype(), 'writeFile').mockImplementation(async function (this: FileHandle) {
      throw diskError('ENOSPC');
    });
    const answer = await upload({ content: photo });
    expect(answer.status).toBe(507);
    expect(await answer.json()).toMatchObject({ type: expect.stringContaining('/problems/storage-full') });
    vi.restoreAllMocks();
    expect([listFiles('files'), listFiles('incoming')]).toEqual([[], []]);
    expect((await report()).status).toBe(202);
  });

  test('one too many in a minute from one address is refused', async () => {
    await open({ RATE_LIMIT_UPLOADS_PER_ADDRESS: '1', TRUST_PROXY: 'loopback' });
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const send = () =>
      fetch(`${url}/v1/attachments`, { method: 'POST', headers, body: pack([{ content: photo }]) });
    expect((await send()).status).toBe(201);
    expect((await send()).status).toBe(429);
  });
});

describe('who may see a file', () => {
  async function fileIt(more: object) {
    const { attachments } = await reportWith([{ content: photo }], more);
    const { rows } = await database.pool.query<{ id: AttachmentId; report_id: ReportId }>(
      'select id, report_id from attachments order by added_at desc limit 1',
    );
    const { id, report_id: reportId } = rows[0]!;
    return { id, reportId, own: attachments[0]!.url!, bare: `${url}/lampiran/${id}/lampiran-1.jpg` };
  }

  test('everybody that of an open report; of an anonymous or confidential one its reporter alone', async () => {
    await open();
    for (const [more, status] of [
      [{}, 200],
      [{ anonymous: true }, 404],
      [{ confidential: true }, 404],
    ] as const) {
      const { own, bare } = await fileIt(more);
      expect((await fetch(bare)).status).toBe(status);
      const answer = await fetchFile(own);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe(status === 200 ? 'no-cache' : 'no-store');
      expect((await fetch(`${bare}?bukti=${'A'.repeat(43)}`)).status).toBe(status);
      expect((await fetch(bare.replace('lampiran-1', 'lain'))).status).toBe(404);
    }
  });

  test('staff release it and withdraw it again, and the audit log says so', async () => {
    await open();
    const { id, reportId, bare, own } = await fileIt({ anonymous: true });
    const env = { DATABASE_URL: database.url, DATA_DIR: dataDir };
    const released = await runLapor(['attachment', 'release', id, '--reason', 'Wajah tidak terlihat'], env);
    expect(released).toMatchObject({ code: 0, stderr: '' });
    expect((await fetch(bare)).status).toBe(200);
    const listed = await runLapor(['attachment', 'list', reportId], env);
    expect(listed.stdout).toContain('lampiran-1.jpg  image/jpeg');
    expect(listed.stdout).toContain('public (released)');
    await runLapor(['attachment', 'withdraw', id, '--reason', 'Pelat nomor terlihat'], env);
    expect((await fetch(bare)).status).toBe(404);
    expect((await fetchFile(own)).status).toBe(200);
    const { rows } = await database.pool.query(
      "select action, subject from audit_log where action like 'attachment%' order by seq",
    );
    expect(rows).toEqual([
      { action: 'attachment_released', subject: `report:${reportId}` },
      { action: 'attachment_withdrawn', subject: `report:${reportId}` },
    ]);
  });

  test('the agency that the report was handed to, by its own address, for a while', async () => {
    await open();
    const { id, reportId } = await fileIt({ confidential: true });
    const agency = await addAgency(database.pool);
    const endpoint = await addEndpoint(database.pool, agency, 'https://agency.example/hook');
    const file = { id, position: 1, type: 'image/jpeg' } as const;
    const path = agencyPath(file, endpoint, new Date(now.getTime() + 60_000));
    expect((await fetch(url + path)).status).toBe(404);
    await database.pool.query(
      `insert into deliveries (id, report_id, agency_code, state, next_attempt_at, enqueue_after)
       values (gen_random_uuid(), $1, $2, 'waiting', now(), now())`,
      [reportId, agency],
    );
    expect((await fetch(url + path)).status).toBe(200);
    expect((await fetch(url + path.replace(/sampai=\d+/, 'sampai=99999999999'))).status).toBe(404);
    now = new Date(now.getTime() + 61_000);
    expect((await fetch(url + path)).status).toBe(404);
  });
});

describe('with an antivirus', () => {
  test('what it finds infected is refused, and the rest given out', async () => {
    const clamd = await startClamd();
    closing.push(clamd.stop);
    await open({ ATTACHMENTS_CLAMD: clamd.address });
    const infected = Buffer.concat([photo, Buffer.from(eicar)]);
    const answer = await upload({ content: infected });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ fields: [{ problem: 'was found to be infected' }] });
    expect([listFiles('files'), listFiles('incoming')]).toEqual([[], []]);
    const { attachments } = await reportWith([{ content: photo }]);
    expect((await fetchFile(attachments[0]?.url)).status).toBe(200);
    expect(clamd.scanned()).toBe(2);
  });

  test('that is away, the file is kept, and given out once it was looked at', async () => {
    const first = await startClamd();
    await first.stop();
    await open({ ATTACHMENTS_CLAMD: first.address });
    const { receipt, attachments } = await reportWith([{ content: photo }]);
    expect(attachments).toMatchObject([{ state: 'unscanned', url: null }]);
    const { rows } = await database.pool.query<{ id: string }>('select id from attachments');
    expect((await fetch(`${url}/lampiran/${rows[0]?.id}/lampiran-1.jpg`)).status).toBe(404);
    await gateway.attachments.sweep();
    expect(await countRows(database.pool, "attachments where state = 'unscanned'")).toBe(1);

    await gateway.app.close();
    const clamd = await startClamd();
    closing.push(clamd.stop);
    await open({ ATTACHMENTS_CLAMD: clamd.address });
    await gateway.attachments.sweep();
    const again = await fetch(`${url}/v1/receipts/${receipt}/attachments`);
    const { attachments: ready } = (await again.json()) as { attachments: { url: string }[] };
    expect((await fetchFile(ready[0]?.url)).status).toBe(200);
  });
});

describe('what the antivirus cannot judge', () => {
  /** Reports whose files it has not seen yet, each of another width. */
  async function fileUnscanned(widths: readonly number[], env: Readonly<Record<string, string>> = {}) {
    const away = await startClamd();
    await away.stop();
    await open({ ...env, ATTACHMENTS_CLAMD: away.address });
    for (const width of widths) {
      const content = await sharp({ create: { width, height: 8, channels: 3, background: '#345678' } })
        .png()
        .toBuffer();
      await reportWith([{ content }]);
    }
    await gateway.app.close();
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from attachments order by added_at',
    );
    return rows.map(({ id }) => id);
  }
  const states = async () =>
    (
      await database.pool.query<{ state: string }>('select state from attachments order by added_at')
    ).rows.map(({ state }) => state);
  const widthOf = (png: Buffer) => png.readUInt32BE(16);

  test('and what is gone hold up no other file, and are tried again later', async () => {
    const [, gone = ''] = await fileUnscanned([31, 32, 33]);
    rmSync(join(dataDir, 'files', gone));
    let confused = true;
    const asked: number[] = [];
    const clamd = await startClamd((content) => {
      asked.push(widthOf(content));
      return confused && widthOf(content) === 31 ? 'INSTREAM size limit exceeded. ERROR' : 'stream: OK';
    });
    closing.push(clamd.stop);
    await open({ ATTACHMENTS_CLAMD: clamd.address });
    await gateway.attachments.sweep();
    expect(await states()).toEqual(['unscanned', 'unscanned', 'ready']);
    expect((await countBacklog(database.pool)).attachments_unscanned).toBe(2);
    expect(gateway.logged.join('')).toMatch(/"attachment_not_scanned".*"gone"/);
    expect(gateway.logged.join('')).toMatch(/"attachment_not_scanned".*"unjudged"/);
    const doctor = await runLapor(['doctor'], { DATABASE_URL: database.url, DATA_DIR: dataDir });
    expect(doctor.stdout + doctor.stderr).toContain('2 wait for the antivirus');

    await gateway.attachments.sweep();
    now = new Date(now.getTime() + 61_000);
    await gateway.attachments.sweep();
    now = new Date(now.getTime() + 61_000);
    await gateway.attachments.sweep();
    expect(asked).toEqual([31, 33, 31]);
    confused = false;
    now = new Date(now.getTime() + 61_000);
    await gateway.attachments.sweep();
    expect(await states()).toEqual(['ready', 'unscanned', 'ready']);
  });

  test('because the bucket does not give it holds up no other file, nor does one that it does not delete', async () => {
    const s3 = await startS3('lapor', 'rahasia-sekali');
    closing.push(s3.stop);
    const bucket = {
      ATTACHMENTS_S3_URL: s3.url,
      ATTACHMENTS_S3_ACCESS_KEY: 'lapor',
      ATTACHMENTS_S3_SECRET_KEY: 'rahasia-sekali',
    };
    const [broken = ''] = await fileUnscanned([31, 32], bucket);
    s3.breakObject(broken);
    const clamd = await startClamd();
    closing.push(clamd.stop);
    await open({ ...bucket, ATTACHMENTS_CLAMD: clamd.address });
    await uploadIds({ content: photo });
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from uploads where id not in (select id from attachments)',
    );
    s3.breakObject(rows[0]!.id);
    await uploadIds({ content: photo });
    now = new Date(now.getTime() + 25 * 3_600_000);
    await gateway.attachments.sweep();
    expect(await states()).toEqual(['unscanned', 'ready']);
    expect(s3.objects.size).toBe(3);
    expect(await countRows(database.pool, 'uploads')).toBe(1);
  });
});

describe('files that take long to look at', () => {
  const uploadFrom = (address: string, content: Buffer) =>
    fetch(`${url}/v1/attachments`, {
      method: 'POST',
      headers: { 'x-forwarded-for': address },
      body: pack([{ content }]),
    });

  test('hold up who sent them and nobody else, and are refused where too many wait', async () => {
    const slow = Buffer.concat([photo, Buffer.from('takes long')]);
    const clamd = await startClamd((content) => (content.includes('takes long') ? null : 'stream: OK'));
    await open({ ATTACHMENTS_CLAMD: clamd.address, TRUST_PROXY: 'loopback' });
    let [answered, busy] = [0, 0];
    const held = Array.from({ length: 24 }, async () => {
      const answer = await uploadFrom('203.0.113.7', slow).catch(() => null);
      answered += 1;
      if (answer?.status === 503) busy += 1;
    });
    // one is looked at, twenty wait
    await vi.waitFor(() => expect([answered, busy]).toEqual([3, 3]), 15_000);
    expect((await uploadFrom('203.0.113.8', photo)).status).toBe(201);
    expect(clamd.scanned()).toBe(2);
    expect(listFiles('incoming')).toHaveLength(21);
    await clamd.stop();
    await Promise.all(held);
  });
});

describe('two reports that are sent at the same moment', () => {
  test('with one upload: one has it, the other is told, and has none of it silently', async () => {
    await open();
    for (let round = 0; round < 5; round += 1) {
      const attachments = await uploadIds({ content: photo });
      const answers = await Promise.all(
        ['Lampu', 'Jalan', 'Air'].map((title) => report({ attachments, title, text: `${title} ${round}` })),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 202)).toHaveLength(1);
      expect(statuses.filter((status) => status === 422)).toHaveLength(2);
    }
    expect(await countRows(database.pool, 'attachments')).toBe(5);
    expect(await countRows(database.pool, 'reports')).toBe(5);
  });

  test('that could not be stored may take it again, another never: it is told to upload it again', async () => {
    await open();
    const attachments = await uploadIds({ content: photo });
    const hook = `create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
      create trigger refuse before insert on inbox for each row execute function refuse();`;
    await database.pool.query(hook);
    expect((await report({ attachments })).status).toBe(500);
    await database.pool.query('drop trigger refuse on inbox; drop function refuse');
    now = new Date(now.getTime() + 3_600_000);
    const other = await report({ attachments, text: 'Laporan yang lain sama sekali' });
    expect(other.status).toBe(422);
    expect(await other.text()).toContain('upload it again');
    expect((await report({ attachments })).status).toBe(202);
  });
});

describe('in a bucket', () => {
  test('files lie under signature V4, and come back from there', async () => {
    const s3 = await startS3('lapor', 'rahasia-sekali');
    closing.push(s3.stop);
    await open({
      ATTACHMENTS_S3_URL: s3.url,
      ATTACHMENTS_S3_ACCESS_KEY: 'lapor',
      ATTACHMENTS_S3_SECRET_KEY: 'rahasia-sekali',
    });
    const { attachments } = await reportWith([{ content: photo }]);
    expect((await fetchFile(attachments[0]?.url)).status).toBe(200);
    expect([...s3.objects.keys()]).toEqual([expect.stringMatching(/^\/lapor\/[0-9a-f-]{36}$/)]);
    expect(s3.refused()).toBe(0);
    await uploadIds({ content: photo });
    now = new Date(now.getTime() + 25 * 3_600_000);
    await gateway.attachments.sweep();
    expect(s3.objects.size).toBe(1);

    s3.beAway(true);
    expect((await upload({ content: photo })).status).toBe(507);
    expect(await countRows(database.pool, 'uploads')).toBe(0);
    expect((await report()).status).toBe(202);
  });

  test('with a wrong secret nothing is stored and nothing told', async () => {
    const s3 = await startS3('lapor', 'rahasia-sekali');
    closing.push(s3.stop);
    await open({
      ATTACHMENTS_S3_URL: s3.url,
      ATTACHMENTS_S3_ACCESS_KEY: 'lapor',
      ATTACHMENTS_S3_SECRET_KEY: 'keliru',
    });
    expect((await upload({ content: photo })).status).toBe(507);
    expect(s3.objects.size).toBe(0);
  });
});

describe('by the form, without a script,', () => {
  const fields = {
    kind: 'complaint',
    text: 'Lampu jalan depan SDN 2 Cikaret mati dua minggu, gelap sekali kalau pulang mengaji',
    consent: '1',
  };
  const valuesOf = (page: string, name: string) =>
    [...page.matchAll(new RegExp(`name="${name}" value="([^"]*)"`, 'g'))].map(([, value]) => value ?? '');

  async function openForm() {
    const answer = await fetch(`${url}/lapor`);
    const page = await answer.text();
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    return { cookie, csrf: valuesOf(page, 'csrf')[0] ?? '', token: valuesOf(page, 'token')[0] ?? '' };
  }
  type Form = Awaited<ReturnType<typeof openForm>>;
  const send = (
    { cookie, ...form }: Form,
    files: readonly Sent[],
    more: Record<string, string | string[]> = {},
  ) =>
    fetch(`${url}/lapor?kirim`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body: pack(files, { ...form, ...fields, ...more }),
    });

  test('files come with the report', async () => {
    await open();
    const answer = await send(await openForm(), [{ content: photo, name: `${canary}.jpg` }]);
    expect(answer.status).toBe(303);
    expect(await countRows(database.pool, 'attachments')).toBe(1);
    const { rows } = await database.pool.query('select place_lat, place_lon from reports');
    expect(rows).toEqual([{ place_lat: null, place_lon: null }]);
  });

  test('a form that comes back has its files, offers the place of the photo, and nothing is sent twice', async () => {
    await open();
    const form = await openForm();
    const refused = await send(form, [{ content: photo, name: `${canary}.jpg` }], { text: '' });
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toContain('lampiran-1.jpg');
    expect(page).toContain('Pakai lokasi foto sebagai tempat kejadian: -6.9, 107.6');
    expect(page).not.toContain(canary);
    const sent = await send({ ...form, csrf: valuesOf(page, 'csrf')[0] ?? '' }, [{ content: '', name: '' }], {
      upload: valuesOf(page, 'upload'),
      takePhotoPlace: '-6.9,107.6',
    });
    expect(sent.status).toBe(303);
    expect(listFiles('files')).toHaveLength(1);
    expect(await countRows(database.pool, 'attachments')).toBe(1);
    const { rows } = await database.pool.query('select place_lat, place_lon from reports');
    expect(rows).toEqual([{ place_lat: -6.9, place_lon: 107.6 }]);
  });

  test('a scan in TIFF comes as a PDF of its pages', async () => {
    await open();
    const page = { width: 40, height: 30, pixels: Buffer.alloc(1_200, 200) };
    const scan = writeTiff([page, page]);
    expect((await send(await openForm(), [{ content: scan, name: 'surat.tif' }])).status).toBe(303);
    const { rows } = await database.pool.query('select type from attachments');
    expect(rows).toEqual([{ type: 'application/pdf' }]);
    expect(listFiles('files')).toHaveLength(1);
  });

  test('files can be uploaded before the rest is sent', async () => {
    await open();
    const page = await send(await openForm(), [{ content: photo }], { text: '', consent: '', unggah: '1' });
    expect(page.status).toBe(200);
    expect(valuesOf(await page.text(), 'upload')).toHaveLength(1);
    expect(await countRows(database.pool, 'reports')).toBe(0);
  });

  test('a file that cannot be taken is told, and the others and all fields are kept', async () => {
    await open();
    const answer = await send(await openForm(), [{ content: photo }, { content: '<html>', name: 'b.jpg' }]);
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain('Berkas ke-2 bukan JPEG, PNG, WebP, TIFF, PDF, MP4, atau DOCX');
    expect(page).toContain('gelap sekali kalau pulang mengaji');
    expect(valuesOf(page, 'upload')).toHaveLength(1);
    expect(await countRows(database.pool, 'reports')).toBe(0);
  });

  test('one form sent ten times at once with its photo is one report with one file', async () => {
    await open();
    const form = await openForm();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(form, [{ content: photo }])));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
    expect(await countRows(database.pool, 'reports')).toBe(1);
    expect(await countRows(database.pool, 'attachments')).toBe(1);
    expect(listFiles('files')).toHaveLength(1);
  });

  test('the same form with another file is no repeat', async () => {
    await open();
    const form = await openForm();
    expect((await send(form, [{ content: photo }])).status).toBe(303);
    expect((await send(form, [])).status).toBe(409);
  });

  test('while PostgreSQL is away the file goes with the report through the spool', async () => {
    await open();
    const form = await openForm();
    await relay.cut();
    const answer = await send(form, [{ content: photo, name: `${canary}.jpg` }]);
    expect(answer.status).toBe(303);
    await relay.mend();
    await vi.waitFor(async () => expect(await countRows(database.pool, 'attachments')).toBe(1), 15_000);
    now = new Date(now.getTime() + 48 * 3_600_000);
    await gateway.attachments.sweep();
    expect(listFiles('files')).toHaveLength(1);
  });
});
