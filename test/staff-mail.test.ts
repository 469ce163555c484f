import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Channel } from '../channels/channel.ts';
import { createMailReader } from '../channels/email/read/reader.ts';
import type { MessageId } from '../src/domain/message.ts';
import { createIntake } from '../workers/intake.ts';
import { createMessages } from '../workers/messages.ts';
import { openDoor } from './support/accept.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { hasChromium, launchChromium } from './support/browser.ts';
import { countRows, createCore, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { fetched, writeMail } from './support/mails.ts';
import { type SignedIn, signIn } from './support/staff.ts';
import { uniqueWord } from './support/unique-word.ts';

let database: TestDatabase;
let gateway: TestApp;
let core: Awaited<ReturnType<typeof createCore>>;
let door: Awaited<ReturnType<typeof openDoor>>;
let national: SignedIn;
let bandung: SignedIn;

const reader = createMailReader();
const email: Channel = { name: 'email', providers: [], readMail: reader.readMail };

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  core = await createCore(database.pool);
  core = { ...core, context: { ...core.context, channels: [email] } };
  door = await openDoor(core.context);
  const enqueue = core.context.enqueue as never;
  const none = { waiting: 0, active: 0, delayed: 0, failed: 0 };
  gateway = await createTestApp(database.pool, {
    queues: {
      enqueue,
      count: async () => ({ intake: none, messages: none, deliver: none, notify: none, withdraw: none }),
      ping: async () => {},
    },
  });
  national = await signIn(database.pool, { role: 'officer', agency: 'nasional' });
  bandung = await signIn(database.pool, { role: 'intake', agency: 'D32.73', name: 'Asep Sunandar' });
}, 120_000);
afterAll(async () => {
  await gateway?.app.close();
  await database?.drop();
});
afterEach(async () => {
  core.jobs.length = 0;
  await forgetReports(database.pool);
});

async function work(): Promise<void> {
  const context = core.context;
  const run: Record<string, (payload: never) => Promise<void>> = {
    messages: createMessages(context),
    intake: createIntake(context),
  };
  for (let job = core.jobs.shift(); job !== undefined; job = core.jobs.shift()) {
    await run[job.name]?.(job.payload as never);
    await new Promise(setImmediate);
  }
}

/** Mails of a list, which are no reports. */
async function keep(count: number, more: Parameters<typeof fetched>[1] = {}): Promise<readonly MessageId[]> {
  const accepted = await door.accept(
    Array.from({ length: count }, () =>
      fetched(
        writeMail({
          from: 'Ni Luh Sukerti <niluh@contoh.id>',
          subject: 'Buletin warga',
          text: `Bandung, banjir di ${uniqueWord()}`,
          headers: { 'List-Id': '<warga.contoh.id>' },
        }),
        more,
      ),
    ),
  );
  await core.emptyQueueOf(accepted);
  const ids = accepted.map(({ reportId }) => reportId as string as MessageId);
  core.jobs.push({ name: 'messages', payload: { messageIds: ids } });
  await work();
  return ids;
}

const visit = (by: SignedIn, url = '/petugas/email') =>
  gateway.app.inject({ url, headers: { accept: 'text/html', cookie: by.cookie } });

/** Sends the form of the mail's button, as it is on the page. */
async function press(by: SignedIn, id: string, csrf?: string) {
  const page = await visit(by);
  const [cookie = ''] = [page.headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0] ?? '');
  const token = csrf ?? /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? '';
  return gateway.app.inject({
    method: 'POST',
    url: `/petugas/email/${id}/laporan`,
    headers: {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      cookie: `${by.cookie}; ${cookie}`,
    },
    body: new URLSearchParams({ csrf: token }).toString(),
  });
}

test('the page shows what an e-mail was taken for and where it came, and neither its writer nor its words', async () => {
  await keep(1);
  const { body, statusCode } = await visit(national);
  expect(statusCode).toBe(200);
  expect(body).toContain('Balasan otomatis atau surat massal');
  expect(body).toContain('nasional – Meja Nasional SP4N-LAPOR!');
  expect(body).toContain('tanpa berkas');
  expect(body).not.toMatch(/Sukerti|niluh|Buletin|banjir/);
  expect((await visit(national, '/petugas/email?lang=en')).body).toContain('Make it a report');
});

test('one click makes it a report, on record before it is done, and the page says which', async () => {
  const [id = ''] = await keep(1);
  const answer = await press(national, id);
  expect(answer.statusCode).toBe(303);
  const result = String(answer.headers.location);
  expect((await visit(national, result)).body).toContain('sedang dijadikan laporan');
  expect(core.jobs).toContainEqual({ name: 'messages', payload: { messageIds: [id] } });
  await work();
  const { rows } = await database.pool.query<{ tracking_id: string }>('select tracking_id from filings');
  const shown = rows[0]?.tracking_id.replace(/(....)(....)/, '$1-$2-');
  const page = (await visit(national, result)).body;
  expect(page).toContain('sudah menjadi laporan');
  expect(page).toContain(shown);
  expect(page).not.toContain('massal');
  const audit = await database.pool.query(`select actor, subject from audit_log where action = 'mail_filed'`);
  expect(audit.rows).toEqual([{ actor: `staff:${national.id}`, subject: `message:${id}` }]);
  // pressed again, on a page that was open before, it changes nothing
  await press(national, id);
  await work();
  expect(await countRows(database.pool, 'reports')).toBe(1);
});

test('staff see and file what came to mailboxes of their agency and of those below it, and nothing else', async () => {
  const [own = ''] = await keep(1, { mailbox: 'kota-bandung', agency: 'D32.73' });
  const [other = ''] = await keep(1, { mailbox: 'nasional' });
  const { body } = await visit(bandung);
  expect(body).toContain(own);
  expect(body).not.toContain(other);
  expect((await visit(national)).body).toContain(own);
  const refused = await press(bandung, other);
  expect(refused.statusCode).toBe(404);
  await press(national, other);
  expect((await visit(bandung, `/petugas/email?surat=${other}`)).body).not.toContain('sedang dijadikan');
  expect((await press(bandung, own)).statusCode).toBe(303);
});

test('without the token of its form nothing is filed, and nobody comes in who is not signed in', async () => {
  const [id = ''] = await keep(1);
  expect((await press(national, id, 'palsu')).statusCode).toBe(403);
  expect(
    (await gateway.app.inject({ url: '/petugas/email', headers: { accept: 'text/html' } })).statusCode,
  ).toBe(303);
  const { rows } = await database.pool.query('select state from messages');
  expect(rows).toEqual([{ state: 'done' }]);
});

test('what is many comes in pages, each e-mail once; a page that nobody was given is the first', async () => {
  const ids = await keep(45);
  const seen: string[] = [];
  let href: string | undefined = '/petugas/email';
  for (let turn = 0; href !== undefined && turn < 5; turn += 1) {
    const { body } = await visit(national, href);
    seen.push(...[...body.matchAll(/\/petugas\/email\/([0-9a-f-]{36})\/laporan/g)].map(([, id = '']) => id));
    href = /href="([^"]*sebelum=[^"]*)"/.exec(body)?.[1];
  }
  expect(seen.toSorted()).toEqual(ids.toSorted());
  for (const cursor of ['x', '1.x', '99999999999999.01234567-89ab-7def-8123-456789abcdef', '']) {
    expect((await visit(national, `/petugas/email?sebelum=${cursor}`)).statusCode).toBe(200);
  }
});

test('how many became what is a figure for each mailbox', async () => {
  await keep(2, { mailbox: 'kota-bandung', agency: 'D32.73' });
  const { body } = await gateway.app.inject('/metrics');
  expect(body).toContain('lapor_mails_last_day{mailbox="kota-bandung",fate="auto-reply"} 2');
});

describe.skipIf(!hasChromium)('in a browser', () => {
  let browser: Browser;
  let origin: string;
  beforeAll(async () => {
    browser = await launchChromium();
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    origin = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });
  afterAll(() => browser?.close());

  test.each([360, 1280])('the button is pressed and answered on a screen %i pixels wide', async (width) => {
    await keep(3);
    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: 'id-ID' });
    const { name, value } = national.session;
    await context.addCookies([{ name, value, url: origin }]);
    const page = await context.newPage();
    await page.goto(`${origin}/petugas/email`);
    const shots = process.env.STAFF_MAIL_SHOTS;
    if (shots !== undefined) await page.screenshot({ path: `${shots}/mail-${width}.png`, fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await page
      .getByRole('button', { name: /Jadikan laporan/ })
      .first()
      .click();
    await page.getByRole('status').getByText('sedang dijadikan laporan').waitFor();
    await work();
    await page.getByRole('link', { name: 'Muat ulang' }).click();
    await page.getByRole('status').getByText('sudah menjadi laporan').waitFor();
    if (shots !== undefined)
      await page.screenshot({ path: `${shots}/mail-${width}-filed.png`, fullPage: true });
    expect(await page.getByRole('button', { name: /Jadikan laporan/ }).count()).toBe(2);
    await context.close();
  });
});
