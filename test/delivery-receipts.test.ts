import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadDirectory } from '../src/db/directory.ts';
import { resendNotification } from '../src/db/notification-decisions.ts';
import { createPool } from '../src/db/pool.ts';
import { deliveryStates } from '../src/domain/notification.ts';
import type { NotificationId } from '../src/domain/report.ts';
import { createTestApp } from './support/app.ts';
import { forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { createScriptedChannel, createWordBackStage } from './support/word-back.ts';

const phone = '+6281299990000';
const minutes = (count: number) => count * 60_000;

let database: TestDatabase;
let app: FastifyInstance;
let stage: Awaited<ReturnType<typeof createWordBackStage>>;
const provider = createScriptedChannel();

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  ({ app } = await createTestApp(database.pool, { channels: [provider.channel] }));
  stage = await createWordBackStage(database.pool, provider.channel);
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});
beforeEach(() => provider.forget());
afterEach(() => forgetReports(database.pool));

/** The provider calls, as it would over HTTP, and says these states of the message, one after the other in one request. */
async function tell(id: string, ...states: readonly string[]): Promise<number> {
  const receipts = states.map((state) => ({ notificationId: id, state, detail: `kata operator: ${state}` }));
  const answer = await app.inject({ method: 'POST', url: '/channels/sms/uji', payload: receipts });
  return answer.statusCode;
}

const sentNow = { kind: 'sent', providerId: 'SM17' } as const;
const unknown = { kind: 'unknown', reason: 'no answer: ECONNRESET' } as const;

/** A notification that was sent, or whose attempt came to this. */
async function fileAndSend(outcome: Parameters<typeof provider.does>[0] = 'takes'): Promise<NotificationId> {
  const id = await stage.file(phone);
  provider.does(outcome);
  await stage.startWorker()(id);
  return id;
}

describe('a receipt that comes before the call has returned', () => {
  async function fileAndBegin() {
    const id = await stage.file(phone);
    provider.does('waits');
    const sending = stage.startWorker()(id);
    await provider.untilAsked();
    return { id, sending };
  }

  test('is kept, and the call settles the message as ever', async () => {
    const { id, sending } = await fileAndBegin();
    expect(await tell(id, 'delivered')).toBe(200);
    expect(await stage.find(id)).toMatchObject({ state: 'sending', delivery_state: 'delivered' });
    provider.answer(sentNow);
    await sending;
    expect(await stage.find(id)).toMatchObject({
      state: 'sent',
      provider_id: 'SM17',
      delivery_state: 'delivered',
    });
  });

  test.each([
    ['delivered', unknown, 'sent'],
    ['buffered', unknown, 'sent'],
    ['accepted', unknown, 'sent'],
    ['failed', unknown, 'parked'],
    // it went out although somebody between us and the provider said that it was busy
    ['delivered', { kind: 'retry', reason: 'answered 503', retryAfter: null }, 'sent'],
    ['delivered', { kind: 'refused', reason: 'answered 404' }, 'sent'],
    ['failed', { kind: 'retry', reason: 'answered 503', retryAfter: null }, 'pending'],
  ] as const)('%s, and then the call brings %o: the message is %s', async (told, outcome, state) => {
    const { id, sending } = await fileAndBegin();
    await tell(id, told);
    provider.answer(outcome);
    await sending;
    const row = await stage.find(id);
    expect(row).toMatchObject({ state, delivery_state: told });
    expect(row.finished_at === null).toBe(state === 'pending');
    expect(row.reason === null).toBe(state === 'sent');
  });

  test.each([
    ['buffered', 'sent'],
    ['failed', 'sending'],
  ])('%s, and the provider cannot be asked besides: the message is %s', async (told, state) => {
    const { id } = await fileAndBegin();
    await tell(id, told);
    const reconcile = async () => ({ kind: 'ask_again', reason: 'away' }) as const;
    const asking = await createWordBackStage(database.pool, { ...provider.channel, reconcile });
    await asking.startWorker({}, () => new Date(Date.now() + minutes(1.1)))(id);
    expect(await stage.find(id)).toMatchObject({ state, delivery_state: told });
  });

  test('settles it where its worker died: nothing is in doubt, and nothing sent again', async () => {
    const { id } = await fileAndBegin();
    await tell(id, 'delivered');
    await stage.startWorker({}, () => new Date(Date.now() + minutes(1.1)))(id);
    expect(await stage.find(id)).toMatchObject({ state: 'sent', reason: null });
    expect(provider.sent).toHaveLength(1);
  });
});

describe('a receipt that comes afterwards', () => {
  test('says when the phone had it, and why it had not', async () => {
    const [reached, lost] = [await fileAndSend(), await fileAndSend()];
    await tell(reached, 'accepted');
    await tell(reached, 'delivered');
    await tell(lost, 'failed');
    expect(await stage.find(reached)).toMatchObject({ state: 'sent', delivery_state: 'delivered' });
    expect(await stage.find(lost)).toMatchObject({
      state: 'sent',
      delivery_state: 'failed',
      delivery_detail: 'kata operator: failed',
    });
  });

  test.each([
    ['delivered', 'sent'],
    ['buffered', 'sent'],
    ['accepted', 'sent'],
    ['failed', 'parked'],
  ])('%s: what was in doubt is %s', async (told, state) => {
    const id = await fileAndSend(unknown);
    expect(await stage.find(id)).toMatchObject({ state: 'parked' });
    await tell(id, told);
    expect(await stage.find(id)).toMatchObject({ state, delivery_state: told });
  });

  test('that the phone has it keeps it from being tried again', async () => {
    const id = await fileAndSend({ kind: 'retry', reason: 'answered 503', retryAfter: null });
    expect(await stage.find(id)).toMatchObject({ state: 'pending' });
    await tell(id, 'delivered');
    provider.does('takes');
    await stage.startWorker({}, () => new Date(Date.now() + minutes(1)))(id);
    expect(await stage.find(id)).toMatchObject({ state: 'sent', attempt_count: 1 });
    expect(provider.sent).toHaveLength(1);
  });

  test('that the phone has it outranks a refusal', async () => {
    const id = await fileAndSend({ kind: 'refused', reason: 'answered 404' });
    await tell(id, 'accepted');
    expect(await stage.find(id)).toMatchObject({ state: 'refused', delivery_state: 'accepted' });
    await tell(id, 'delivered');
    expect(await stage.find(id)).toMatchObject({ state: 'sent', reason: null });
  });

  test('of an attempt that failed does not stand in the way of the next one, which staff asked for', async () => {
    const id = await fileAndSend();
    await tell(id, 'failed');
    expect(await resendNotification(database.pool, id, new Date())).toMatchObject({ state: 'sent' });
    await stage.startWorker()(id);
    expect(await stage.find(id)).toMatchObject({ state: 'sent', delivery_state: null });
    await tell(id, 'delivered');
    expect(await stage.find(id)).toMatchObject({ delivery_state: 'delivered' });
  });

  test('of an attempt that failed, told once more, does not hide that the next one arrived', async () => {
    const id = await fileAndSend();
    await tell(id, 'failed');
    await resendNotification(database.pool, id, new Date());
    await stage.startWorker()(id);
    await tell(id, 'failed');
    await tell(id, 'delivered');
    expect(await stage.find(id)).toMatchObject({ state: 'sent', delivery_state: 'delivered' });
    await tell(id, 'failed');
    expect(await stage.find(id)).toMatchObject({ state: 'sent', delivery_state: 'delivered' });
  });

  test('carries no number into the database, whatever the provider put there', async () => {
    const id = await fileAndSend();
    const payload = [
      { notificationId: id, state: 'failed', detail: 'err:27 to +6281299990000\u0000\nabsent' },
    ];
    const { statusCode } = await app.inject({ method: 'POST', url: '/channels/sms/uji', payload });
    expect(statusCode).toBe(200);
    expect((await stage.find(id)).delivery_detail).toBe('err:27 to [nomor] absent');
  });
});

describe('receipts', () => {
  const rank = { accepted: 1, buffered: 2, failed: 3, delivered: 4 } as const;

  test('in any order, in one request or several, only ever move it forward', async () => {
    const order = fc.array(fc.array(fc.constantFrom(...deliveryStates), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    const id = await fileAndSend();
    await fc.assert(
      fc.asyncProperty(order, async (requests) => {
        await database.pool.query('update notifications set delivery_state = null, delivery_at = null');
        let expected: (typeof deliveryStates)[number] | null = null;
        for (const states of requests) {
          await tell(id, ...states);
          for (const state of states) {
            if (expected === null || rank[state] > rank[expected]) expected = state;
          }
          expect((await stage.find(id)).delivery_state).toBe(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('that come at the same moment end as the furthest of them', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => fileAndSend()));
    await Promise.all(
      ids.flatMap((id) => ['buffered', 'delivered', 'accepted'].map((state) => tell(id, state))),
    );
    for (const id of ids) expect(await stage.find(id)).toMatchObject({ delivery_state: 'delivered' });
  });

  test('for what is not ours are passed over, and their neighbours are not', async () => {
    const id = await fileAndSend();
    const unsent = await stage.file(phone);
    const strangers = ['', 'bukan-id', '0190c0de-0000-7000-8000-000000000001', `${id}'--`, unsent];
    const payload = [...strangers, id].map((notificationId) => ({
      notificationId,
      state: 'delivered',
      detail: null,
    }));
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/channels/sms/uji', payload });
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: 'OK' });
    expect(await stage.find(id)).toMatchObject({ delivery_state: 'delivered' });
    expect(await stage.find(unsent)).toMatchObject({ state: 'pending', delivery_state: null });
  });

  test('by another channel than the message went change nothing', async () => {
    const id = await fileAndSend();
    await database.pool.query("update notifications set channel = 'email'");
    await tell(id, 'delivered');
    expect(await stage.find(id)).toMatchObject({ delivery_state: null });
  });

  test('are not acknowledged while PostgreSQL is away, so that the provider comes again', async () => {
    const away = createPool('postgres://lapor@127.0.0.1:1/lapor', { max: 1, onError: () => {} });
    const directory = await loadDirectory(database.pool);
    const alone = await createTestApp(away, { channels: [provider.channel], directory });
    const payload = [
      { notificationId: '0190c0de-0000-7000-8000-000000000001', state: 'delivered', detail: null },
    ];
    const answer = await alone.app.inject({ method: 'POST', url: '/channels/sms/uji', payload });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
    await alone.app.close();
    await away.end();
  });
});
