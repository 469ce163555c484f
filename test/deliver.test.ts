import type { ServerResponse } from 'node:http';
import pino from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../src/config.ts';
import { wakeWaitingDeliveries } from '../src/db/deliveries.ts';
import type { AgencyCode, DeliveryId, Identity } from '../src/domain/report.ts';
import { createGuardedFetch, type Post } from '../src/outbound/guarded-fetch.ts';
import { createOpen } from '../src/sealing/open.ts';
import { createDeliver } from '../workers/deliver.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import {
  addAgency,
  addEndpoint,
  fileReport,
  findDelivery,
  lampText,
  listAttempts,
  type Story,
} from './support/filed-reports.ts';
import {
  type ReceivedWebhook,
  type ReceivingAgency,
  startReceivingAgency,
} from './support/receiving-agency.ts';
import { sealing } from './support/sealing.ts';

let database: TestDatabase;
let agency: ReceivingAgency;
let guarded: ReturnType<typeof createGuardedFetch>;
/** What the receiving agency does next. */
let answer: (webhook: ReceivedWebhook, response: ServerResponse) => void;
/** How far the clock is ahead, in milliseconds. */
let ahead = 0;
let logged: string[];

const clock = () => new Date(Date.now() + ahead);
const later = (ms: number) => new Date(clock().getTime() + ms);

beforeAll(async () => {
  database = await createTestDatabase();
  agency = await startReceivingAgency((webhook, response) => answer(webhook, response));
  guarded = createGuardedFetch({
    allow: [agency.host, '127.0.0.1:9'],
    timeouts: { connect: 400, headers: 400, total: 800, body: 200, file: 800 },
  });
});

afterAll(async () => {
  await guarded?.close();
  await agency?.stop();
  await database?.drop();
});

beforeEach(() => {
  ahead = 0;
  logged = [];
  answer = (_, response) => response.writeHead(202).end();
});

// What one test leaves due must not be another one's work.
afterEach(() => database.pool.query('truncate attempts, deliveries'));

function startWorker(post: Post = guarded.post, open = sealing.open) {
  const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) });
  const deliver = createDeliver({ config: parseConfig({}), db: database.pool, open, clock, log, post });
  return (...deliveryIds: readonly string[]) => deliver({ deliveryIds: [...deliveryIds] });
}

/** An agency of its own for each test, with an endpoint at the receiving server. */
async function addReceiver() {
  const code = await addAgency(database.pool);
  return { code, ...(await addEndpoint(database.pool, code, `${agency.origin}/masuk`)) };
}

const siti: Identity = { name: 'Siti Rohmah', phone: '+6281299990000', email: null, onBehalfOf: null };

const file = (code: AgencyCode, story?: Story) => fileReport(database.pool, code, clock(), story);

const webhooksFor = (id: DeliveryId) => agency.received.filter(({ headers }) => headers['webhook-id'] === id);

test('a worker without the key to tell who reports makes no attempt, and another delivers', async () => {
  const { code } = await addReceiver();
  const { deliveryId } = await file(code, { identity: siti });
  const keyless = startWorker(
    guarded.post,
    createOpen(() => []),
  );
  await expect(keyless(deliveryId)).rejects.toMatchObject({ code: 'config' });
  expect(await findDelivery(database.pool, deliveryId)).toMatchObject({ state: 'pending', attempt_count: 0 });
  await startWorker()(deliveryId);
  expect(await findDelivery(database.pool, deliveryId)).toMatchObject({ state: 'delivered' });
});

describe('a delivery', () => {
  test('arrives once, signed so that the library of the receiver verifies it, and is recorded', async () => {
    const { code, secret } = await addReceiver();
    const { deliveryId, reportId, trackingId } = await file(code, { identity: siti });
    const deliver = startWorker();
    await deliver(deliveryId);
    await deliver(deliveryId);

    const [webhook, ...others] = webhooksFor(deliveryId);
    expect(others).toEqual([]);
    const headers = webhook?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(webhook?.body ?? '', headers)).toEqual({
      type: 'report.routed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      data: {
        reportId,
        trackingId,
        kind: 'complaint',
        title: null,
        text: lampText,
        place: null,
        topic: null,
        channel: 'sms',
        receivedAt: '2026-11-21T23:15:00.000Z',
        duplicateOf: null,
        agency: code,
        reason: 'Lokasi disebut: Kota Uji',
        reporter: siti,
      },
    });
    expect(await findDelivery(database.pool, deliveryId)).toMatchObject({
      state: 'delivered',
      attempt_count: 1,
      finished: true,
    });
    expect(await listAttempts(database.pool, deliveryId)).toEqual([
      { number: 1, http_status: 202, outcome: 'accepted', error: null },
    ]);
    expect(logged.join('')).toContain('"event":"delivery_accepted"');
    expect(logged.join('')).not.toMatch(/Siti|99990000|Mawar|whsec/);
  });

  test.each([
    ['an anonymous', { anonymous: true }],
    ['a confidential', { confidential: true }],
  ])('of %s report names nobody', async (_, secrecy) => {
    const { code } = await addReceiver();
    const { deliveryId } = await file(code, { identity: siti, ...secrecy });
    await startWorker()(deliveryId);
    expect(webhooksFor(deliveryId)).toHaveLength(1);
    expect(webhooksFor(deliveryId)[0]?.body).not.toMatch(/Siti|99990000|reporter/);
  });

  test('names the first report of its case only to an agency that has it, and never a confidential one', async () => {
    const { code } = await addReceiver();
    const elsewhere = await addReceiver();
    const open = await file(code);
    const secret = await file(code, { confidential: true });
    const foreign = await file(elsewhere.code);
    const deliver = startWorker();
    const seen = [];
    for (const first of [open, secret, foreign]) {
      const { deliveryId } = await file(code, { duplicateOf: first.reportId });
      await deliver(deliveryId);
      seen.push(JSON.parse(webhooksFor(deliveryId)[0]?.body ?? '').data.duplicateOf);
    }
    expect(seen).toEqual([open.trackingId, null, null]);
  });
});

describe('what the agency answers decides', () => {
  test.each([
    [200, 'delivered', 'accepted'],
    [204, 'delivered', 'accepted'],
    [302, 'refused', 'refused'],
    [400, 'refused', 'refused'],
    [401, 'refused', 'refused'],
    [404, 'refused', 'refused'],
    [408, 'pending', 'retry'],
    [425, 'pending', 'retry'],
    [429, 'pending', 'retry'],
    [500, 'pending', 'retry'],
    [503, 'pending', 'retry'],
    [410, 'waiting', 'gone'],
  ])('%i: the delivery is %s', async (status, state, outcome) => {
    const { code } = await addReceiver();
    const { deliveryId } = await file(code);
    answer = (_, response) => response.writeHead(status, { location: '/lain' }).end();
    await startWorker()(deliveryId);
    expect(await findDelivery(database.pool, deliveryId)).toMatchObject({ state });
    expect(await listAttempts(database.pool, deliveryId)).toMatchObject([
      { number: 1, http_status: status, outcome },
    ]);
    expect(agency.received.filter(({ path }) => path === '/lain')).toEqual([]);
  });

  test.each([
    ['hangs', (_: unknown, __: ServerResponse) => {}],
    ['reads all and hangs up', (_: unknown, response: ServerResponse) => void response.destroy()],
  ])('an agency that %s is asked again within seconds', async (_, behave) => {
    const { code } = await addReceiver();
    const { deliveryId } = await file(code);
    answer = behave;
    await startWorker()(deliveryId);
    expect(await listAttempts(database.pool, deliveryId)).toMatchObject([
      { http_status: null, outcome: 'retry' },
    ]);
    const delivery = await findDelivery(database.pool, deliveryId);
    expect(delivery?.state).toBe('pending');
    expect(delivery?.next_attempt_at.getTime()).toBeGreaterThan(clock().getTime());
    expect(delivery?.next_attempt_at.getTime()).toBeLessThan(later(6_100).getTime());
  });

  test.each([
    ['seconds', () => '90'],
    ['a date', () => later(90_000).toUTCString()],
  ])('Retry-After in %s is honoured, for all the agency would get', async (_, retryAfter) => {
    const { code } = await addReceiver();
    const first = await file(code);
    const second = await file(code);
    answer = (_webhook, response) => response.writeHead(429, { 'retry-after': retryAfter() }).end();
    const deliver = startWorker();
    await deliver(first.deliveryId);
    const put = await findDelivery(database.pool, first.deliveryId);
    expect(put?.next_attempt_at.getTime()).toBeGreaterThan(later(85_000).getTime());

    answer = (_webhook, response) => response.end();
    await deliver(second.deliveryId);
    expect(webhooksFor(second.deliveryId)).toEqual([]);
    ahead = 110_000;
    await startWorker()(first.deliveryId, second.deliveryId);
    expect(await findDelivery(database.pool, first.deliveryId)).toMatchObject({
      state: 'delivered',
      attempt_count: 2,
    });
    expect(await findDelivery(database.pool, second.deliveryId)).toMatchObject({
      state: 'delivered',
      attempt_count: 1,
    });
  });

  test('every attempt carries the same id and the same bytes, signed anew', async () => {
    const { code, secret } = await addReceiver();
    const { deliveryId } = await file(code, { identity: siti });
    const statuses = [500, 503, 200];
    answer = (_, response) => response.writeHead(statuses.shift() ?? 500).end();
    const deliver = startWorker();
    for (const moment of [0, 7_000, 50_000]) {
      ahead = moment;
      await deliver(deliveryId);
    }
    const webhooks = webhooksFor(deliveryId);
    expect(webhooks).toHaveLength(3);
    expect(new Set(webhooks.map(({ body }) => body)).size).toBe(1);
    expect(new Set(webhooks.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    for (const { body, headers } of webhooks) {
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeTruthy();
    }
    expect((await listAttempts(database.pool, deliveryId)).map(({ outcome }) => outcome)).toEqual([
      'retry',
      'retry',
      'accepted',
    ]);
  });

  test('410 disables the endpoint, and everything for the agency waits until it has another', async () => {
    const { code, id } = await addReceiver();
    const first = await file(code);
    const second = await file(code);
    const untried = await file(code);
    answer = (_, response) => response.writeHead(410).end();
    const deliver = startWorker();
    await deliver(first.deliveryId, second.deliveryId);
    const { rows } = await database.pool.query('select state, disabled_reason from endpoints where id = $1', [
      id,
    ]);
    expect(rows).toEqual([{ state: 'disabled', disabled_reason: 'it answered 410 Gone' }]);
    for (const { deliveryId } of [first, second, untried]) {
      expect(await findDelivery(database.pool, deliveryId)).toMatchObject({ state: 'waiting' });
    }

    answer = (_, response) => response.end();
    await addEndpoint(database.pool, code, `${agency.origin}/baru`);
    expect(await wakeWaitingDeliveries(database.pool, clock(), 100)).toBe(3);
    await deliver(first.deliveryId, second.deliveryId, untried.deliveryId);
    for (const { deliveryId } of [first, second, untried]) {
      expect(await findDelivery(database.pool, deliveryId)).toMatchObject({ state: 'delivered' });
      expect(webhooksFor(deliveryId).at(-1)?.path).toBe('/baru');
    }
  });
});
