import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recordDeliveries } from '../src/db/delivery-receipts.ts';
import { listNotifications, resendNotification } from '../src/db/notification-decisions.ts';
import { insertNotifications } from '../src/db/notifications.ts';
import type { Identity, NewReport, NotificationId, ReportId } from '../src/domain/report.ts';
import { watchWordBack } from '../src/metrics.ts';
import { createIntake } from '../workers/intake.ts';
import { createTestAccept } from './support/accept.ts';
import { createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { createScriptedChannel, createWordBackStage } from './support/word-back.ts';

/** Headers alone miss some automatic mails: what keeps two machines from answering each other for ever. */

const hours = (count: number) => count * 3_600_000;
const at = (ahead: number) => () => new Date(Date.now() + ahead);
const person = (email: string): Identity => ({ name: null, phone: null, email, onBehalfOf: null });
const byMail = (email: string): Partial<NewReport> => ({ channel: 'email', identity: person(email) });

let database: TestDatabase;
let stage: Awaited<ReturnType<typeof createWordBackStage>>;
const provider = createScriptedChannel('email');

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  stage = await createWordBackStage(database.pool, provider.channel);
});
afterAll(() => database?.drop());
beforeEach(() => provider.forget());
afterEach(() => forgetReports(database.pool));

const fileFrom = (email: string) => stage.file('', byMail(email));

/** As many answers more about the report that this notification is about. */
async function answer(about: NotificationId, count: number): Promise<readonly NotificationId[]> {
  const { rows } = await database.pool.query<{ report_id: ReportId }>(
    'select report_id from notifications where id = $1',
    [about],
  );
  const reportId = rows[0]?.report_id as ReportId;
  const added = Array.from({ length: count }, () => ({
    id: uuidv7() as NotificationId,
    causeId: uuidv7(),
    recipientId: reportId,
    reportId,
    kind: 'added' as const,
    params: { trackingId: '869931144244' },
    language: 'id' as const,
    channel: 'email' as const,
  }));
  await insertNotifications(database.pool, added, new Date());
  return added.map(({ id }) => id);
}

const states = async (ids: readonly NotificationId[]) =>
  (await Promise.all(ids.map(stage.find))).map(({ state, reason }) => ({ state, reason }));

const inTurn = async (
  env: Readonly<Record<string, string>>,
  ids: readonly NotificationId[],
  clock = at(0),
) => {
  for (const id of ids) await stage.startWorker(env, clock)(id);
};

describe('mails to one address in a day', () => {
  const env = { EMAIL_MAX_PER_ADDRESS: '3' };

  test('have an end, whatever they are about and however the address is written', async () => {
    const ids = [
      await fileFrom('Siti@example.com'),
      await fileFrom('siti@example.com'),
      await fileFrom('siti@EXAMPLE.com'),
      await fileFrom('siti@example.com'),
      await fileFrom('budi@example.com'),
    ];
    await inTurn(env, ids);
    expect(await states(ids)).toEqual([
      { state: 'sent', reason: null },
      { state: 'sent', reason: null },
      { state: 'sent', reason: null },
      { state: 'capped', reason: 'held back: 3 messages to this address within 24 hours' },
      { state: 'sent', reason: null },
    ]);
    expect(stage.logged.join('')).not.toMatch(/siti|budi/i);
  });

  test('are counted together by all workers', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => fileFrom('siti@example.com')));
    await Promise.all(
      [ids, ids.toReversed(), ids.slice(4, 9)].map((part) => stage.startWorker(env)(...part)),
    );
    expect(provider.sent).toHaveLength(3);
  });

  test('are not held back by a cap on SMS, nor by quiet hours', async () => {
    const ids = [await fileFrom('siti@example.com'), await fileFrom('siti@example.com')];
    await inTurn({ NOTIFY_MAX_PER_DAY: '1', NOTIFY_QUIET_HOURS: '00:00-23:59' }, ids, at(hours(2)));
    expect(provider.sent).toHaveLength(2);
  });
});

test('mails about one report in a day have an end, even where the address keeps changing', async () => {
  const env = { EMAIL_MAX_PER_REPORT: '2', EMAIL_MAX_PER_ADDRESS: '0' };
  const first = await fileFrom('siti@example.com');
  const ids = [first, ...(await answer(first, 2))];
  const other = await fileFrom('siti@example.com');
  await inTurn(env, [...ids, other]);
  expect(await states([...ids, other])).toEqual([
    { state: 'sent', reason: null },
    { state: 'sent', reason: null },
    { state: 'capped', reason: 'held back: 2 mails about this report within 24 hours' },
    { state: 'sent', reason: null },
  ]);
  const [later] = await answer(first, 1);
  await inTurn(env, [later as NotificationId], at(hours(25)));
  expect(await states([later as NotificationId])).toEqual([{ state: 'sent', reason: null }]);
});

test('mails to anybody in an hour have an end, and begin anew an hour later', async () => {
  const env = { EMAIL_MAX_PER_HOUR: '4' };
  const ids = await Promise.all(
    Array.from({ length: 9 }, (_, index) => fileFrom(`warga${index}@example.com`)),
  );
  await Promise.all([ids, ids.toReversed()].map((part) => stage.startWorker(env)(...part)));
  expect(provider.sent).toHaveLength(4);
  const held = (await states(ids)).filter(({ state }) => state === 'capped');
  expect(held).toHaveLength(5);
  expect(held[0]?.reason).toBe('held back: 4 mails to anybody within an hour');
  const next = await fileFrom('siti@example.com');
  await inTurn(env, [next], at(hours(1.1)));
  expect(await states([next])).toEqual([{ state: 'sent', reason: null }]);
});

test('what staff have sent again is above all of them', async () => {
  const env = { EMAIL_MAX_PER_HOUR: '1', EMAIL_MAX_PER_REPORT: '1', EMAIL_MAX_PER_ADDRESS: '1' };
  const ids = [await fileFrom('siti@example.com'), await fileFrom('siti@example.com')];
  await inTurn(env, ids);
  const [, held] = ids as [NotificationId, NotificationId];
  expect(await states([held])).toMatchObject([{ state: 'capped' }]);
  await resendNotification(database.pool, held, new Date());
  await inTurn(env, [held]);
  expect(await states([held])).toMatchObject([{ state: 'sent' }]);
});

test('a bounce is on record by the id that it names, shown to staff and in the metrics, and staff may send again', async () => {
  const id = await fileFrom('siti@example.com');
  await inTurn({}, [id]);
  const bounce = { notificationId: id, state: 'failed' as const, detail: '5.1.1 (there is no such mailbox)' };
  await recordDeliveries(database.pool, 'sms', [bounce], new Date());
  expect(await stage.find(id)).toMatchObject({ delivery_state: null });
  await recordDeliveries(database.pool, 'email', [bounce], new Date());
  expect(await listNotifications(database.pool, { state: null, delivery: 'failed', limit: 5 })).toMatchObject(
    [{ id, state: 'sent', channel: 'email', segments: null, delivery_detail: bounce.detail }],
  );
  const registry = new Registry();
  watchWordBack(database.pool, registry, 0);
  expect(await registry.metrics()).toMatch(/channel="email".*\} 1$/m);
  expect(await resendNotification(database.pool, id, new Date())).toMatchObject({ state: 'sent' });
});

describe('who left an e-mail address is told by e-mail', () => {
  const siti = person('siti@example.com');
  const file = async (channels: (typeof provider.channel)[], more: Partial<NewReport>) => {
    const { context } = await createCore(database.pool);
    const accept = await createTestAccept(context);
    const [accepted] = await accept([newReport(more)]);
    await createIntake({ ...context, channels })({ reportIds: [accepted?.reportId ?? ''] });
    const { rows } = await database.pool.query<{ channel: string }>(
      'select channel from notifications where report_id = $1',
      [accepted?.reportId],
    );
    return rows.map(({ channel }) => channel);
  };
  const sms = createScriptedChannel('sms').channel;
  const web = { name: 'web' as const, providers: [] };

  test('with the form, and by letter', async () => {
    const channels = [web, sms, provider.channel];
    expect(await file(channels, { channel: 'web', identity: siti })).toEqual(['email']);
    expect(await file(channels, { channel: 'letter', identity: siti })).toEqual(['email']);
  });

  test('by SMS only where they sent an SMS', async () => {
    const channels = [web, sms, provider.channel];
    const both = { ...siti, phone: '+6281299990000' };
    expect(await file(channels, { channel: 'sms', identity: both })).toEqual(['sms']);
    expect(await file(channels, { channel: 'web', identity: both })).toEqual(['email']);
  });

  test('and nobody where there is no address, or no mail server', async () => {
    const phone = { ...siti, email: null, phone: '+6281299990000' };
    expect(await file([web, sms, provider.channel], { channel: 'web', identity: phone })).toEqual([]);
    expect(await file([web, sms, provider.channel], { channel: 'web', identity: null })).toEqual([]);
    expect(await file([web, sms], { channel: 'web', identity: siti })).toEqual([]);
  });

  test('also where the report is confidential', async () => {
    expect(await file([web, provider.channel], { identity: siti, confidential: true })).toEqual(['email']);
  });
});
