import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { resendNotification } from '../src/db/notification-decisions.ts';
import { insertNotifications } from '../src/db/notifications.ts';
import type { Identity, NewReport, NotificationId, ReportId } from '../src/domain/report.ts';
import { watchWordBack } from '../src/metrics.ts';
import { forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { createScriptedChannel, createWordBackStage } from './support/word-back.ts';

/** What is answered on X at all, and how often: whatever the platform says to it. */

const minutes = (count: number) => count * 60_000;
const at = (ahead: number) => () => new Date(Date.now() + ahead);
const by = (id: string, handle = 'warga_bdg'): Identity => ({
  name: 'Siti',
  phone: null,
  email: null,
  onBehalfOf: null,
  account: { id, handle, permalink: `https://x.com/${handle}/status/1991234567890123456` },
});

let database: TestDatabase;
let stage: Awaited<ReturnType<typeof createWordBackStage>>;
const provider = createScriptedChannel('twitter');

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  stage = await createWordBackStage(database.pool, { ...provider.channel, isPublic: true });
});
afterAll(() => database?.drop());
beforeEach(() => provider.forget());
afterEach(() => forgetReports(database.pool));

const file = (identity: Identity, more: Partial<NewReport> = {}) =>
  stage.file('', { channel: 'twitter', identity, ...more });

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
    channel: 'twitter' as const,
  }));
  await insertNotifications(database.pool, added, new Date());
  return added.map(({ id }) => id);
}

const states = async (ids: readonly NotificationId[]) =>
  (await Promise.all(ids.map(stage.find))).map(({ state }) => state);

describe('one account', () => {
  const env = { TWITTER_MAX_PER_AUTHOR: '3' };

  test('gets so many answers in an hour, whatever they are about and whatever it calls itself', async () => {
    const [first, renamed] = [await file(by('1001')), await file(by('1001', 'nama_baru'))];
    const more = await answer(first, 3);
    for (const id of [first, renamed, ...more]) await stage.startWorker(env)(id);
    expect(await states([first, renamed, ...more])).toEqual(['sent', 'sent', 'sent', 'capped', 'capped']);
    expect(await stage.find(more[1] as NotificationId)).toMatchObject({
      reason: 'held back: 3 answers to this account within an hour',
    });
    const other = await file(by('1002'));
    await stage.startWorker(env)(other);
    expect(await states([other])).toEqual(['sent']);
  });

  test('gets no more from several workers at once', async () => {
    const first = await file(by('1001'));
    const flood = [first, ...(await answer(first, 20))];
    await Promise.all([flood, flood.toReversed()].map((ids) => stage.startWorker(env)(...ids)));
    expect(provider.sent).toHaveLength(3);
  });

  test('gets the next once the hour is over, and as many as staff want', async () => {
    const first = await file(by('1001'));
    const [second, third, held, later] = (await answer(first, 4)) as [
      NotificationId,
      NotificationId,
      NotificationId,
      NotificationId,
    ];
    for (const id of [first, second, third, held]) await stage.startWorker(env)(id);
    await stage.startWorker(env, at(minutes(61)))(later);
    expect(await states([held, later])).toEqual(['capped', 'sent']);
    await resendNotification(database.pool, held, new Date());
    await stage.startWorker(env)(held);
    expect(await states([held])).toEqual(['sent']);
  });

  test('gets all of them where there is no limit', async () => {
    const first = await file(by('1001'));
    const ids = [first, ...(await answer(first, 9))];
    await stage.startWorker({ TWITTER_MAX_PER_AUTHOR: '0' })(...ids);
    expect(provider.sent).toHaveLength(10);
  });
});

describe('what everybody could read is not said of a report that is', () => {
  test.each([
    ['anonymous', { anonymous: true }],
    ['confidential', { confidential: true }],
  ])('%s, not even when staff want it', async (_, flags) => {
    const id = await file(by('1001'), flags);
    await stage.startWorker()(id);
    const refused = { state: 'refused', reason: 'everybody could read whose report it is' };
    expect(await stage.find(id)).toMatchObject(refused);
    await resendNotification(database.pool, id, new Date());
    await stage.startWorker()(id);
    expect(await stage.find(id)).toMatchObject(refused);
    expect(provider.sent).toEqual([]);
  });
});

test('a post wakes nobody up, so it does not wait for the morning', async () => {
  const id = await file(by('1001'));
  await database.pool.query('update notifications set asked_at = null');
  await stage.startWorker({ NOTIFY_QUIET_HOURS: '00:00-23:59' })(id);
  expect(await states([id])).toEqual(['sent']);
});

test('who did not call us is counted as such, and no failure', async () => {
  const id = await file(by('1001'));
  provider.does({ kind: 'not_summoned', reason: 'the post neither mentions nor quotes our account' });
  await stage.startWorker()(id);
  expect(await stage.find(id)).toMatchObject({
    state: 'not_summoned',
    reason: 'the post neither mentions nor quotes our account',
    next_attempt_at: expect.any(Date),
    finished_at: expect.any(Date),
  });
  expect(stage.logged.join('')).toContain('notification_not_summoned');
  const registry = new Registry();
  watchWordBack(database.pool, registry, 0);
  expect(await registry.metrics()).toContain(
    'lapor_word_back_last_day{channel="twitter",kind="tracking_id",state="not_summoned"} 1',
  );
});

test('neither id nor handle of an account is in the log', async () => {
  const id = await file(by('100198765', 'rahasia_sekali'));
  await stage.startWorker()(id);
  expect(stage.logged.join('')).not.toMatch(/100198765|rahasia_sekali/);
});
