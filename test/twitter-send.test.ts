import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createXClient } from '../channels/twitter/client.ts';
import { createTwitterChannel } from '../channels/twitter/index.ts';
import { parseConfig } from '../src/config.ts';
import { resendNotification } from '../src/db/notification-decisions.ts';
import type { NewReport, NotificationId } from '../src/domain/report.ts';
import { formatTrackingId } from '../src/domain/tracking-id.ts';
import { type SimulatedX, startSimulatedX } from '../src/simulated-x/server.ts';
import { createBudget } from '../src/spending.ts';
import { forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { startGateway } from './support/gateway.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { createWordBackStage } from './support/word-back.ts';

const keys = {
  TWITTER_BEARER_TOKEN: 'bearer-rahasia',
  TWITTER_APP_KEY: 'app-key-rahasia',
  TWITTER_APP_SECRET: 'app-secret-rahasia',
  TWITTER_ACCESS_TOKEN: 'access-token-rahasia',
  TWITTER_ACCESS_SECRET: 'access-secret-rahasia',
};
/** Until an attempt counts as abandoned. */
const pastLease = 66_000;

let database: TestDatabase;
let x: SimulatedX;
/** How far the clock is ahead, in milliseconds. */
let ahead = 0;
const clock = () => new Date(Date.now() + ahead);

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
});
afterAll(() => database?.drop());
beforeEach(async () => {
  ahead = 0;
  x = await startSimulatedX();
  x.addUser({ handle: 'warga_bdg', name: 'Siti' });
});
afterEach(async () => {
  await x.stop();
  await forgetReports(database.pool);
});

async function openStage(env: Readonly<Record<string, string>> = {}) {
  const { twitter } = parseConfig({ ...keys, TWITTER_API_URL: x.url, ...env });
  const budget = createBudget(database.pool, 'twitter', twitter.budget, clock);
  const stage = await createWordBackStage(database.pool, createTwitterChannel(twitter, budget));
  return {
    ...stage,
    budget,
    notify: (...ids: readonly NotificationId[]) => stage.startWorker({}, clock)(...ids),
    /** Has somebody post, and what they posted be a report; returns its notification. */
    file: async (text = '@LAPOR1708 lampu jalan mati', more: Partial<NewReport> = {}) => {
      const post = x.publish({ author: 'warga_bdg', text });
      const original = {
        contentType: 'application/json',
        body: Buffer.from('{}'),
        messageId: post,
        summoned: true,
      };
      const permalink = `https://x.com/warga_bdg/status/${post}`;
      const account = { id: '1001', handle: 'warga_bdg', permalink };
      const identity = { name: 'Siti', phone: null, email: null, onBehalfOf: null, account };
      const id = await stage.file('', { channel: 'twitter', identity, original, ...more });
      return { id, post };
    },
  };
}

const asks = () => x.delivered.requests['GET /2/users/:id/tweets'] ?? 0;
const posts = () => x.delivered.requests['POST /2/tweets'] ?? 0;

async function findTrackingId(id: NotificationId): Promise<string> {
  const { rows } = await database.pool.query<{ tracking_id: string }>(
    `select params->>'trackingId' as tracking_id from notifications where id = $1`,
    [id],
  );
  return formatTrackingId(rows[0]?.tracking_id as never);
}

const duplicate = {
  path: /^\/2\/tweets$/,
  method: 'POST',
  status: 403,
  body: {
    title: 'Forbidden',
    status: 403,
    type: 'about:blank',
    detail: 'You are not allowed to create a Tweet with duplicate content.',
  },
};
const refusal = (status: number, body: object = {}) => ({
  path: /^\/2\/tweets$/,
  method: 'POST',
  status,
  body,
});

test('who calls us on X is answered there, once, with the tracking ID and without a link', async () => {
  const { file, notify, find, budget } = await openStage();
  const { id, post } = await file();
  await notify(id);
  await notify(id, id);
  expect(await find(id)).toMatchObject({ state: 'sent', attempt_count: 1, reason: null });
  const said = expect.stringContaining(await findTrackingId(id));
  expect(x.answers).toMatchObject([{ inReplyTo: post, by: 'LAPOR1708', text: said }]);
  expect(x.answers[0]?.text).not.toMatch(/https?:|\.\p{L}/u);
  expect((await budget.state()).today).toEqual({ posts: 0, microdollars: 15_000 });
});

test('of our answer, and of the post, no id is kept in the clear, only what finds the reply to it', async () => {
  const { file, notify, logged } = await openStage();
  const { id, post } = await file();
  await notify(id);
  const { rows } = await database.pool.query<{ row: string; answer_index: Buffer | null }>(
    'select to_jsonb(notifications)::text as row, answer_index from notifications',
  );
  expect(rows[0]?.answer_index).toHaveLength(16);
  const answered = x.answers[0]?.id as string;
  expect(`${rows[0]?.row}${logged.join('')}`).not.toMatch(
    new RegExp(`${answered}|${post}|rahasia|warga_bdg`),
  );
});

describe('an answer is never posted twice', () => {
  test('when it was posted and the word of it was lost: it is found among our posts', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, cut: 'after' });
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sending' });
    expect(asks()).toBe(0);
    ahead = pastLease;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent', reason: null });
    expect(x.answers).toHaveLength(1);
    const { rows } = await database.pool.query('select answer_index is not null as named from notifications');
    expect(rows).toEqual([{ named: true }]);
  });

  test.each([
    ['the connection broke before it was posted', { cut: 'before' as const }],
    ['X failed at it', { status: 503, body: { title: 'Service Unavailable', status: 503 } }],
  ])('when %s: it is posted once X says that it is not there', async (_, fault) => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, ...fault });
    await notify(id);
    ahead = pastLease;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'pending', reason: 'it was never posted' });
    expect(x.answers).toHaveLength(0);
    ahead += 13_000;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent', reason: null });
    expect(x.answers).toHaveLength(1);
  });

  test.each([
    [
      'while X cannot be asked either: it is asked once it can',
      { status: 503, body: {} },
      'X failed at it (5xx)',
    ],
    [
      'while X gives nothing of our account: that is no proof',
      { status: 200, body: { errors: [{ title: 'Forbidden', detail: 'User has been suspended: [1708].' }] } },
      'X does not show what we posted',
    ],
  ])('%s', async (_, fault, said) => {
    const { file, notify, find, budget } = await openStage();
    const { id } = await file();
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, cut: 'after' });
    await notify(id);
    const mend = x.fault({ path: /^\/2\/users\/\d+\/tweets/, ...fault });
    ahead = pastLease;
    await notify(id);
    const reason = `it may have been sent, and is asked about again: ${said}`;
    expect(await find(id)).toMatchObject({ state: 'sending', reason, finished_at: null });
    expect((await budget.state()).today.posts).toBe(0);
    mend();
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sending' });
    ahead += 2 * pastLease;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent', reason: null, attempt_count: 1 });
    expect(x.answers).toHaveLength(1);
  });

  test('while the budget has nothing left to ask with: X is asked once it has', async () => {
    const { file, notify, find } = await openStage({ TWITTER_DAILY_POSTS: '99' });
    const { id } = await file();
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, cut: 'after' });
    await notify(id);
    ahead = pastLease;
    await notify(id);
    expect(await find(id)).toMatchObject({
      state: 'sending',
      reason: expect.stringContaining('the budget for X is spent'),
    });
    expect(asks()).toBe(0);
    const richer = await openStage();
    ahead += 2 * pastLease;
    await richer.notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent', attempt_count: 1 });
    expect(x.answers).toHaveLength(1);
  });

  test('when X cannot be asked for a day: then staff decide', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, cut: 'after' });
    await notify(id);
    const mend = x.fault({ path: /^\/2\/users\//, status: 503 });
    ahead = 24 * 3_600_000;
    await notify(id);
    expect(await find(id)).toMatchObject({
      state: 'parked',
      reason: 'it may have been sent: X failed at it (5xx)',
    });
    mend();
    // X takes no post that reads like one before, and then it is looked for.
    await resendNotification(database.pool, id, clock());
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    expect(x.answers).toHaveLength(1);
  });

  test('however many we posted since', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, cut: 'after' });
    await notify(id);
    for (let count = 0; count < 250; count += 1) {
      x.publish({ author: 'LAPOR1708', text: `Pengumuman ${count}` });
    }
    ahead = pastLease;
    await notify(id);
    expect(asks()).toBe(3);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    expect(x.answers).toHaveLength(1);
  });

  test('by workers that get the same jobs in any order', async () => {
    const { file, notify } = await openStage({ TWITTER_MAX_PER_AUTHOR: '0' });
    const ids: NotificationId[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await file(`@LAPOR1708 lampu ${count} mati`)).id);
    await Promise.all([notify(...ids), notify(...ids.toReversed()), notify(...ids.slice(1, 4))]);
    expect(x.answers).toHaveLength(5);
    expect(new Set(x.answers.map(({ inReplyTo }) => inReplyTo)).size).toBe(5);
  });

  test.each([
    ['notify:before-send', 'pending', 0],
    ['notify:after-send', 'sent', 1],
    ['notify:after-mark', 'sent', 1],
  ] as const)('when its worker dies at %s', { timeout: 60_000 }, async (point, found, before) => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    // The half minute in which the job of intake would have come.
    await database.pool.query("update notifications set enqueue_after = now() - interval '1 second'");
    const worker = await startGateway('work', {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: testQueueNamespace(),
      CRASH_AT: point,
      TWITTER_API_URL: x.url,
      ...keys,
    });
    expect(await worker.ended).toBe('SIGKILL');
    expect(x.answers).toHaveLength(before);
    ahead = pastLease;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: found });
    ahead += 13_000;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    expect(x.answers).toHaveLength(1);
  });

  test('when its worker is killed while X is at it', { timeout: 60_000 }, async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, hangMs: 30_000 });
    await database.pool.query("update notifications set enqueue_after = now() - interval '1 second'");
    const worker = await startGateway('work', {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      QUEUE_NAMESPACE: testQueueNamespace(),
      TWITTER_API_URL: x.url,
      ...keys,
    });
    await vi.waitFor(() => expect(x.answers).toHaveLength(1), 20_000);
    await worker.end('SIGKILL');
    expect(await find(id)).toMatchObject({ state: 'sending' });
    ahead = pastLease;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    expect(x.answers).toHaveLength(1);
  });
});

describe('where X says that we posted the same before', () => {
  test('other words are taken, once it is certain that the answer is not there', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault({ ...duplicate, times: 2 });
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent', attempt_count: 1 });
    expect([posts(), asks(), x.answers.length]).toEqual([3, 2, 1]);
  });

  test('and the answer is there, nothing is posted', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    await notify(id);
    await database.pool.query(
      `update notifications set state = 'pending', finished_at = null, answer_index = null, next_attempt_at = now() - interval '1 second'`,
    );
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent', attempt_count: 2 });
    expect(x.answers).toHaveLength(1);
  });

  test('and cannot say whether it is there, nothing is posted either', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault({ ...duplicate, times: 1 });
    x.fault({ path: /^\/2\/users\//, times: 1, status: 503 });
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sending' });
    expect(posts()).toBe(1);
  });

  test('and takes none of the words, it is tried again later', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    x.fault(duplicate);
    await notify(id);
    expect(await find(id)).toMatchObject({
      state: 'pending',
      reason: 'X takes none of the wordings: we have posted them all',
    });
    expect(posts()).toBe(3);
  });
});

describe('who did not call us', () => {
  const uncalled = { contentType: 'application/json', body: Buffer.from('{}'), summoned: false };

  test('is not answered, and X is not asked', async () => {
    const { file, notify, find } = await openStage();
    const messageId = x.publish({ author: 'warga_bdg', text: '#lapor1708 jalan rusak' });
    const { id } = await file('#lapor1708', { original: { ...uncalled, messageId } });
    await notify(id);
    expect(await find(id)).toMatchObject({
      state: 'not_summoned',
      reason: 'the post neither mentions nor quotes our account',
    });
    expect(posts()).toBe(0);
  });

  test('is not answered where X alone knows it', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file('#lapor1708 jalan rusak');
    await notify(id);
    expect(await find(id)).toMatchObject({
      state: 'not_summoned',
      reason: 'X lets us answer only who mentions or quotes us',
    });
  });

  test('is answered by who has a contract with X', async () => {
    const { file, notify, find } = await openStage({ TWITTER_PLAN: 'enterprise' });
    const messageId = x.publish({ author: 'warga_bdg', text: '@LAPOR1708 jalan rusak' });
    const { id } = await file('#lapor1708', { original: { ...uncalled, messageId } });
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
  });
});

describe('not posted, and said why:', () => {
  test('the post is gone', async () => {
    const { file, notify, find, budget } = await openStage();
    const { id, post } = await file();
    x.delete(post);
    await notify(id);
    expect(await find(id)).toMatchObject({
      state: 'refused',
      reason: 'the post is deleted, or hidden from us',
    });
    expect((await budget.state()).today.microdollars).toBe(0);
  });

  test('there is no post, only a report', async () => {
    const { file, notify, find } = await openStage();
    const original = { contentType: 'application/json', body: Buffer.from('{}'), messageId: null };
    const { id } = await file('@LAPOR1708', { original });
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'refused', reason: 'there is no post to answer' });
  });

  test.each([
    ['the tokens are wrong', 401, {}, /does not accept the credentials/],
    ['the credits are used up', 402, { title: 'CreditsDepleted' }, /credits at X are used up/],
    ['X refuses, and says not why', 403, { title: 'Forbidden', detail: 'Forbidden' }, /X refuses it \(403\)/],
  ])('%s: tried again, and paid for once', async (_, status, body, reason) => {
    const { file, notify, find, budget } = await openStage();
    const { id } = await file();
    x.fault({ ...refusal(status, body), times: 1 });
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'pending', reason: expect.stringMatching(reason) });
    expect((await budget.state()).today.microdollars).toBe(0);
    ahead = 13_000;
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'sent' });
    expect((await budget.state()).today.microdollars).toBe(15_000);
  });

  test('too many requests: not before X takes them again', async () => {
    const { file, notify, find } = await openStage();
    const { id } = await file();
    const reset = Math.ceil(Date.now() / 1_000) + 600;
    const headers = { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(reset) };
    x.fault({ ...refusal(429, { title: 'Too Many Requests' }), headers, times: 1 });
    await notify(id);
    const { state, next_attempt_at } = await find(id);
    expect(state).toBe('pending');
    expect(next_attempt_at.getTime()).toBeGreaterThanOrEqual(reset * 1_000 - 2_000);
  });

  test('the budget is spent: later, and X is not asked', async () => {
    const { file, notify, find } = await openStage({ TWITTER_DAILY_DOLLARS: '0.02' });
    const [one, two] = [await file('@LAPOR1708 satu'), await file('@LAPOR1708 dua')];
    await notify(one.id);
    await notify(two.id);
    expect(await find(one.id)).toMatchObject({ state: 'sent' });
    expect(await find(two.id)).toMatchObject({ state: 'pending', reason: 'the budget for X is spent' });
    expect(posts()).toBe(1);
  });

  test('X cannot be reached: later', async () => {
    const { file, notify, find } = await openStage({ TWITTER_API_URL: 'http://127.0.0.1:1' });
    const { id } = await file();
    await notify(id);
    expect(await find(id)).toMatchObject({ state: 'pending', reason: 'X cannot be reached' });
  });
});

test('without keys of an account nobody is told anything', () => {
  const { twitter } = parseConfig({ TWITTER_BEARER_TOKEN: 'bearer-rahasia', TWITTER_API_URL: x.url });
  const budget = createBudget(database.pool, 'twitter', twitter.budget, clock);
  expect(createTwitterChannel(twitter, budget).send).toBeUndefined();
});

test('what our account posts by hand is not taken for an answer of ours', async () => {
  const { file, notify, find } = await openStage();
  const { id, post } = await file();
  x.fault({ path: /^\/2\/tweets$/, method: 'POST', times: 1, cut: 'before' });
  await notify(id);
  const byHand = createXClient(
    {
      appKey: keys.TWITTER_APP_KEY,
      appSecret: keys.TWITTER_APP_SECRET,
      accessToken: keys.TWITTER_ACCESS_TOKEN,
      accessSecret: keys.TWITTER_ACCESS_SECRET,
    },
    x.url,
  );
  await byHand((api) => api.v2.reply('Kami cek dulu ya, Kak.', post));
  ahead = pastLease;
  await notify(id);
  expect(await find(id)).toMatchObject({ state: 'pending', reason: 'it was never posted' });
});
