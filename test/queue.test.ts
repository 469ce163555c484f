import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createPool, type Pool } from '../src/db/pool.ts';
import { openQueues, prepareQueue, type QueueConnection, startWorkers } from '../src/queue/bullmq.ts';
import type { Handlers } from '../src/queue/jobs.ts';
import { type InProcess, startInProcess } from './support/app.ts';
import { forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { type OwnRedis, startOwnRedis } from './support/own-redis.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { letWaitingTimePass } from './support/waiting-time.ts';

/** What a test started, ended after it, the last first. */
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
});
afterAll(() => database?.drop());

describe.each(['redis', 'postgres'] as const)('the queue in %s', (kind) => {
  let connection: QueueConnection;
  let pool: Pool | null = null;

  beforeAll(async () => {
    pool =
      kind === 'redis'
        ? null
        : createPool(database.url, { max: 16, onError: () => {}, searchPath: 'bullmq' });
    // BullMQ listens once for each queue and worker, and a test has several
    pool?.setMaxListeners(100);
    connection = pool === null ? { kind: 'redis', url: testRedisUrl() } : { kind: 'postgres', pool };
    await prepareQueue(connection);
  });
  afterAll(() => pool?.end());

  const ids = (count: number) => Array.from({ length: count }, () => randomUUID());
  const unexpected = async () => {
    throw new Error('no such job was put on the queue');
  };

  /** Queues of their own and, as often as a test wishes, workers on them. */
  async function open() {
    const namespace = testQueueNamespace();
    if (pool !== null) await pool.query('truncate job cascade');
    const logged: Record<string, unknown>[] = [];
    const note = (entry: object) => void logged.push({ ...entry });
    const log = { error: note, warn: note };
    const queues = openQueues(connection, namespace, log);
    opened.push(queues.close);
    return {
      ...queues,
      logged,
      work: (handlers: Partial<Handlers>) => {
        const workers = startWorkers(
          connection,
          namespace,
          {
            intake: unexpected,
            messages: unexpected,
            deliver: unexpected,
            notify: unexpected,
            withdraw: unexpected,
            ...handlers,
          },
          log,
        );
        opened.push(workers.close);
        return workers;
      },
    };
  }
  const nothing = { waiting: 0, active: 0, delayed: 0, failed: 0 };

  test('hands each list of ids to the handler of its name, as it was put in', async () => {
    const { enqueue, work, count } = await open();
    const reportIds = ids(500);
    const deliveryIds = ids(1);
    await enqueue('intake', { reportIds });
    await enqueue('deliver', { deliveryIds });
    expect(await count()).toEqual({
      intake: { ...nothing, waiting: 1 },
      deliver: { ...nothing, waiting: 1 },
      messages: nothing,
      notify: nothing,
      withdraw: nothing,
    });

    const seen: unknown[] = [];
    const see = async (payload: object) => void seen.push(payload);
    work({ intake: see, deliver: see });
    await vi.waitFor(() => expect(seen).toHaveLength(2), 10_000);
    expect(seen).toContainEqual({ reportIds });
    expect(seen).toContainEqual({ deliveryIds });
    await vi.waitFor(
      async () =>
        expect(await count()).toEqual({
          intake: nothing,
          deliver: nothing,
          messages: nothing,
          notify: nothing,
          withdraw: nothing,
        }),
      5_000,
    );
  });

  test('hands every job to one of several workers only', async () => {
    const { enqueue, work } = await open();
    const all = ids(100);
    const seen: string[] = [];
    for (let worker = 0; worker < 3; worker += 1) {
      work({ intake: async (job) => void seen.push(...('reportIds' in job ? job.reportIds : [])) });
    }
    await Promise.all(all.map((id) => enqueue('intake', { reportIds: [id] })));
    await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(100), 10_000);
    expect(seen.toSorted()).toEqual(all.toSorted());
  });

  test('tries a job again that failed twice, and tells nothing of the errors but their kind', async () => {
    const { enqueue, work, count, logged } = await open();
    let attempts = 0;
    let done = false;
    work({
      intake: async () => {
        attempts += 1;
        if (attempts <= 2) throw new TypeError('Bu Siti\n    at 0812-1111-2222 (x:1:1) wrote select 1');
        done = true;
      },
    });
    const reportIds = ids(2);
    await enqueue('intake', { reportIds });
    await vi.waitFor(() => expect(done).toBe(true), 15_000);
    expect(attempts).toBe(3);
    expect(logged).toEqual([
      { event: 'job_failed', queue: 'intake', job: expect.any(String), attempts: 1, error: 'TypeError' },
      { event: 'job_failed', queue: 'intake', job: expect.any(String), attempts: 2, error: 'TypeError' },
    ]);
    await vi.waitFor(async () => expect((await count()).intake).toEqual(nothing), 5_000);
  });

  test.each([
    ['an id that is none', { reportIds: ['Pak Budi, 081234567890'] }],
    ['no ids', { reportIds: [] }],
    ['another form', { text: 'Jalan rusak' }],
  ])('fails a job with %s at once, and logs it without what it held', async (_, payload) => {
    const { enqueue, work, count, logged } = await open();
    let handled = 0;
    work({
      intake: async () => {
        handled += 1;
      },
    });
    await enqueue('intake', payload as { reportIds: string[] });
    await vi.waitFor(async () => expect((await count()).intake).toEqual({ ...nothing, failed: 1 }), 10_000);
    // the queue counts a failed job before the worker hears that it did
    await eventually(() =>
      expect(logged.map(({ event }) => event)).toEqual(['job_payload_invalid', 'job_failed']),
    );
    expect(handled).toBe(0);
    expect(JSON.stringify(logged)).not.toMatch(/Budi|0812|rusak/);
  });

  test('lets what runs finish before it closes, and leaves what comes then to others', async () => {
    const { enqueue, work, count } = await open();
    const events: string[] = [];
    let finish = () => {};
    const workers = work({
      deliver: async () => {
        events.push('began');
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        events.push('finished');
      },
    });
    await enqueue('deliver', { deliveryIds: ids(1) });
    await vi.waitFor(() => expect(events).toEqual(['began']), 10_000);
    const closed = workers.close().then(() => events.push('closed'));
    finish();
    await closed;
    await enqueue('deliver', { deliveryIds: ids(1) });
    expect(events).toEqual(['began', 'finished', 'closed']);
    expect((await count()).deliver).toEqual({ ...nothing, waiting: 1 });
  });

  test('answers a ping', async () => {
    const { ping } = await open();
    await expect(ping()).resolves.toBeUndefined();
  });
});

describe('the gateway on a queue in Redis', () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await startOwnRedis();
  });
  afterAll(() => redis?.stop());
  afterEach(() => forgetReports(database.pool));

  const canary = 'Kaleng berkarat di sawah Pak Suparjo';
  const reporter = { name: 'Ngatinem Wiryosuparto', phone: '085712349876' };

  async function start(role: 'serve' | 'work' | 'all', namespace: string): Promise<InProcess> {
    const roles = { serve: role !== 'work', work: role !== 'serve', sweep: role !== 'serve' };
    const servers = { databaseUrl: database.url, redisUrl: redis.url };
    const gateway = await startInProcess(servers, roles, { QUEUE_NAMESPACE: namespace });
    opened.push(gateway.stop);
    return gateway;
  }

  async function startProcess(namespace: string): Promise<Running> {
    const worker = await startGateway('work', {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      QUEUE_NAMESPACE: namespace,
    });
    opened.push(() => worker.end('SIGKILL'));
    return worker;
  }

  async function send({ url }: InProcess, text = `${canary} ${randomUUID()}`): Promise<string> {
    const answer = await fetch(`${url}/v1/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        kind: 'complaint',
        text,
        title: canary,
        reporter,
        onBehalfOf: reporter.name,
        consent: true,
      }),
    });
    expect(answer.status).toBe(202);
    return ((await answer.json()) as { receipt: string }).receipt;
  }

  async function connect(): Promise<Redis> {
    const client = new Redis(redis.url);
    opened.push(async () => client.disconnect());
    return client;
  }

  async function expectFiled(count: number): Promise<void> {
    const { rows } = await database.pool.query(
      `select (select count(*)::int from filings) as filed, (select count(*)::int from inbox) as waiting,
         (select count(*)::int from routes) as routed`,
    );
    expect(rows).toEqual([{ filed: count, waiting: 0, routed: count }]);
  }
  const untilFiled = (count: number) => vi.waitFor(() => expectFiled(count), 10_000);

  /** Each second is as if the sweeper had waited long enough for every job that may be lost. */
  const untilSwept = (count: number) =>
    vi.waitFor(
      async () => {
        await letWaitingTimePass(database.pool);
        await expectFiled(count);
      },
      { timeout: 20_000, interval: 1_000 },
    );

  test('holds ids and nothing that anybody wrote', async () => {
    const namespace = testQueueNamespace();
    const gateway = await start('serve', namespace);
    await Promise.all(Array.from({ length: 5 }, () => send(gateway)));
    const client = await connect();
    const { rows } = await database.pool.query<{ id: string }>('select id from reports');
    await vi.waitFor(async () => {
      const dump = await dumpKeys(client, `{${namespace}}`);
      for (const { id } of rows) expect(dump).toContain(id);
      expect(dump).not.toMatch(/Kaleng|Suparjo|Ngatinem|5712|9876/);
    }, 5_000);
    await start('work', namespace);
    await untilFiled(5);
  });

  test('loses no report where Redis is emptied before it is worked on', async () => {
    const namespace = testQueueNamespace();
    const gateway = await start('serve', namespace);
    await Promise.all(Array.from({ length: 20 }, () => send(gateway)));
    const client = await connect();
    await vi.waitFor(async () => expect(await client.dbsize()).toBeGreaterThan(0), 5_000);
    await client.flushall();
    await start('work', namespace);
    await untilSwept(20);
  });

  test('goes on where Redis is stopped and started', async () => {
    const gateway = await start('all', testQueueNamespace());
    await send(gateway);
    await untilFiled(1);

    await redis.stop();
    await Promise.all(Array.from({ length: 10 }, () => send(gateway)));
    await redis.start();
    await untilSwept(11);

    // and then without the sweeper
    await send(gateway);
    await untilFiled(12);
    const errors = gateway.logged.filter((line) => line.includes('"queue_error"'));
    expect(errors.length).toBeLessThan(10);
  });

  test('stops in seconds while Redis is away, for nothing runs', async () => {
    const gateway = await start('all', testQueueNamespace());
    await send(gateway);
    await untilFiled(1);
    await redis.stop();
    const began = performance.now();
    await gateway.stop();
    const took = performance.now() - began;
    opened.pop();
    await redis.start();
    expect(took).toBeLessThan(8_000);
  }, 60_000);

  test('finishes elsewhere what a worker that was killed had begun, once', async () => {
    const namespace = testQueueNamespace();
    const gateway = await start('serve', namespace);
    await database.pool.query(`
      create function wait_for_test() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(1708); return null; end $$;
      create trigger wait_for_test before insert on filings for each statement execute function wait_for_test()`);
    opened.push(() =>
      database.pool.query('drop trigger wait_for_test on filings; drop function wait_for_test'),
    );
    const blocker = await database.pool.connect();
    opened.push(async () => blocker.release(true));
    await blocker.query('select pg_advisory_lock(1708)');

    const killed = await startProcess(namespace);
    const receipt = await send(gateway);
    const working = "select from pg_locks where locktype = 'advisory' and objid = 1708 and not granted";
    await vi.waitFor(async () => expect((await blocker.query(working)).rowCount).toBe(1), 10_000);
    await killed.end('SIGKILL');
    await blocker.query('select pg_advisory_unlock(1708)');

    await start('work', namespace);
    await untilSwept(1);
    const answer = await fetch(`${gateway.url}/v1/receipts/${receipt}`);
    expect(await answer.json()).toMatchObject({ status: 'forwarded', trackingId: expect.any(String) });
  });

  test('does not start on a Redis that throws keys away when it is full, and says how to mend it', async () => {
    const client = await connect();
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const refused = await startProcess(testQueueNamespace()).catch(String);
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    expect(refused).toMatch(/ended with 1 before it was ready/);
    expect(refused).toContain(
      'REDIS_URL: this Redis has maxmemory-policy allkeys-lru, which loses jobs when it is full; ' +
        'run: redis-cli config set maxmemory-policy noeviction',
    );
    expect(refused).not.toContain(new URL(redis.url).password);
  });
});

/** Every key that starts so, with all it holds. */
async function dumpKeys(client: Redis, prefix: string): Promise<string> {
  const keys = await client.keys(`${prefix}*`);
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await client.type(key);
      if (type === 'hash') return client.hgetall(key);
      if (type === 'list') return client.lrange(key, 0, -1);
      if (type === 'zset') return client.zrange(key, '0', '-1');
      if (type === 'set') return client.smembers(key);
      if (type === 'stream') return client.xrange(key, '-', '+');
      return client.get(key);
    }),
  );
  return JSON.stringify(values);
}
