import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listNotifications, resendNotification } from '../src/db/notification-decisions.ts';
import { insertNotifications, type NewNotification } from '../src/db/notifications.ts';
import type { NotificationId, ReportId } from '../src/domain/report.ts';
import { watchWordBack } from '../src/metrics.ts';
import { forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { createScriptedChannel, createWordBackStage } from './support/word-back.ts';

const siti = '+6281299990000';
const budi = '+6285711112222';
const hours = (count: number) => count * 3_600_000;

let database: TestDatabase;
let stage: Awaited<ReturnType<typeof createWordBackStage>>;
const provider = createScriptedChannel();

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  stage = await createWordBackStage(database.pool, provider.channel);
});
afterAll(() => database?.drop());
beforeEach(() => provider.forget());
afterEach(() => forgetReports(database.pool));

/** Answers to as many messages from the number whose report this notification is about. */
async function answer(
  about: NotificationId,
  count: number,
  more: Partial<NewNotification> = {},
  now = new Date(),
): Promise<readonly NotificationId[]> {
  const { rows } = await database.pool.query<{ report_id: ReportId }>(
    'select report_id from notifications where id = $1',
    [about],
  );
  const reportId = rows[0]?.report_id as ReportId;
  const notifications = Array.from({ length: count }, () => ({
    id: uuidv7() as NotificationId,
    causeId: uuidv7(),
    recipientId: reportId,
    reportId,
    kind: 'status' as const,
    params: { trackingId: '869931144244', status: 'delivered' as const, agencyName: 'Kota Bandung' },
    language: 'id' as const,
    channel: 'sms' as const,
    ...more,
  }));
  await insertNotifications(database.pool, notifications, now);
  return notifications.map(({ id }) => id);
}

const countStates = async () => {
  const { rows } = await database.pool.query<{ state: string; count: number }>(
    'select state, count(*)::int as count from notifications group by state',
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
};

describe('what one number gets in a day', () => {
  const env = { NOTIFY_MAX_PER_DAY: '5' };

  test('is as many as the cap, however many workers are at a flood of STATUS', async () => {
    const first = await stage.file(siti);
    const flood = [first, ...(await answer(first, 60))];
    const workers = [flood, flood.toReversed(), flood.slice(20, 40)];
    await Promise.all(workers.map((ids) => stage.startWorker(env)(...ids)));
    expect(provider.sent).toHaveLength(5);
    expect(await countStates()).toEqual({ sent: 5, capped: 56 });
  });

  test('is counted by number, whatever the report and however it is written', async () => {
    const [one, same, other] = [await stage.file(siti), await stage.file(siti), await stage.file(budi)];
    const ids = [one, same, ...(await answer(one, 2)), ...(await answer(same, 2)), other];
    await stage.startWorker(env)(...ids);
    expect(await countStates()).toEqual({ sent: 6, capped: 1 });
    expect(await stage.find(other)).toMatchObject({ state: 'sent' });
  });

  test('is not used up by what others ask for, which has an end all the same', async () => {
    const first = await stage.file(siti);
    await stage.startWorker(env)(...(await answer(first, 8, { askedByOther: true })));
    expect(await countStates()).toEqual({ sent: 5, capped: 3, pending: 1 });
    const another = await stage.file(siti);
    await stage.startWorker(env)(first, another);
    await stage.startWorker(env)(...(await answer(first, 4)));
    expect(await stage.find(first)).toMatchObject({ state: 'sent' });
    expect(await stage.find(another)).toMatchObject({ state: 'sent' });
    expect(await countStates()).toEqual({ sent: 10, capped: 4 });
  });

  test('is said of what was held back, to staff and in metrics, and it is never sent late by itself', async () => {
    const first = await stage.file(siti);
    await stage.startWorker(env)(first, ...(await answer(first, 5)));
    const capped = await listNotifications(database.pool, { state: 'capped', delivery: null, limit: 10 });
    expect(capped).toMatchObject([
      { reason: 'held back: 5 messages to this number within 24 hours', attempts: 0 },
    ]);
    expect(stage.logged.join('')).toContain('"event":"notification_capped"');
    expect(stage.logged.join('')).not.toMatch(/99990000/);
    await stage.startWorker(env, () => new Date(Date.now() + hours(48)))(capped[0]?.id ?? '');
    expect(provider.sent).toHaveLength(5);

    await resendNotification(database.pool, capped[0]?.id as NotificationId, new Date());
    await stage.startWorker(env)(capped[0]?.id ?? '');
    expect(provider.sent).toHaveLength(6);
  });

  test('begins anew a day later', async () => {
    const first = await stage.file(siti);
    await stage.startWorker(env)(first, ...(await answer(first, 4)));
    const later = await answer(first, 2);
    await stage.startWorker(env, () => new Date(Date.now() + hours(23)))(later[0] ?? '');
    await stage.startWorker(env, () => new Date(Date.now() + hours(25)))(later[1] ?? '');
    expect(await stage.find(later[0] as NotificationId)).toMatchObject({ state: 'capped' });
    expect(await stage.find(later[1] as NotificationId)).toMatchObject({ state: 'sent' });
  });

  test('does not count what certainly was not sent, but what may have been', async () => {
    const first = await stage.file(siti);
    const [refused = '', busy = '', ...doubtful] = await answer(first, 7);
    provider.does({ kind: 'refused', reason: 'answered 403' });
    await stage.startWorker(env)(refused);
    provider.does({ kind: 'retry', reason: 'answered 503', retryAfter: null });
    await stage.startWorker(env)(busy);
    provider.does({ kind: 'unknown', reason: 'no answer' });
    await stage.startWorker(env)(...doubtful);
    provider.does('takes');
    await stage.startWorker(env)(first);
    expect(await countStates()).toEqual({ refused: 1, pending: 1, parked: 5, capped: 1 });
  });

  test('is without end where the cap is 0', async () => {
    const first = await stage.file(siti);
    await stage.startWorker({ NOTIFY_MAX_PER_DAY: '0' })(first, ...(await answer(first, 30)));
    expect(provider.sent).toHaveLength(31);
  });
});

describe('in quiet hours', () => {
  const env = { NOTIFY_QUIET_HOURS: '21:00-06:00' };
  /** 22:30 in Jakarta. */
  const night = new Date('2026-11-22T15:30:00Z');
  const morning = new Date('2026-11-22T23:00:00Z');
  const atNight = (setting: Readonly<Record<string, string>> = env) =>
    stage.startWorker(setting, () => night);

  test('whoever has just written is answered, and told the tracking ID', async () => {
    const first = await stage.file(siti, { receivedAt: new Date('2026-11-22T15:29:00Z') });
    await database.pool.query('update notifications set next_attempt_at = $1', [night]);
    const [answered = ''] = await answer(first, 1, {}, night);
    await atNight()(first, answered);
    expect(await countStates()).toEqual({ sent: 2 });
  });

  test('nobody is woken up by news, nor by an answer that is hours late; it comes at their end', async () => {
    const late = await stage.file(siti, { receivedAt: new Date('2026-11-22T10:00:00Z') });
    await database.pool.query('update notifications set next_attempt_at = $1', [night]);
    const [news = ''] = await answer(late, 1, { askedAt: null }, night);
    await atNight()(late, news);
    expect(provider.sent).toEqual([]);
    for (const id of [late, news as NotificationId]) {
      expect(await stage.find(id)).toMatchObject({
        state: 'pending',
        attempt_count: 0,
        next_attempt_at: morning,
        reason: 'waits for the end of quiet hours',
      });
    }
    await stage.startWorker(env, () => morning)(late, news);
    expect(await countStates()).toEqual({ sent: 2 });
    expect(await stage.find(late)).toMatchObject({ reason: null });
  });

  test('they are those of the time zone that is set', async () => {
    const first = await stage.file(siti);
    const [news = ''] = await answer(first, 1, { askedAt: null }, night);
    await atNight({ NOTIFY_QUIET_HOURS: '22:00-23:00', NOTIFY_TIME_ZONE: 'Asia/Jayapura' })(news);
    await atNight({ NOTIFY_QUIET_HOURS: '00:00-01:00', NOTIFY_TIME_ZONE: 'Asia/Jayapura' })(news);
    expect(provider.sent).toHaveLength(1);
  });

  test('what staff have sent again goes out', async () => {
    const first = await stage.file(siti);
    const [news = ''] = await answer(first, 1, { askedAt: null }, night);
    provider.does({ kind: 'refused', reason: 'answered 403' });
    await stage.startWorker({}, () => night)(news);
    await resendNotification(database.pool, news as NotificationId, night);
    provider.does('takes');
    await atNight()(news);
    expect(await stage.find(news as NotificationId)).toMatchObject({ state: 'sent' });
  });

  test('there are none unless they are set', async () => {
    const first = await stage.file(siti);
    const [news = ''] = await answer(first, 1, { askedAt: null }, night);
    await atNight({})(news);
    expect(await stage.find(news as NotificationId)).toMatchObject({ state: 'sent' });
  });
});

test('each is told in the language of its row, also where it tells of no report', async () => {
  const first = await stage.file(siti);
  const [english = ''] = await answer(first, 1, { language: 'en' });
  const [help = ''] = await answer(first, 1, { language: 'en', kind: 'help', params: {}, reportId: null });
  for (const id of [first, english, help]) await stage.startWorker()(id);
  expect(provider.sent.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^Laporan Anda sudah kami catat\. /),
    'Report 8699-3114-4244 was received by Kota Bandung.',
    expect.stringMatching(/^STATUS \(ID\): see how it goes on\. ADD /),
  ]);
});

test('a reporter without a contact is told nothing, and takes nothing from the others', async () => {
  const nobody = await stage.file('', { identity: null });
  const first = await stage.file(siti);
  await stage.startWorker({ NOTIFY_MAX_PER_DAY: '1' })(nobody, first);
  expect(await stage.find(nobody)).toMatchObject({ state: 'refused', reason: 'no contact' });
  expect(await stage.find(first)).toMatchObject({ state: 'sent' });
});

test('metrics tell what came of word back, how many SMS it took and what they cost', async () => {
  const first = await stage.file(siti);
  const [refused = '', capped = ''] = await answer(first, 2);
  await stage.startWorker()(first);
  provider.does({ kind: 'refused', reason: 'answered 403' });
  await stage.startWorker()(refused);
  await stage.startWorker({ NOTIFY_MAX_PER_DAY: '1' })(capped);
  const registry = new Registry();
  watchWordBack(database.pool, registry, 350);
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('lapor_'));
  expect(lines.toSorted()).toEqual([
    'lapor_word_back_cost_rupiah_last_day{channel="sms"} 350',
    'lapor_word_back_deliveries_last_day{channel="sms",delivery="none"} 1',
    'lapor_word_back_last_day{channel="sms",kind="status",state="capped"} 1',
    'lapor_word_back_last_day{channel="sms",kind="status",state="refused"} 1',
    'lapor_word_back_last_day{channel="sms",kind="tracking_id",state="sent"} 1',
    'lapor_word_back_segments_last_day{channel="sms",kind="tracking_id",encoding="gsm7"} 1',
  ]);
  // a second look shows the same, not twice as much
  expect((await registry.metrics()).split('\n')).toEqual(expect.arrayContaining(lines));

  const free = new Registry();
  watchWordBack(database.pool, free, 0);
  expect(await free.metrics()).not.toContain('rupiah');
});
