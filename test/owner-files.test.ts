import { once } from 'node:events';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadDirectory } from '../src/db/directory.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import type { UploadSecret } from '../src/domain/attachment.ts';
import type { AgencyCode, ReportId } from '../src/domain/report.ts';
import type { Directory } from '../src/domain/routing/directory.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { startClamd } from './support/clamd.ts';
import { countRows, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { addAgency, fileReport, type Story } from './support/filed-reports.ts';
import { readSealed } from './support/sealing.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

/** Files that the owner of a receipt adds on its page. */

const canary = 'kx-Ni-Luh-Sukerti-xk';
const eicar = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';

let database: TestDatabase;
let relay: TcpRelay;
let pool: Pool;
let directory: Directory;
let agency: AgencyCode;
let photo: Buffer;
let dataDir: string;
let gateway: TestApp;
let url: string;
let now = new Date();

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  directory = await loadDirectory(database.pool);
  agency = await addAgency(database.pool);
  relay = await openTcpRelay(database.url);
  pool = createPool(relay.url, { max: 8, onError: () => {}, answerWithinMs: 5_000 });
  photo = await paint('#654321');
});
beforeEach(async () => {
  await forgetReports(database.pool);
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'lapor-files-')));
  now = new Date();
});
afterEach(async () => {
  await gateway.app.close();
  expect(gateway.logged.join('')).not.toContain('Sukerti');
  rmSync(dataDir, { recursive: true, force: true });
});
afterAll(async () => {
  await pool.end();
  await relay.close();
  await database.drop();
});

const paint = (background: string) =>
  sharp({ create: { width: 32, height: 20, channels: 3, background } })
    .withExif({
      IFD0: { Artist: canary },
      IFD3: {
        GPSLatitudeRef: 'S',
        GPSLatitude: '6/1 54/1 0/1',
        GPSLongitudeRef: 'E',
        GPSLongitude: '107/1 36/1 0/1',
      },
    })
    .jpeg()
    .toBuffer();

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
const nothingIsLeft = async () => {
  expect([listFiles('files'), listFiles('incoming')]).toEqual([[], []]);
  expect(await countRows(database.pool, 'uploads')).toBe(0);
};

type Sent = { readonly content: Buffer | string; readonly name?: string };
type Fields = Readonly<Record<string, string | readonly string[]>>;

const valuesOf = (page: string, name: string) =>
  [...page.matchAll(new RegExp(`name="${name}" value="([^"]*)"`, 'g'))].map(([, value]) => value ?? '');
const linksOf = (page: string) =>
  [...page.matchAll(/href="(\/lampiran\/[^"]+)"/g)].map(([, path]) => (path ?? '').replaceAll('&amp;', '&'));

async function fileIt(story: Story = {}) {
  const { reportId, trackingId } = await fileReport(database.pool, agency, now, story);
  const { rows } = await database.pool.query<{ receipt: string }>(
    'select receipt from reports where id = $1',
    [reportId],
  );
  return { reportId, trackingId, receipt: rows[0]?.receipt ?? '' };
}

async function openPage(receipt: string) {
  const answer = await fetch(`${url}/terima/${receipt}`);
  const page = await answer.text();
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return {
    receipt,
    cookie,
    csrf: valuesOf(page, 'csrf')[0] ?? '',
    token: valuesOf(page, 'token')[0] ?? '',
  };
}
type Form = Awaited<ReturnType<typeof openPage>>;

function pack(files: readonly Sent[], fields: Fields): FormData {
  const form = new FormData();
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values].flat()) form.append(name, value as string);
  }
  for (const { content, name = 'foto.jpg' } of files) form.append('files', new Blob([content]), name);
  return form;
}

const add = ({ receipt, cookie, csrf, token }: Form, files: readonly Sent[], more: Fields = {}) =>
  fetch(`${url}/terima/${receipt}/tambah`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
    body: pack(files, { csrf, token, text: '', ...more }),
  });

describe('what the owner adds', () => {
  test('files without words: listed to them, painted anew, named in the seal alone', async () => {
    await open();
    const { reportId, receipt } = await fileIt();
    const answer = await add(await openPage(receipt), [
      { content: photo, name: `${canary}.jpg` },
      { content: await paint('#123456'), name: `../../${canary}"><script>.jpg` },
    ]);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/terima/${receipt}?tersimpan=tambahan`);

    const page = await (await fetch(`${url}/terima/${receipt}`)).text();
    expect(page).not.toContain(canary);
    expect(linksOf(page)).toEqual([
      expect.stringMatching(/\/lampiran-1\.jpg\?bukti=/),
      expect.stringMatching(/\/lampiran-2\.jpg\?bukti=/),
    ]);
    for (const path of linksOf(page)) {
      const kept = Buffer.from(await (await fetch(url + path)).arrayBuffer());
      expect((await sharp(kept).metadata()).exif).toBeUndefined();
      expect(kept.includes(canary)).toBe(false);
    }
    const { rows } = await database.pool.query<{ id: ReportId; text: string }>(
      'select id, text from additions where report_id = $1',
      [reportId],
    );
    expect(rows).toMatchObject([{ text: '' }]);
    const sealed = await readSealed(database.pool, rows[0]!.id, 'nobody');
    expect(Object.values(sealed?.fileNames ?? {})).toEqual([
      `${canary}.jpg`,
      expect.stringContaining(canary),
    ]);
    for (const table of ['additions', 'attachments', 'uploads', 'deliveries']) {
      const dump = await database.pool.query(`select to_jsonb(${table}) as row from ${table}`);
      expect(JSON.stringify(dump.rows)).not.toMatch(/Sukerti|107\.6/);
    }
    const told = await (await fetch(`${url}/v1/receipts/${receipt}`)).json();
    expect(told).toMatchObject({ additions: [{ id: rows[0]?.id, text: '' }] });
    const listed = await (await fetch(`${url}/v1/receipts/${receipt}/attachments`)).json();
    expect(listed).toMatchObject({
      attachments: [{ additionId: rows[0]?.id }, { additionId: rows[0]?.id }],
    });
  });

  test('by several forms at once is put behind one another, with nothing lost', async () => {
    await open();
    const { receipt } = await fileIt();
    const forms = await Promise.all(Array.from({ length: 6 }, () => openPage(receipt)));
    const answers = await Promise.all(
      forms.map((form, index) =>
        add(form, [{ content: photo }, { content: photo }], { text: `Foto ke-${index}` }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(303));
    const { rows } = await database.pool.query('select position from attachments order by position');
    expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    const apart = await database.pool.query(
      'select count(*)::int as files from attachments group by addition_id',
    );
    expect(apart.rows).toEqual(Array(6).fill({ files: 2 }));
  });

  test('is added once, however often the form is sent, and no file of the others stays', async () => {
    await open();
    const form = await openPage((await fileIt()).receipt);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => add(form, [{ content: photo }], { text: 'Makin dalam' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(await countRows(database.pool, 'additions')).toBe(1);
    expect(await countRows(database.pool, 'attachments')).toBe(1);
    expect(await countRows(database.pool, 'deliveries where addition_id is not null')).toBe(1);
    await eventually(() => expect(listFiles('files')).toHaveLength(1));
  });

  test('with eleven files comes back with the first five, and what is too many is told and not kept', async () => {
    await open();
    const form = await openPage((await fileIt()).receipt);
    const answer = await add(
      form,
      Array.from({ length: 11 }, () => ({ content: photo })),
      { text: 'Ini fotonya' },
    );
    expect(answer.status).toBe(422);
    const page = await answer.text();
    for (const number of [6, 11]) expect(page).toContain(`berkas ke-${number} tidak ikut`);
    expect(page).toContain('Ini fotonya');
    expect(valuesOf(page, 'upload')).toHaveLength(5);
    expect(listFiles('files')).toHaveLength(5);
    expect(await countRows(database.pool, 'additions')).toBe(0);

    const csrf = valuesOf(page, 'csrf')[0] ?? '';
    const sixth = await add({ ...form, csrf }, [{ content: photo }], { upload: valuesOf(page, 'upload') });
    expect(sixth.status).toBe(422);
    const sent = await add({ ...form, csrf }, [{ content: '', name: '' }], {
      upload: valuesOf(page, 'upload'),
    });
    expect(sent.status).toBe(303);
    expect(await countRows(database.pool, 'attachments')).toBe(5);
    expect(listFiles('files')).toHaveLength(5);
    now = new Date(now.getTime() + 25 * 3_600_000);
    await gateway.attachments.sweep();
    expect(listFiles('files')).toHaveLength(5);
  });

  test('comes back with its file where the words are too long, and the file goes with one addition only', async () => {
    await open();
    const form = await openPage((await fileIt()).receipt);
    const refused = await add(form, [{ content: photo, name: `${canary}.jpg` }], {
      text: 'a'.repeat(20_001),
    });
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toContain('lampiran-1.jpg');
    expect(page).not.toContain(canary);
    expect(page).not.toContain('107.6');
    const again = { ...form, csrf: valuesOf(page, 'csrf')[0] ?? '' };
    const upload = valuesOf(page, 'upload');
    expect((await add(again, [], { text: 'Makin dalam', upload })).status).toBe(303);
    expect((await add(again, [], { text: 'Makin dalam', upload })).status).toBe(303);
    const elsewhere = await add(again, [{ content: photo }], { text: 'Yang lain', upload });
    expect(elsewhere.status).toBe(422);
    const refusedPage = await elsewhere.text();
    expect(refusedPage).toContain('Pilih lagi berkasnya');
    expect(valuesOf(refusedPage, 'upload')).toHaveLength(1);
    expect(await countRows(database.pool, 'additions')).toBe(1);
    expect(await countRows(database.pool, 'attachments')).toBe(1);
  });

  test('with a file of a report that is still under way is told so, however long that takes', async () => {
    await open();
    const form = await openPage((await fileIt()).receipt);
    const page = await (await add(form, [{ content: photo }], { text: 'a'.repeat(20_001) })).text();
    const upload = valuesOf(page, 'upload') as UploadSecret[];
    // As one that waits in a spool: taken for, and stored nowhere yet.
    await gateway.attachments.claim(newReport({ uploads: upload }));
    now = new Date(now.getTime() + 3_600_000);
    const again = { ...form, csrf: valuesOf(page, 'csrf')[0] ?? '' };
    const refused = await add(again, [], { text: 'Makin dalam', upload });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('Pilih lagi berkasnya');
    expect(await countRows(database.pool, 'attachments')).toBe(0);
  });

  test('as neither words nor files is asked for', async () => {
    await open();
    const answer = await add(await openPage((await fileIt()).receipt), [{ content: '', name: '' }]);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('atau pilih berkas');
    await nothingIsLeft();
  });

  test('to a receipt that nobody was given is answered 404, and nothing of it stays', async () => {
    await open();
    const form = await openPage((await fileIt()).receipt);
    const answer = await add({ ...form, receipt: `${form.receipt.slice(0, -3)}000` }, [{ content: photo }]);
    expect(answer.status).toBe(404);
    await nothingIsLeft();
  });

  test('from a page that is too old comes back with its file', async () => {
    await open();
    const form = await openPage((await fileIt()).receipt);
    const answer = await add({ ...form, csrf: 'x' }, [{ content: photo }], { text: 'Makin dalam' });
    expect(answer.status).toBe(403);
    const page = await answer.text();
    expect(page).toContain('Makin dalam');
    expect(valuesOf(page, 'upload')).toHaveLength(1);
  });

  test('while PostgreSQL is away comes back with its words, and no file is left that nobody knows of', async () => {
    await open();
    const form = await openPage((await fileIt()).receipt);
    await relay.cut();
    const answer = await add(form, [{ content: photo }], { text: 'Makin dalam' });
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain('Makin dalam');
    expect(page).toContain('Berkas ke-1 sedang tidak dapat disimpan');
    expect((await add(form, [], { text: 'Makin dalam' })).status).toBe(503);
    await relay.mend();
    await nothingIsLeft();
  });

  test('cut in the middle of its file leaves nothing behind', async () => {
    await open();
    const { receipt, cookie, csrf, token } = await openPage((await fileIt()).receipt);
    const fields = Object.entries({ csrf, token, text: 'Makin dalam' }).map(
      ([name, value]) => `--xx\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const file = '--xx\r\ncontent-disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n';
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /terima/${receipt}/tambah HTTP/1.1\r\nhost: lapor.example\r\ncookie: ${cookie}\r\n` +
        'content-type: multipart/form-data; boundary=xx\r\ncontent-length: 1000000\r\n\r\n',
    );
    socket.write(
      Buffer.concat([
        Buffer.from(fields.join('') + file),
        photo,
        Buffer.from(`\r\n${file}`),
        photo.subarray(0, 200),
      ]),
    );
    await eventually(async () => expect(await countRows(database.pool, 'uploads')).toBe(1));
    await eventually(() => {
      expect(listFiles('files')).toHaveLength(1);
      expect(listFiles('incoming')).toHaveLength(1);
    });
    socket.destroy();
    await eventually(nothingIsLeft);
    expect(await countRows(database.pool, 'additions')).toBe(0);
  });

  test('is refused where the antivirus finds it infected, and goes without', async () => {
    const clamd = await startClamd();
    try {
      await open({ ATTACHMENTS_CLAMD: clamd.address });
      const form = await openPage((await fileIt()).receipt);
      const infected = Buffer.concat([photo, Buffer.from(eicar)]);
      const answer = await add(form, [{ content: infected }], { text: 'Makin dalam' });
      expect(answer.status).toBe(422);
      expect(await answer.text()).toContain('mengandung virus');
      await nothingIsLeft();
      expect((await add(form, [], { text: 'Makin dalam' })).status).toBe(303);
    } finally {
      await clamd.stop();
    }
  });
});

describe('a file that was added', () => {
  const track = async (trackingId: string) => {
    const answer = await fetch(`${url}/lacak?id=${trackingId}`);
    return { status: answer.status, files: linksOf(await answer.text()) };
  };

  test.each([
    ['an open report is for everybody', {}, 200],
    ['an anonymous report is for its reporter alone', { anonymous: true }, 404],
    ['a confidential report is for its reporter alone', { confidential: true }, 404],
  ] as const)('to %s', async (_, story, status) => {
    await open();
    const [report, other] = [await fileIt(story), await fileIt()];
    // what a mistyped ID shows is another test's
    const trackingId = '869931144244';
    await database.pool.query('update filings set tracking_id = $2 where report_id = $1', [
      report.reportId,
      trackingId,
    ]);
    await add(await openPage(report.receipt), [{ content: photo }]);
    const [own = ''] = linksOf(await (await fetch(`${url}/terima/${report.receipt}`)).text());
    const [bare = ''] = own.split('?');
    expect((await fetch(url + own)).status).toBe(200);
    expect((await fetch(url + bare)).status).toBe(status);
    expect((await track(trackingId)).files).toEqual(status === 200 ? [bare] : []);
    const listed = await fetch(`${url}/v1/track/${trackingId}/attachments`);
    expect(await listed.json()).toMatchObject({ attachments: { length: status === 200 ? 1 : 0 } });

    // another receipt leads to other files, and proves nothing of these
    await add(await openPage(other.receipt), [{ content: photo }]);
    const [foreign = ''] = linksOf(await (await fetch(`${url}/terima/${other.receipt}`)).text());
    const wrong = await fetch(`${url}${bare}?${foreign.split('?')[1]}`);
    expect(wrong.status).toBe(status);

    await database.pool.query(`update attachments set visibility = 'released' where report_id = $1`, [
      report.reportId,
    ]);
    expect((await track(trackingId)).files).toEqual('confidential' in story ? [] : [bare]);
  });
});
