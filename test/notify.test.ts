import type { QueryConfig } from 'pg';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Channel } from '../channels/channel.ts';
import { createChannels } from '../channels/index.ts';
import { parseConfig } from '../src/config.ts';
import { resendNotification } from '../src/db/notification-decisions.ts';
import type { Pool } from '../src/db/pool.ts';
import { closedBudget } from '../src/domain/budget.ts';
import type { SendOutcome } from '../src/domain/notification.ts';
import type { Identity, NewReport, NotificationId, ReportId } from '../src/domain/report.ts';
import { formatTrackingId } from '../src/domain/tracking-id.ts';
import { createNotificationCounter } from '../src/metrics.ts';
import { createProviderCall } from '../src/outbound/provider-call.ts';
import { createReveal } from '../src/prepare-keys.ts';
import { createIntake } from '../workers/intake.ts';
import { createNotify } from '../workers/notify.ts';
import { sweep } from '../workers/sweep.ts';
import { createTestAccept } from './support/accept.ts';
import { createCore, forgetReports, newReport } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { startGateway } from './support/gateway.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { sealing } from './support/sealing.ts';
import {
  isBusy,
  refuses,
  type SmsProvider,
  startSmsProvider,
  takesAndHangsUp,
} from './support/sms-provider.ts';

let database: TestDatabase;
let provider: SmsProvider;
let core: Awaited<ReturnType<typeof createCore>>;
let providers: ReturnType<typeof createProviderCall>;
let logged: string[];
/** How far the clock is ahead, in milliseconds. */
let ahead = 0;

const clock = () => new Date(Date.now() + ahead);
const settings = () => ({
  SMS_KANNEL_SEND_URL: provider.url,
  SMS_KANNEL_SEND_USER: 'lapor',
  SMS_KANNEL_SEND_PASSWORD: 'rahasia-kirim',
});
const minutes = (count: number) => count * 60_000;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  provider = await startSmsProvider();
  core = await createCore(database.pool, settings());
  providers = createProviderCall({ connect: 400, total: 400, body: 200 });
}, 120_000);
afterAll(async () => {
  await provider?.stop();
  await providers?.close();
  await database?.drop();
});
beforeEach(() => {
  ahead = 0;
  logged = [];
});
afterEach(async () => {
  provider.forget();
  await forgetReports(database.pool);
});

function startWorker(given: Partial<Parameters<typeof createNotify>[0]> = {}) {
  const notify = createNotify({
    db: database.pool,
    config: core.context.config,
    clock,
    log: pino({ level: 'debug' }, { write: (line: string) => logged.push(line) }),
    channels: core.context.channels,
    blindIndex: core.context.blindIndex,
    call: providers.call,
    revealSender: createReveal(sealing.open, database.pool, core.context.log),
    countNotification: () => {},
    ...given,
  });
  return (...notificationIds: readonly string[]) => notify({ notificationIds: [...notificationIds] });
}

/** The database, with something done around the statement of this name. */
function withStatement(name: string, around: (run: () => Promise<unknown>) => Promise<unknown>): Pool {
  const on = (db: Pick<Pool, 'query'>) => (statement: QueryConfig) => {
    const run = () => db.query(statement);
    return statement.name === name ? around(run) : run();
  };
  const connect = async () => {
    const client = await database.pool.connect();
    return { query: on(client), release: (error?: Error) => client.release(error) };
  };
  return { query: on(database.pool), connect } as unknown as Pool;
}

const siti: Identity = { name: null, phone: '+6281299990000', email: null, onBehalfOf: null };
const sms = (more: Partial<NewReport> = {}) => newReport({ channel: 'sms', identity: siti, ...more });

/** Accepts and files the reports; returns the ids intake put on the queue for `notify`. */
async function file(...reports: NewReport[]): Promise<NotificationId[]> {
  return enqueuedBy(async () => {
    const accepted = await (await createTestAccept(core.context))(reports);
    await createIntake(core.context)({ reportIds: accepted.map(({ reportId }) => reportId) });
  });
}

/** What the sweeper puts on the queue for `notify` now. */
const listSwept = () => enqueuedBy(() => sweep({ ...core.context, clock }));

async function enqueuedBy(work: () => Promise<void>): Promise<NotificationId[]> {
  const before = core.jobs.length;
  await work();
  return core.jobs
    .slice(before)
    .filter(({ name }) => name === 'notify')
    .flatMap(({ payload }) => (payload as { notificationIds: NotificationId[] }).notificationIds);
}

async function fileOne(report = sms()): Promise<NotificationId> {
  const [id] = await file(report);
  if (id === undefined) throw new Error('intake wrote no notification');
  return id;
}

type Row = {
  state: string;
  kind: string;
  attempt_count: number;
  reason: string | null;
  next_attempt_at: Date;
  report_id: ReportId;
  tracking_id: string;
};

async function find(id: NotificationId): Promise<Row> {
  const { rows } = await database.pool.query<Row>(
    `select notification.*, filing.tracking_id
     from notifications as notification join filings as filing using (report_id) where id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no notification ${id}`);
  return row;
}

describe('filing a report by SMS', () => {
  test('tells its reporter the tracking ID, once, however often the job comes', async () => {
    const id = await fileOne();
    const notify = startWorker();
    await notify(id);
    await notify(id, id);
    const row = await find(id);
    expect(row).toMatchObject({ state: 'sent', kind: 'tracking_id', attempt_count: 1, reason: null });
    expect(provider.sent).toEqual([
      {
        to: '+6281299990000',
        text: expect.stringContaining(`ID pelacakan: ${formatTrackingId(row.tracking_id)}.`),
      },
    ]);
  });

  test('leaves neither number nor text in logs and jobs, only ids', async () => {
    const id = await fileOne();
    provider.next(isBusy);
    await startWorker()(id);
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      event: 'notification_retry',
      notificationId: id,
      reason: 'answered 503: Temporal failure, try again later.',
    });
    expect(logged.join('') + JSON.stringify(core.jobs)).not.toMatch(/99990000|Laporan Anda|rahasia-kirim/);
  });

  test('counts what came of it', async () => {
    const ids = await file(sms(), sms());
    provider.next(refuses);
    const registry = new Registry();
    await startWorker({ countNotification: createNotificationCounter(registry) })(...ids);
    const text = await registry.metrics();
    expect(text).toContain('lapor_notifications_total{kind="tracking_id",outcome="sent"} 1');
    expect(text).toContain('lapor_notifications_total{kind="tracking_id",outcome="refused"} 1');
  });

  test('says that others reported the same event, but not in confidence', async () => {
    const text = 'Pipa PDAM bocor di Jl Cihampelas no 12, air terbuang sdh 2 hr';
    const budi = { ...siti, phone: '+6281300000002' };
    const [first, second] = await file(
      sms({ text, receivedAt: new Date(Date.now() - 9_000) }),
      sms({ text, receivedAt: new Date(Date.now() - 8_000), identity: budi }),
    );
    const secret = await file(
      sms({ text, confidential: true }),
      sms({ text, confidential: true, identity: budi }),
    );
    const kinds = await Promise.all([first, second, ...secret].map((id) => find(id as NotificationId)));
    expect(kinds.map(({ kind }) => kind)).toEqual(['tracking_id', 'linked', 'tracking_id', 'tracking_id']);
  });

  test('writes no row for a channel that cannot send', async () => {
    expect(await file(newReport({ channel: 'web', identity: siti }))).toEqual([]);
    const [{ reportId } = { reportId: '' }] = await (await createTestAccept(core.context))([sms()]);
    const silent = createChannels(parseConfig({}), closedBudget);
    await createIntake({ ...core.context, channels: silent })({ reportIds: [reportId] });
    const { rowCount } = await database.pool.query('select from notifications');
    expect(rowCount).toBe(0);
  });

  test.each([
    ['nobody to send to', null, 'no contact'],
    ['the name of an operator', { ...siti, phone: 'TELKOMSEL' }, 'the sender is a name, not a number'],
    ['a short code', { ...siti, phone: '3636' }, 'the sender is a short code'],
  ])('with %s sends nothing and says why', async (_, identity, reason) => {
    const id = await fileOne(sms({ identity }));
    await startWorker()(id);
    expect(await find(id)).toMatchObject({ state: 'refused', reason });
    expect(provider.asked).toEqual([]);
  });
});

describe('a message is never sent twice by itself', () => {
  test('when the answer is lost after it was carried out', async () => {
    const id = await fileOne();
    provider.next(takesAndHangsUp);
    const notify = startWorker();
    await notify(id);
    expect(await find(id)).toMatchObject({
      state: 'parked',
      reason: expect.stringMatching(/^it may have been sent: no answer: /),
    });
    ahead = minutes(24 * 60);
    expect(await listSwept()).toEqual([]);
    await notify(id);
    expect(provider.sent).toHaveLength(1);
  });

  test('when the answer does not come in time', async () => {
    const id = await fileOne();
    provider.next((taken, _, send) => send(taken));
    await startWorker()(id);
    expect(await find(id)).toMatchObject({
      state: 'parked',
      reason: 'it may have been sent: no answer: no answer in time',
    });
    expect(provider.sent).toHaveLength(1);
  });

  test('when the provider was busy first: it goes out once, and not before its time', async () => {
    const id = await fileOne();
    provider.next(isBusy);
    const notify = startWorker();
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'pending', attempt_count: 1 });
    await notify(id);
    expect(provider.asked).toHaveLength(1);
    ahead = 13_000;
    expect(await listSwept()).toEqual([id]);
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent', attempt_count: 2, reason: null });
    expect(provider.sent).toHaveLength(1);
  });

  test('when the provider was away first', async () => {
    const id = await fileOne();
    await provider.leave();
    const notify = startWorker();
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'pending', reason: 'no connection: ECONNREFUSED' });
    await provider.back();
    ahead = 13_000;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    expect(provider.sent).toHaveLength(1);
  });

  test('by several workers that get the same jobs in any order', async () => {
    const phones = Array.from({ length: 40 }, (_, index) => `+62812999900${10 + index}`);
    const ids = await file(...phones.map((phone) => sms({ identity: { ...siti, phone } })));
    await Promise.all([ids, ids.toReversed(), ids.slice(10, 30)].map((list) => startWorker()(...list)));
    expect(provider.sent).toHaveLength(40);
    expect(new Set(provider.sent.map(({ text }) => text)).size).toBe(40);
    const { rows } = await database.pool.query('select distinct state, attempt_count from notifications');
    expect(rows).toEqual([{ state: 'sent', attempt_count: 1 }]);
  });

  test('when its worker is killed while the provider is at it', async () => {
    const id = await fileOne();
    provider.next((taken, _, send) => send(taken));
    const worker = await startGateway('work', {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: testQueueNamespace(),
      ...settings(),
    });
    // The half minute in which the job of intake would have come.
    await database.pool.query("update notifications set enqueue_after = now() - interval '1 second'");
    await vi.waitFor(() => expect(provider.sent).toHaveLength(1), 20_000);
    await worker.end('SIGKILL');
    expect(await find(id)).toMatchObject({ state: 'sending', attempt_count: 1 });

    expect(await listSwept()).toEqual([]);
    ahead = minutes(1.1);
    expect(await listSwept()).toEqual([id]);
    await startWorker()(id);
    expect(await find(id)).toMatchObject({
      state: 'parked',
      reason: 'it may have been sent: whoever sent it did not say what came of it',
    });
    expect(provider.sent).toHaveLength(1);
  });

  test('by a worker that wakes up past its lease', async () => {
    const id = await fileOne();
    const db = withStatement('begin-sending', async (run) => {
      const result = await run();
      ahead += minutes(1);
      return result;
    });
    await startWorker({ db })(id);
    expect(provider.asked).toEqual([]);
    expect(await find(id)).toMatchObject({ state: 'pending', reason: 'not sent: the worker was held up' });
  });

  test('because PostgreSQL was away when the outcome was to be recorded', async () => {
    const id = await fileOne();
    let failures = 2;
    const db = withStatement('record-send', async (run) => {
      failures -= 1;
      if (failures >= 0) throw Object.assign(new Error('shutting down'), { code: '57P01' });
      return run();
    });
    await startWorker({ db })(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
  });
});

describe('who made an attempt knows best', () => {
  /** A channel whose provider answers when the test says so. */
  function openChannel(reconcile?: Channel['reconcile']) {
    const waiting: ((outcome: SendOutcome) => void)[] = [];
    const channel: Channel = {
      name: 'sms',
      providers: [],
      send: () => new Promise((resolve) => waiting.push(resolve)),
      ...(reconcile === undefined ? {} : { reconcile }),
    };
    const answer = (outcome: SendOutcome) => waiting.shift()?.(outcome);
    return { channels: [channel], waiting, answer };
  }

  test('a word that comes after the message was parked still counts', async () => {
    const [told, turnedAway] = await file(sms(), sms());
    for (const [id, outcome, state] of [
      [told, { kind: 'sent', providerId: 'SM17' }, 'sent'],
      [turnedAway, { kind: 'retry', reason: 'busy', retryAfter: null }, 'pending'],
    ] as const) {
      const { waiting, answer, ...given } = openChannel();
      const slow = startWorker(given)(id as string);
      await vi.waitFor(() => expect(waiting).toHaveLength(1), 5_000);
      ahead += minutes(1.1);
      await startWorker()(id as string);
      expect(await find(id as NotificationId)).toMatchObject({ state: 'parked' });
      answer(outcome);
      await slow;
      expect(await find(id as NotificationId)).toMatchObject({ state });
    }
    expect(provider.asked).toEqual([]);
  });

  test('but not once staff had it sent again', async () => {
    const id = await fileOne();
    const { waiting, answer, ...given } = openChannel();
    const slow = startWorker(given)(id);
    await vi.waitFor(() => expect(waiting).toHaveLength(1), 5_000);
    ahead = minutes(1.1);
    await startWorker()(id);
    expect(await resendNotification(database.pool, id, clock())).toMatchObject({ state: 'parked' });
    answer({ kind: 'refused', reason: 'blocked' });
    await slow;
    expect(await find(id)).toMatchObject({ state: 'pending' });
    await startWorker()(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
  });

  test('a provider that cannot be asked is asked again, and a word that comes meanwhile still counts', async () => {
    const id = await fileOne();
    const { waiting, answer, ...given } = openChannel(async () => ({ kind: 'ask_again', reason: 'away' }));
    const slow = startWorker(given)(id);
    await vi.waitFor(() => expect(waiting).toHaveLength(1), 5_000);
    for (const after of [1.1, 10]) {
      ahead = minutes(after);
      expect(await listSwept()).toEqual([id]);
      await startWorker(given)(id);
      expect(await listSwept()).toEqual([]);
      expect(await find(id)).toMatchObject({
        state: 'sending',
        reason: 'it may have been sent, and is asked about again: away',
      });
    }
    answer({ kind: 'sent', providerId: 'SM17' });
    await slow;
    expect(await find(id)).toMatchObject({ state: 'sent', reason: null, attempt_count: 1 });
  });

  test('what is still in doubt takes back nothing that was settled meanwhile', async () => {
    const id = await fileOne();
    let late: (() => void) | null = null;
    const { waiting, answer, ...given } = openChannel(
      () => new Promise((resolve) => (late = () => resolve({ kind: 'ask_again', reason: 'away' }))),
    );
    const sending = startWorker(given)(id);
    await vi.waitFor(() => expect(waiting).toHaveLength(1), 5_000);
    ahead = minutes(1.1);
    const asking = startWorker(given)(id);
    await vi.waitFor(() => expect(late).not.toBeNull(), 5_000);
    answer({ kind: 'retry', reason: 'busy', retryAfter: null });
    await sending;
    (late as unknown as () => void)();
    await asking;
    expect(await find(id)).toMatchObject({ state: 'pending', reason: 'busy' });
  });

  test.each([
    ['was sent', { kind: 'sent', providerId: 'SM18' }, 'sent'],
    ['never came', { kind: 'retry', reason: 'the provider never had it', retryAfter: null }, 'pending'],
    ['cannot be found out', { kind: 'unknown', reason: 'answered 500' }, 'parked'],
  ] as const)('a provider that can be asked says that it %s', async (_, found, state) => {
    const id = await fileOne();
    const asked: string[] = [];
    const { waiting, answer, ...given } = openChannel(async (message) => {
      asked.push(message.id);
      return found;
    });
    const sending = startWorker(given)(id);
    await vi.waitFor(() => expect(waiting).toHaveLength(1), 5_000);
    answer({ kind: 'unknown', reason: 'no answer' });
    await sending;
    await startWorker(given)(id);
    expect(asked).toEqual([]);
    ahead = minutes(1.1);
    await startWorker(given)(id);
    expect(asked).toEqual([id]);
    expect(await find(id)).toMatchObject({ state });
    expect(waiting).toEqual([]);
  });
});

test('what the channel cannot send any more is parked, and goes out when staff say so', async () => {
  const id = await fileOne();
  await startWorker({ channels: [] })(id);
  expect(await find(id)).toMatchObject({
    state: 'parked',
    reason: 'not sent: the channel cannot send any more',
  });
  await resendNotification(database.pool, id, clock());
  expect(await listSwept()).toEqual([id]);
  await startWorker()(id);
  expect(provider.sent).toHaveLength(1);
});

test.each([
  [null, 'no contact'],
  ['unopenable', 'the sealed contact does not open'],
] as const)('where the contact is %s, the refusal says: %s', async (revealed, reason) => {
  const id = await fileOne();
  await startWorker({ revealSender: async () => revealed })(id);
  expect(await find(id)).toMatchObject({ state: 'refused', reason });
  expect(provider.sent).toEqual([]);
});

test('an identity that cannot be opened fails the job, not its neighbours, and puts nothing in doubt', async () => {
  const [closed, open] = await file(sms(), sms());
  const { report_id } = await find(closed as NotificationId);
  const revealSender = async (recipientId: string) => {
    if (recipientId === report_id) throw new Error('no key');
    return { identity: siti, messageId: null };
  };
  await expect(startWorker({ revealSender })(closed as string, open as string)).rejects.toThrow('no key');
  expect(await find(closed as NotificationId)).toMatchObject({ state: 'pending', attempt_count: 0 });
  expect(await find(open as NotificationId)).toMatchObject({ state: 'sent' });
});
