import type { ServerResponse } from 'node:http';
import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../src/config.ts';
import {
  insertDeliveries,
  listDueDeliveries,
  parkDeliveries,
  reopenDeliveries,
  wakeWaitingDeliveries,
} from '../src/db/deliveries.ts';
import { leaseDeliveries, recordAttempt } from '../src/db/delivery-leases.ts';
import { disableEndpoint } from '../src/db/endpoints.ts';
import type { AgencyCode, DeliveryId } from '../src/domain/report.ts';
import { createGuardedFetch, type Post } from '../src/outbound/guarded-fetch.ts';
import { createDeliver } from '../workers/deliver.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, addEndpoint, fileReport, findDelivery, listAttempts } from './support/filed-reports.ts';
import {
  type ReceivedWebhook,
  type ReceivingAgency,
  startReceivingAgency,
} from './support/receiving-agency.ts';
import { sealing } from './support/sealing.ts';

/** Several workers, many deliveries, agencies that are away: who sends what, and who waits for whom. */

let database: TestDatabase;
let agency: ReceivingAgency;
let guarded: ReturnType<typeof createGuardedFetch>;
let answer: (webhook: ReceivedWebhook, response: ServerResponse) => void;
let ahead = 0;

const clock = () => new Date(Date.now() + ahead);
const later = (ms: number) => new Date(clock().getTime() + ms);

beforeAll(async () => {
  database = await createTestDatabase();
  agency = await startReceivingAgency((webhook, response) => answer(webhook, response));
  guarded = createGuardedFetch({
    allow: ['127.0.0.1'],
    timeouts: { connect: 1_000, headers: 1_000, total: 1_000, body: 200, file: 800 },
  });
});

afterAll(async () => {
  await guarded?.close();
  await agency?.stop();
  await database?.drop();
});

beforeEach(() => {
  ahead = 0;
  answer = (_, response) => response.writeHead(202).end();
});

// What one test leaves due must not be another one's work.
afterEach(() => database.pool.query('truncate attempts, deliveries'));

function startWorker(post: Post = guarded.post) {
  const log = pino({ level: 'silent' });
  const deliver = createDeliver({
    config: parseConfig({}),
    db: database.pool,
    open: sealing.open,
    clock,
    log,
    post,
  });
  return (deliveryIds: readonly DeliveryId[]) => deliver({ deliveryIds: [...deliveryIds] });
}

async function addReceiver(path = '/masuk') {
  const code = await addAgency(database.pool);
  return { code, ...(await addEndpoint(database.pool, code, `${agency.origin}${path}`)) };
}

async function fileMany(code: AgencyCode, count: number): Promise<readonly DeliveryId[]> {
  const ids: DeliveryId[] = [];
  for (let made = 0; made < count; made += 1)
    ids.push((await fileReport(database.pool, code, clock())).deliveryId);
  return ids;
}

const countReceived = (id: DeliveryId) =>
  agency.received.filter(({ headers }) => headers['webhook-id'] === id).length;

async function countStates(ids: readonly DeliveryId[]): Promise<Record<string, number>> {
  const { rows } = await database.pool.query<{ state: string; count: number }>(
    'select state, count(*)::integer as count from deliveries where id = any($1) group by state',
    [ids],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

describe('two workers', () => {
  test('with the same list send each delivery once', async () => {
    const { code } = await addReceiver();
    const ids = await fileMany(code, 40);
    await Promise.all([startWorker()(ids), startWorker()([...ids].reverse())]);
    expect(ids.map(countReceived)).toEqual(ids.map(() => 1));
    expect(await countStates(ids)).toEqual({ delivered: 40 });
  });

  test('of which one died: the other sends what it held, a minute later and under the same id', async () => {
    const { code } = await addReceiver();
    const ids = await fileMany(code, 1);
    const [id] = ids as [DeliveryId];
    expect(await leaseDeliveries(database.pool, ids, clock(), later(60_000))).toHaveLength(1);

    const survivor = startWorker();
    await survivor(ids);
    expect(countReceived(id)).toBe(0);
    ahead = 61_000;
    await survivor(ids);
    expect(countReceived(id)).toBe(1);
    expect(await listAttempts(database.pool, id)).toMatchObject([{ number: 2, outcome: 'accepted' }]);
  });

  test('of which one was too slow: its late failure undoes nothing, its late success counts', async () => {
    const { code, id: endpointId } = await addReceiver();
    const ids = await fileMany(code, 2);
    const [failed, succeeded] = ids as [DeliveryId, DeliveryId];
    const startedAt = clock();
    await leaseDeliveries(database.pool, ids, startedAt, later(60_000));
    ahead = 61_000;
    await startWorker()([failed]);
    const stale = { number: 1, endpointId, startedAt, endedAt: clock() };
    await recordAttempt(database.pool, {
      ...stale,
      ...{
        deliveryId: failed,
        httpStatus: null,
        verdict: 'retry',
        error: 'timeout: x',
        nextAttemptAt: clock(),
      },
    });
    await leaseDeliveries(database.pool, [succeeded], clock(), later(60_000));
    await recordAttempt(database.pool, {
      ...stale,
      ...{ deliveryId: succeeded, httpStatus: 200, verdict: 'accepted', error: null, nextAttemptAt: null },
    });
    expect(await countStates(ids)).toEqual({ delivered: 2 });
    expect(await listAttempts(database.pool, failed)).toMatchObject([
      { outcome: 'retry' },
      { outcome: 'accepted' },
    ]);
  });
});

describe('an agency that hangs', () => {
  test('does not keep the others waiting', async () => {
    const hanging = await addReceiver('/gantung');
    const healthy = await addReceiver('/sehat');
    const stuck = await fileMany(hanging.code, 30);
    const flowing = await fileMany(healthy.code, 10);
    const held: ServerResponse[] = [];
    answer = ({ path }, response) => {
      if (path === '/gantung') held.push(response);
      else response.end();
    };
    const before = agency.received.length;
    const job = startWorker()([...stuck, ...flowing]);
    await agency.waitFor(before + 8 + 10);
    expect(flowing.map(countReceived)).toEqual(flowing.map(() => 1));
    expect(held).toHaveLength(8);
    for (const response of held.splice(0)) response.end();
    answer = (_, response) => response.end();
    await job;
    expect(await countStates([...stuck, ...flowing])).toEqual({ delivered: 40 });
  });

  test('rests after five failures, and what was not tried costs no attempt', async () => {
    const code = await addAgency(database.pool);
    await addEndpoint(database.pool, code, 'http://127.0.0.1:9/tutup');
    const ids = await fileMany(code, 30);
    const deliver = startWorker();
    await deliver(ids);
    const tried = (await Promise.all(ids.map((id) => listAttempts(database.pool, id)))).flat();
    expect(tried.length).toBeGreaterThanOrEqual(5);
    expect(tried.length).toBeLessThanOrEqual(16);
    const { rows } = await database.pool.query(
      'select sum(attempt_count)::integer as attempts from deliveries where id = any($1)',
      [ids],
    );
    expect(rows).toEqual([{ attempts: tried.length }]);

    ahead = 20_000;
    expect(await listDueDeliveries(database.pool, clock(), 100)).toEqual([]);
    expect(await leaseDeliveries(database.pool, ids, clock(), later(60_000))).toEqual([]);
    ahead = 40_000;
    expect(await listDueDeliveries(database.pool, clock(), 100)).toHaveLength(30);
  });

  test('is trusted again with its first answer', async () => {
    const { code, id: endpointId } = await addReceiver();
    const first = await fileMany(code, 5);
    answer = (_, response) => response.writeHead(503).end();
    await startWorker()(first);
    const failures = async () =>
      (
        await database.pool.query('select failure_count, resting_until from endpoints where id = $1', [
          endpointId,
        ])
      ).rows[0];
    expect((await failures()).resting_until).not.toBeNull();
    ahead = 70_000;
    answer = (_, response) => response.end();
    await startWorker()(first);
    expect(await failures()).toEqual({ failure_count: 0, resting_until: null });
    expect(await countStates(first)).toEqual({ delivered: 5 });
  });
});

test('a delivery that cannot be recorded fails the job, not its neighbours, and is sent again', async () => {
  const { code } = await addReceiver();
  const ids = await fileMany(code, 3);
  const [broken] = ids as [DeliveryId];
  await database.pool.query(
    `insert into attempts (delivery_id, number, endpoint_id, started_at, duration_ms, outcome)
     select $1, 1, id, now(), 0, 'retry' from endpoints where agency_code = $2`,
    [broken, code],
  );
  await expect(startWorker()(ids)).rejects.toThrow('attempts_pkey');
  expect(await countStates(ids)).toEqual({ delivered: 2, pending: 1 });
  ahead = 61_000;
  await startWorker()(ids);
  expect(await countStates(ids)).toEqual({ delivered: 3 });
  expect(countReceived(broken)).toBe(2);
});

describe('deliveries', () => {
  test('wait where the agency has no endpoint, and only the pending ones go on the queue', async () => {
    const { code } = await addReceiver();
    const without = await addAgency(database.pool);
    const pushed = await fileReport(database.pool, code, clock());
    const pulled = await fileReport(database.pool, without, clock());
    expect(await findDelivery(database.pool, pushed.deliveryId)).toMatchObject({ state: 'pending' });
    expect(await findDelivery(database.pool, pulled.deliveryId)).toMatchObject({ state: 'waiting' });

    const rows = [code, without].map((agencyCode) => ({
      id: uuidv7() as DeliveryId,
      reportId: agencyCode === code ? pulled.reportId : pushed.reportId,
      agencyCode,
    }));
    expect(await insertDeliveries(database.pool, rows, clock())).toEqual([rows[0]?.id]);
    const again = rows.map((row) => ({ ...row, id: uuidv7() as DeliveryId }));
    expect(await insertDeliveries(database.pool, again, clock())).toEqual([]);
  });

  test('are listed for the queue once in half a minute, and not before they are due', async () => {
    const { code } = await addReceiver();
    const ids = await fileMany(code, 3);
    const listed = () => listDueDeliveries(database.pool, clock(), 100);
    expect(await listed()).toEqual([]);
    ahead = 31_000;
    expect([...(await listed())].sort()).toEqual(ids);
    expect(await listed()).toEqual([]);
    ahead = 62_000;
    expect(await listed()).toHaveLength(3);
  });

  test('of an agency with a backlog do not crowd out the others', async () => {
    const busy = await addReceiver();
    const quiet = await addReceiver();
    const backlog = await fileMany(busy.code, 20);
    const [lone] = await fileMany(quiet.code, 1);
    ahead = 31_000;
    const listed = await listDueDeliveries(database.pool, clock(), 4);
    expect(listed).toHaveLength(4);
    expect(listed).toContain(lone);
    expect(listed.filter((id) => backlog.includes(id))).toHaveLength(3);
  });

  test('pending for an agency whose endpoint vanished are set waiting when a worker comes to them', async () => {
    const { code, id: endpointId } = await addReceiver();
    const ids = await fileMany(code, 2);
    await disableEndpoint(database.pool, endpointId, 'uji', clock());
    await startWorker()(ids);
    expect(await countStates(ids)).toEqual({ waiting: 2 });
  });

  test('written while the endpoint was being added are woken, others are left alone', async () => {
    const { code } = await addReceiver();
    const without = await addAgency(database.pool);
    const ids = await fileMany(code, 3);
    const others = await fileMany(without, 2);
    await database.pool.query(`update deliveries set state = 'waiting' where id = any($1)`, [ids]);
    expect(await wakeWaitingDeliveries(database.pool, clock(), 2)).toBe(2);
    expect(await wakeWaitingDeliveries(database.pool, clock(), 2)).toBe(1);
    expect(await countStates(ids)).toEqual({ pending: 3 });
    expect(await countStates(others)).toEqual({ waiting: 2 });
  });

  test('refused by one endpoint start afresh with the next one', async () => {
    const { code, id: endpointId } = await addReceiver();
    const ids = await fileMany(code, 1);
    const [id] = ids as [DeliveryId];
    answer = (_, response) => response.writeHead(404).end();
    await startWorker()(ids);
    await disableEndpoint(database.pool, endpointId, 'pindah', clock());
    expect(await parkDeliveries(database.pool, code)).toBe(0);
    await addEndpoint(database.pool, code, `${agency.origin}/pindah`);
    expect(await reopenDeliveries(database.pool, code, clock())).toBe(1);

    answer = (_, response) => response.writeHead(500).end();
    await startWorker()(ids);
    const delivery = await findDelivery(database.pool, id);
    // one number is passed over: it ended the leases there were
    expect(delivery).toMatchObject({ state: 'pending', attempt_count: 3 });
    // five seconds, as after a first attempt
    expect(delivery?.next_attempt_at.getTime()).toBeLessThan(later(6_100).getTime());
  });
});
