import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import type { MailboxEntry } from '../../channels/email/fetch/mailbox.ts';
import type { DoorContext } from '../../src/context.ts';
import { listSources } from '../../src/db/sources.ts';
import { createCore } from './core.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { type Dovecot, hasDovecot, startDovecot } from './dovecot.ts';
import { countTakenMails, startMailboxes } from './mailboxes.ts';

/** A Dovecot and a database for the tests of a file, both empty before each test. Set once the tests of the file run. */
export let database: TestDatabase;
export let context: DoorContext;
export let dovecot: Dovecot;

/** Called after each test, the last first. */
export const stops: (() => Promise<unknown>)[] = [];

export const users = Object.fromEntries(['lapor', 'kota', 'rusak'].map((user) => [user, 'rahasia']));

export function setUpMailStage(options: { readonly tokenInfoUrl?: string } = {}): void {
  beforeAll(async () => {
    if (!hasDovecot) return;
    database = await createTestDatabase();
    context = (await createCore(database.pool)).context as unknown as DoorContext;
    dovecot = await startDovecot({ users, ...options });
  });
  afterAll(async () => {
    await dovecot?.stop();
    await database?.drop();
  });
  beforeEach(async () => {
    if (!hasDovecot) return;
    await database.pool.query('truncate messages, report_identities, sources');
    for (const user of Object.keys(users)) {
      await dovecot.doveadm('expunge', '-u', user, 'mailbox', '*', 'all');
    }
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
}

export async function read(...mailboxes: readonly MailboxEntry[]) {
  const reading = await startMailboxes(context, database.url, mailboxes);
  stops.push(reading.stop);
  return reading;
}

/** A letter from Siti, as her provider delivers it. */
export const letter = ({
  text = `Pak, lampu jalan di gang ${randomUUID().slice(0, 8)} mati sejak Senin.`,
  id = `<${randomUUID()}@warga.example>`,
}: {
  readonly text?: string;
  readonly id?: string | null;
} = {}): string =>
  [
    'From: "Siti Aminah" <siti.aminah@warga.example>',
    'To: lapor@lapor.example',
    'Subject: Lampu jalan mati',
    'Date: Sun, 22 Nov 2026 08:00:00 +0700',
    ...(id === null ? [] : [`Message-ID: ${id}`]),
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
  ].join('\r\n');

export const untilTaken = (count: number) =>
  vi.waitFor(async () => expect(await countTakenMails(database.pool)).toBe(count), {
    timeout: 15_000,
    interval: 20,
  });
export const untilIdling = () =>
  vi.waitFor(async () => expect(await dovecot.countConnections('lapor')).toBe(1), { timeout: 15_000 });
export const untilLookedInto = async () => {
  await vi.waitFor(
    async () =>
      expect(await listSources(database.pool)).toContainEqual(
        expect.objectContaining({ connectedAt: expect.any(Date) }),
      ),
    { timeout: 15_000 },
  );
};
/** Nothing tells that nothing will come; what comes after it tells. */
export async function afterAnother(count: number) {
  await dovecot.deliver(letter(), 'lapor');
  await untilTaken(count + 1);
}
