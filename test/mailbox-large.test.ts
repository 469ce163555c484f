import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MailboxEntry } from '../channels/email/fetch/mailbox.ts';
import type { DoorContext } from '../src/context.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import type { ReportId } from '../src/domain/report.ts';
import { createCore } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Dovecot, hasDovecot, startDovecot } from './support/dovecot.ts';
import { eventually } from './support/eventually.ts';
import { countTakenMails, mailboxOf, startMailboxes } from './support/mailboxes.ts';
import { readSealed } from './support/sealing.ts';

/** Mailboxes with thousands of mails, and mails that are large or made to do harm. */

let database: TestDatabase;
let pool: Pool;
let context: DoorContext;
let dovecot: Dovecot;

beforeAll(async () => {
  if (!hasDovecot) return;
  database = await createTestDatabase();
  // as a gateway's: what takes longer is given up
  pool = createPool(database.url, { max: 4, onError: () => {}, answerWithinMs: 5_000 });
  context = (await createCore(pool)).context as unknown as DoorContext;
  dovecot = await startDovecot({ users: { lapor: 'rahasia', kota: 'rahasia' } });
});
afterAll(async () => {
  await dovecot?.stop();
  await pool?.end();
  await database?.drop();
});

const stops: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  if (!hasDovecot) return;
  await database.pool.query('truncate messages, report_identities, sources');
  for (const user of ['lapor', 'kota']) await dovecot.doveadm('expunge', '-u', user, 'mailbox', '*', 'all');
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function read(...mailboxes: readonly MailboxEntry[]) {
  const reading = await startMailboxes(context, database.url, mailboxes);
  stops.push(reading.stop);
}
const untilTaken = (count: number) =>
  vi.waitFor(async () => expect(await countTakenMails(database.pool)).toBe(count), {
    timeout: 55_000,
    interval: 50,
  });

async function readFirst(): Promise<{ readonly body: Buffer; readonly content: unknown }> {
  const { rows } = await database.pool.query<{ id: ReportId }>(
    'select id from messages order by accepted_at, id',
  );
  const opened = await readSealed(database.pool, rows[0]?.id as ReportId, 'nobody');
  return { body: opened?.original.body ?? Buffer.alloc(0), content: opened?.content };
}

const header = (more = ''): string =>
  `From: budi@warga.example\r\nTo: lapor@lapor.example\r\nSubject: Berkas\r\nMessage-ID: <${randomUUID()}@warga.example>\r\n${more}\r\n`;

/** A mail with an attachment that no compression makes smaller, of about so many megabytes. */
function largeMail(megabytes: number): string {
  const lines = randomBytes(Math.floor((megabytes * 1024 * 1024 * 57) / 78))
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');
  return `${header('MIME-Version: 1.0\r\nContent-Type: application/zip; name="foto.zip"\r\nContent-Transfer-Encoding: base64\r\n')}${lines}\r\n`;
}
const withoutLineEnds = (mail: string | Buffer) =>
  mail
    .toString('latin1')
    .replace(/[\r\n]+/g, '\n')
    .trimEnd();

describe.skipIf(!hasDovecot)('a mailbox', { timeout: 60_000 }, () => {
  test('with 5,000 mails is taken whole, each mail once and in order', async () => {
    const mails = Array.from({ length: 5_000 }, (_, index) => `${header()}Laporan nomor ${index}\r\n`);
    await dovecot.fill(mails, 'lapor');
    await read(mailboxOf(dovecot));
    await untilTaken(5_000);
    await eventually(async () => {
      const { rows } = await database.pool.query("select cursor->'lastUid' as uid from sources");
      expect(rows).toEqual([{ uid: 5_000 }]);
    });
    const { rows } = await database.pool.query<{ ids: number; largest: number }>(
      'select count(distinct external_id)::int as ids, count(distinct accepted_at)::int as largest from messages',
    );
    expect(rows[0]?.ids).toBe(5_000);
  });

  test('with a mail of 60 MB has all of it, and what stands behind it', async () => {
    const raw = largeMail(60);
    await dovecot.fill([raw, `${header()}Sesudahnya\r\n`], 'lapor');
    await read(mailboxOf(dovecot));
    await untilTaken(2);
    const { body, content } = await readFirst();
    expect(withoutLineEnds(body) === withoutLineEnds(raw)).toBe(true);
    expect(content).toEqual({ kind: 'mail', mailbox: 'pusat', agency: 'nasional' });
  });

  test('with a mail of more than it may have takes the beginning, and says what is missing', async () => {
    await dovecot.fill([largeMail(5)], 'lapor');
    await read(mailboxOf(dovecot, { maxMb: 2 }));
    await untilTaken(1);
    const { body, content } = await readFirst();
    expect(body).toHaveLength(2 * 1024 * 1024);
    expect(content).toMatchObject({ cutFrom: expect.any(Number) });
    expect((content as { cutFrom: number }).cutFrom).toBeGreaterThan(4.9 * 1024 * 1024);
  });

  test.each<[string, () => string]>([
    ['a header of a million lines', () => header('X: y\r\n'.repeat(1_000_000))],
    ['a field of ten megabytes', () => header(`X-Long: ${'a'.repeat(10 * 1024 * 1024)}\r\n`)],
    ['folded lines without end', () => header(`Subject: a\r\n${' b\r\n'.repeat(500_000)}`)],
    ['nothing but line ends', () => '\r\n'.repeat(1_000_000)],
    ['no header at all', () => 'tolong\r\n'],
    ['nothing in it', () => ''],
    [
      'NUL and every other byte',
      () => `${header()}${Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('latin1')}`,
    ],
    [
      'a thousand parts in each other',
      () =>
        Array.from(
          { length: 1_000 },
          (_, i) => `Content-Type: multipart/mixed; boundary="${i}"\r\n\r\n--${i}\r\n`,
        ).join(''),
    ],
  ])('with a mail of %s takes it, and what comes behind it', async (_, make) => {
    await dovecot.fill([Buffer.from(make(), 'latin1'), `${header()}Sesudahnya\r\n`], 'lapor');
    await read(mailboxOf(dovecot));
    await untilTaken(2);
  });
});
