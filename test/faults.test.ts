import { mkdtempSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { openWire, type Wire } from '../chaos/proxies.ts';
import { type OwnPostgres, type OwnRedis, startOwnPostgres, startOwnRedis } from '../chaos/servers.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import type { AgencyCode } from '../src/domain/report.ts';
import { letPass } from '../src/embedded/run-as.ts';
import { prepareDatabase } from '../src/prepare-database.ts';
import { type InProcess, startInProcess } from './support/app.ts';
import { forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { startGateway } from './support/gateway.ts';
import { canMount } from './support/mounting.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { uniqueWord } from './support/unique-word.ts';
import { letWaitingTimePass } from './support/waiting-time.ts';

/**
 * Every fault of `npm run chaos` (chaos/faults.ts, chaos/agency.ts, chaos/sms-provider.ts) has a test that strikes with it
 * alone, at the worst moment; those that no other file has are here.
 *
 * | fault                              | struck in                                                                       |
 * |------------------------------------|---------------------------------------------------------------------------------|
 * | kill -9 of gateway                 | spool-process: everything acknowledged before a kill -9 …; crash-points: accept:*  |
 * | kill -9 of worker                  | queue: finishes elsewhere what a worker that was killed …; notify: when its worker is killed … |
 * | kill -9 of postgres                | here; embedded: after kill -9 of PostgreSQL itself …                            |
 * | kill -9 of redis                   | here, with its data folder wiped; queue: goes on where Redis is stopped and started |
 * | redis: data folder wiped           | here                                                                            |
 * | flushall                           | here; queue: loses no report where Redis is emptied before it is worked on      |
 * | redis at maxmemory                 | here; queue: does not start on a Redis that throws keys away …                  |
 * | wire to postgres: delay            | here                                                                            |
 * | wire to postgres: cut, black hole  | outage-recovery; outage (accept); api: while PostgreSQL is away                 |
 * | wire to postgres: swallowed replies | here (intake, deliver); outage: a commit whose answer was lost … (accept); notify: … was away when the outcome … |
 * | wire to redis: delay               | here                                                                            |
 * | wire to redis: cut, black hole     | outage-recovery; api: while Redis is away                                       |
 * | wire to redis: swallowed replies   | here                                                                            |
 * | pg_terminate_backend               | here                                                                            |
 * | postgres: disk full                | here; outage: while PostgreSQL has a full disk (accept)                         |
 * | worker stopped past its lock       | here; notify: by a worker that wakes up past its lease                          |
 * | clock one hour off                 | live-clock (src): a clock that is off by an hour …; regressions: a report put off by a process whose clock ran an hour ahead … |
 * | CRASH_AT                           | crash-points                                                                    |
 * | agency: 500, 429 with Retry-After  | deliver: what the agency answers decides                                        |
 * | agency: hang, hang-up after reading | deliver: what the agency answers decides; guarded-fetch: no answer             |
 * | agency: slow drip                  | guarded-fetch: an answer that drips its body …, from one that drips headers …   |
 * | agency: redirect                   | deliver: what the agency answers decides; guarded-fetch: that redirects is not followed … |
 * | SMS provider: busy, refuses, hang, hang-up | notify: a message is never sent twice by itself                         |
 * | messages: duplicate, reordered     | accept: a message that comes again …; deliver-together: two workers; intake: two workers … |
 * | messages: poisoned                 | intake: a poisoned report stands alone …; outage: a report PostgreSQL refuses …; bad-input |
 */

let database: TestDatabase;
let agency: ReceivingAgency;
/** What the agency does with a report; it takes all unless a test says otherwise. */
let answer: (response: ServerResponse) => void;
let heardBefore = 0;

/** What a test started, ended after it, the last first. */
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  agency = await startReceivingAgency((_, response) => answer(response));
  await addEndpoint(database.pool, 'nasional' as AgencyCode, `${agency.origin}/lapor`);
}, 120_000);
beforeEach(async () => {
  answer = (response) => response.writeHead(202).end();
  heardBefore = agency.received.length;
  await forgetReports(database.pool);
});
afterAll(async () => {
  await agency?.stop();
  await database?.drop();
});

describe('Redis', () => {
  let redis: OwnRedis;
  let client: Redis;
  let wire: Wire;
  let env: { readonly QUEUE_NAMESPACE: string };
  const here = () => ({ databaseUrl: database.url, redisUrl: redis.url() });
  const overWire = () => ({ ...here(), redisUrl: through(redis.url(), wire) });

  beforeAll(async () => {
    redis = await startOwnRedis(makeFolder());
    client = new Redis(redis.url());
    client.on('error', () => {}); // it is killed below
    wire = await openWire(() => Number(new URL(redis.url()).port));
  });
  beforeEach(() => {
    env = { QUEUE_NAMESPACE: testQueueNamespace() };
  });
  afterEach(() => wire.set({ kind: 'pass' }));
  afterAll(async () => {
    client.disconnect();
    await wire.close();
    await redis.stop();
  });

  test('emptied under a running worker: the next report goes its way without the sweeper', async () => {
    const gateway = await start('all', here(), env);
    await send(gateway);
    await untilDelivered(1);
    await client.flushall();
    await send(gateway);
    await untilDelivered(2);
  });

  test('killed, and its data wiped while it is down: what was taken meanwhile comes from the sweeper', async () => {
    const gateway = await start('all', here(), env);
    await send(gateway);
    await untilDelivered(1);
    redis.kill();
    redis.wipe();
    await Promise.all(times(5, () => send(gateway)));
    await redis.start();
    await untilDelivered(6, letWaitingTimePass);
    // and then without the sweeper
    await send(gateway);
    await untilDelivered(7);
  });

  test('full: reports are taken, the log stays short, and they go on once there is room', async () => {
    const gateway = await start('all', here(), env);
    await send(gateway);
    await untilDelivered(1);
    await client.config('SET', 'maxmemory', '1mb');
    opened.push(() => client.config('SET', 'maxmemory', '0'));
    await Promise.all(times(20, () => send(gateway)));
    await untilLogged(gateway, 'intake_not_enqueued');
    expect(await countDelivered(database.pool)).toBe(1);
    await client.config('SET', 'maxmemory', '0');
    await untilDelivered(21, letWaitingTimePass);
    expect(gateway.logged.length).toBeLessThan(1_000);
  });

  test('too slow: a job that was given up comes all the same, and changes nothing', async () => {
    const gateway = await start('serve', overWire(), env);
    await start('work', here(), env);
    await send(gateway);
    await untilDelivered(1);
    wire.set({ kind: 'delay', ms: 2_500 });
    await send(gateway);
    await untilLogged(gateway, 'intake_not_enqueued');
    await untilDelivered(2);
  });

  test('has put a job on the queue, and the reply is lost: the report is filed once', async () => {
    const gateway = await start('serve', overWire(), env);
    await start('work', here(), env);
    await send(gateway);
    await untilDelivered(1);
    wire.set({ kind: 'swallow-replies' });
    await send(gateway);
    await untilLogged(gateway, 'intake_not_enqueued');
    await untilDelivered(2);
    wire.set({ kind: 'pass' });
    await send(gateway);
    await untilDelivered(3, letWaitingTimePass);
  });

  test('has noted that a job is done, and the reply is lost: nothing is delivered again', async () => {
    const gateway = await start('serve', here(), env);
    await start('work', overWire(), env);
    answer = (response) => {
      wire.set({ kind: 'swallow-replies' });
      response.writeHead(202).end();
    };
    await send(gateway);
    await untilDelivered(1);
    const active = `{${env.QUEUE_NAMESPACE}}:deliver:active`;
    await vi.waitFor(async () => expect(await client.llen(active)).toBe(0), 10_000);
    answer = (response) => response.writeHead(202).end();
    wire.set({ kind: 'pass' });
    await send(gateway);
    await untilDelivered(2);
  });
});

describe('PostgreSQL', () => {
  let wire: Wire;
  let blocker: PoolClient;
  let env: { readonly QUEUE_NAMESPACE: string };
  const here = () => ({ databaseUrl: database.url, redisUrl: testRedisUrl() });
  const overWire = () => ({ ...here(), databaseUrl: through(database.url, wire) });

  beforeAll(async () => {
    wire = await openWire(() => Number(new URL(database.url).port));
    await database.pool.query(`
      create function wait_for_test() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(1708); return null; end $$`);
  });
  beforeEach(async () => {
    env = { QUEUE_NAMESPACE: testQueueNamespace() };
    blocker = await database.pool.connect();
  });
  afterEach(async () => {
    wire.set({ kind: 'pass' });
    blocker.release(true);
    await database.pool.query(`
      drop trigger if exists wait_for_test on filings;
      drop trigger if exists wait_for_test on attempts`);
  });
  afterAll(() => wire.close());

  /** Whoever writes to the table waits there, or at its commit, until `blocker` lets go. */
  async function block(table: 'filings' | 'attempts', moment: 'write' | 'commit'): Promise<void> {
    const when =
      moment === 'write'
        ? `trigger wait_for_test before insert on ${table} for each statement`
        : `constraint trigger wait_for_test after insert on ${table} deferrable initially deferred for each row`;
    await database.pool.query(`create ${when} execute function wait_for_test()`);
    await blocker.query('select pg_advisory_lock(1708)');
  }
  const letGo = () => blocker.query('select pg_advisory_unlock(1708)');
  const listWaiting = async (): Promise<readonly number[]> => {
    const { rows } = await blocker.query<{ pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and objid = 1708 and not granted`,
    );
    return rows.map(({ pid }) => pid);
  };
  const untilOneWaits = () => vi.waitFor(async () => expect(await listWaiting()).toHaveLength(1), 10_000);

  test('slow: reports go their way all the same', async () => {
    const gateway = await start('all', overWire(), env);
    wire.set({ kind: 'delay', ms: 200 });
    await Promise.all(times(3, () => send(gateway)));
    await untilDelivered(3);
  });

  test.each([
    ['filed a report', 'filings', 'intake'],
    ['recorded a delivery', 'attempts', 'deliver'],
  ] as const)('has %s, and the reply to the commit is lost: it is done once', async (_, table, queue) => {
    const gateway = await start('serve', here(), env);
    const worker = await start('work', overWire(), env);
    await block(table, 'commit');
    await send(gateway);
    await untilOneWaits();
    wire.set({ kind: 'swallow-replies' });
    await letGo();
    await vi.waitFor(() => {
      const failed = worker.logged.filter((line) => line.includes('"job_failed"'));
      expect(failed.some((line) => line.includes(`"queue":"${queue}"`))).toBe(true);
    }, 10_000);
    expect(await countRowsOf(table)).toBe(1);
    wire.set({ kind: 'pass' });
    await untilDelivered(1, letWaitingTimePass);
    await letWaitingTimePass(database.pool);
    await send(gateway);
    await untilDelivered(2);
  });

  test('ends the connection in the middle of filing: nothing is half done, and it is filed', async () => {
    const gateway = await start('all', here(), env);
    await block('filings', 'write');
    await send(gateway);
    await untilOneWaits();
    const [pid] = await listWaiting();
    await blocker.query('select pg_terminate_backend($1)', [pid]);
    await untilLogged(gateway, 'job_failed');
    await letGo();
    await untilDelivered(1, letWaitingTimePass);
  });

  async function countRowsOf(table: string): Promise<number | null> {
    return (await blocker.query(`select from ${table}`)).rowCount;
  }
});

describe('a PostgreSQL of its own', () => {
  let postgres: OwnPostgres;
  let pool: Pool;
  let gateway: InProcess;

  beforeAll(async () => {
    postgres = await startOwnPostgres(join(makeFolder(), 'postgres'));
    await prepareDatabase(postgres.url(), () => {});
    pool = createPool(postgres.url(), { max: 2, onError: () => {} });
    await addEndpoint(pool, 'nasional' as AgencyCode, `${agency.origin}/lapor`);
  }, 120_000);
  beforeEach(async () => {
    await forgetReports(pool);
    const servers = { databaseUrl: postgres.url(), redisUrl: testRedisUrl() };
    gateway = await start('all', servers, { QUEUE_NAMESPACE: testQueueNamespace() });
    await send(gateway);
    await untilDelivered(1, null, pool);
  });
  afterAll(async () => {
    await pool?.end();
    await postgres?.stop();
  });

  test('is killed: reports are taken meanwhile, and each is delivered once it has recovered', async () => {
    postgres.kill();
    await Promise.all(times(5, () => send(gateway)));
    await postgres.start();
    await untilDelivered(6, letWaitingTimePass, pool);
  }, 90_000);

  test.runIf(canMount)(
    'has a full disk: reports are taken, and each is delivered once there is room',
    async () => {
      let sent = 1;
      postgres.fillDisk?.(true);
      await vi.waitFor(
        async () => {
          await Promise.all(times(50, () => send(gateway)));
          sent += 50;
          expect(isLogged(gateway, 'database_away')).toBe(true);
        },
        { timeout: 20_000, interval: 10 },
      );
      await Promise.all(times(5, () => send(gateway)));
      postgres.fillDisk?.(false);
      // It may have gone down with its log.
      await postgres.start();
      await untilDelivered(sent + 5, letWaitingTimePass, pool);
    },
    90_000,
  );
});

test('a worker stopped past its lock wakes up to find the work done, and goes on', async () => {
  const servers = { databaseUrl: database.url, redisUrl: testRedisUrl() };
  const env = { QUEUE_NAMESPACE: testQueueNamespace() };
  const gateway = await start('serve', servers, env);
  const stopped = await startGateway('work', {
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    OUTBOUND_ALLOW: agency.host,
    ...env,
  });
  opened.push(() => stopped.end('SIGKILL'));
  const held: ServerResponse[] = [];
  answer = (response) => void held.push(response);
  await send(gateway);
  await vi.waitFor(() => expect(held).toHaveLength(1), 10_000);
  process.kill(stopped.pid, 'SIGSTOP');

  answer = (response) => response.writeHead(202).end();
  const client = new Redis(servers.redisUrl);
  opened.push(() => client.disconnect());
  const locks = await client.keys(`{${env.QUEUE_NAMESPACE}}:deliver:*:lock`);
  expect(locks).toHaveLength(1);
  await client.del(locks);
  await letWaitingTimePass(database.pool);
  const other = await start('work', servers, env);
  await vi.waitFor(async () => expect(await countDelivered(database.pool)).toBe(1), 20_000);
  await other.stop();

  process.kill(stopped.pid, 'SIGCONT');
  held[0]?.writeHead(202).end();
  await vi.waitFor(() => expect(stopped.output()).toContain('"delivery_accepted"'), 10_000);
  await send(gateway);
  await vi.waitFor(async () => expect(await countDelivered(database.pool)).toBe(2), 20_000);
  const ids = agency.received.slice(heardBefore).map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(3);
  expect(ids[1]).toBe(ids[0]);
  expect(stopped.complaints()).toBe('');
}, 60_000);

function makeFolder(): string {
  const folder = mkdtempSync(join(inject('scratch'), 'faults-'));
  letPass(folder);
  return folder;
}

/** A URL of the server that leads over the wire, and not past it through a socket. */
function through(serverUrl: string, wire: Wire): string {
  const url = new URL(serverUrl);
  url.searchParams.delete('host');
  url.host = `127.0.0.1:${wire.port}`;
  return url.href;
}

async function start(
  role: 'all' | 'serve' | 'work',
  servers: { readonly databaseUrl: string; readonly redisUrl: string },
  env: Readonly<Record<string, string>>,
): Promise<InProcess> {
  const roles = { serve: role !== 'work', work: role !== 'serve', sweep: role !== 'serve' };
  const gateway = await startInProcess(servers, roles, {
    ...env,
    OUTBOUND_ALLOW: agency.host,
    RATE_LIMIT_PER_ADDRESS: '0',
    RATE_LIMIT_REPORTS_PER_ADDRESS: '0',
  });
  opened.push(gateway.stop);
  return gateway;
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

async function send({ url }: InProcess): Promise<void> {
  const answer = await fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      kind: 'complaint',
      text: `Tanggul Kali Pepe retak dekat rumah pompa, airnya merembes (${uniqueWord()})`,
      agency: 'nasional',
      consent: true,
    }),
  });
  expect(answer.status).toBe(202);
}

const isLogged = ({ logged }: InProcess, event: string) =>
  logged.some((line) => line.includes(`"event":"${event}"`));

const untilLogged = (gateway: InProcess, event: string) =>
  vi.waitFor(() => expect(isLogged(gateway, event)).toBe(true), 15_000);

async function countDelivered(db: Pool): Promise<number | null> {
  return (await db.query("select from deliveries where state = 'delivered'")).rowCount;
}

/**
 * Until so many reports are filed and with their agency, each once and nothing left over. With `hurry` each second is as
 * if the sweeper had waited long enough for every job that may be lost.
 */
async function untilDelivered(
  count: number,
  hurry: ((db: Pool) => Promise<void>) | null = null,
  db: Pool = database.pool,
): Promise<void> {
  await vi.waitFor(
    async () => {
      await hurry?.(db);
      const { rows } = await db.query(
        `select (select count(*)::int from reports) as reports, (select count(*)::int from inbox) as inbox,
           (select count(*)::int from bundles) as bundles, (select count(*)::int from filings) as filed,
           (select count(*)::int from quarantine) as quarantined`,
      );
      expect(rows).toEqual([{ reports: count, inbox: 0, bundles: 0, filed: count, quarantined: 0 }]);
      expect(await countDelivered(db)).toBe(count);
    },
    { timeout: 30_000, interval: hurry === null ? 50 : 1_000 },
  );
  const ids = agency.received.slice(heardBefore).map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(count);
  // An agency may hear of a delivery twice, always under the same id.
  expect(ids.length).toBeGreaterThanOrEqual(count);
}
