import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { startOwnPostgres, startOwnRedis } from '../chaos/servers.ts';
import { createPool } from '../src/db/pool.ts';
import type { AgencyCode } from '../src/domain/report.ts';
import { letPass } from '../src/embedded/run-as.ts';
import { prepareDatabase } from '../src/prepare-database.ts';
import { countRows } from './support/core.ts';
import { createTestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { canMount } from './support/mounting.ts';
import { startReceivingAgency } from './support/receiving-agency.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';
import { uniqueWord } from './support/unique-word.ts';

/**
 * After an outage of whatever length and kind the pipeline moves again by itself within 15 seconds: a gateway and a worker,
 * each a process, live through one outage after the other. All kinds at the same time; what each takes is printed.
 */
const outageSeconds = [3, 12, 60] as const;
const promisedMs = 15_000;
/** What was queued in the outage and got lost is found by the sweeper half a minute later, at most once for each step. */
const backlogMs = 90_000;

type Server = 'Redis' | 'PostgreSQL';
type Outage = { readonly begin: () => unknown; readonly end: () => unknown };
/** A server that can go away in one way, reached at `url`. */
type Failing = Outage & { readonly url: string };

/** What becomes of the wire to the server that all tests share. */
const wires = {
  'refuses connections': { begin: (relay) => relay.cut(), end: (relay) => relay.mend() },
  'is a black hole': { begin: (relay) => relay.swallow(), end: (relay) => relay.mend() },
  'is a black hole that old connections never leave': {
    begin: (relay) => relay.swallow(),
    end: (relay) => relay.mendNewOnly(),
  },
} satisfies Record<string, { [Step in keyof Outage]: (relay: TcpRelay) => unknown }>;

/** What becomes of a server of the test's own. */
const ends = ['is killed', 'has a full disk'] as const;

type Way = keyof typeof wires | (typeof ends)[number];
const cases: readonly (readonly [Server, Way])[] = [
  ...(['Redis', 'PostgreSQL'] as const).flatMap((server) =>
    (Object.keys(wires) as (keyof typeof wires)[]).map((way) => [server, way] as const),
  ),
  ['Redis', 'is killed'],
  ['PostgreSQL', 'is killed'],
  ...(canMount ? ([['PostgreSQL', 'has a full disk']] as const) : []),
];

const closes: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

test.concurrent.each(cases)(
  'while %s %s reports are taken, and soon after they reach their agency again',
  { timeout: 240_000 },
  async (server, way) => {
    const { gateway, worker, failing, agency, pool } = await openStage(server, way);
    const sent: string[] = [];
    const send = async () => {
      const text = `Jembatan bambu di Dusun Krajan hanyut, warga memutar 3 km (${uniqueWord()})`;
      await submit(gateway, text);
      sent.push(text);
      return text;
    };
    const isHeard = (text: string) => agency.received.some(({ body }) => body.includes(text));

    const first = await send();
    await vi.waitFor(() => expect(isHeard(first)).toBe(true), 20_000);
    for (const seconds of outageSeconds) {
      await failing.begin();
      await Promise.all([sleep(seconds * 1_000), send()]);
      await send();
      await failing.end();

      const endedAt = performance.now();
      const sentSince: string[] = [];
      await vi.waitFor(
        async () => {
          sentSince.push(await send());
          expect(sentSince.some(isHeard)).toBe(true);
        },
        { timeout: promisedMs, interval: 250 },
      );
      const took = ((performance.now() - endedAt) / 1_000).toFixed(1);
      console.log(`${server} ${way}, ${seconds} s: moving again after ${took} s`);
    }

    await vi.waitFor(() => expect(sent.filter((text) => !isHeard(text))).toEqual([]), backlogMs);
    expect(await countRows(pool, 'filings')).toBe(sent.length);
    for (const process of [gateway, worker]) {
      expect(await Promise.race([process.ended, 'running'])).toBe('running');
      expect(process.complaints()).toBe('');
      expect(await process.end('SIGTERM')).toBe(0);
      expect(process.output()).not.toMatch(/unhandled|"event":"crashed"/i);
    }
  },
);

/** A gateway and a worker with all that they need, of which one server goes away in this way. */
async function openStage(server: Server, way: Way) {
  const agency = await startReceivingAgency((_, response) => response.writeHead(202).end());
  closes.push(agency.stop);
  const { failing, databaseUrl, pool } =
    server === 'Redis' ? await openFailingRedis(way) : await openFailingPostgres(way);
  await addEndpoint(pool, 'nasional' as AgencyCode, `${agency.origin}/lapor`);

  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: server === 'Redis' ? failing.url : testRedisUrl(),
    QUEUE_NAMESPACE: testQueueNamespace(),
    OUTBOUND_ALLOW: agency.host,
    DATA_DIR: makeFolder(),
    RATE_LIMIT_PER_ADDRESS: '0',
    RATE_LIMIT_REPORTS_PER_ADDRESS: '0',
  };
  const start = async (role: 'serve' | 'work') => {
    const running = await startGateway(role, env);
    closes.push(() => running.end('SIGKILL'));
    return running;
  };
  const gateway = await start('serve');
  const worker = await start('work');
  return { gateway, worker, failing, agency, pool };
}

async function openFailingRedis(way: Way) {
  const database = await createTestDatabase({ seeded: true });
  closes.push(database.drop);
  const here = { databaseUrl: database.url, pool: database.pool };
  if (way in wires) return { ...here, failing: await openWire(testRedisUrl(), way as keyof typeof wires) };
  const redis = await startOwnRedis(makeFolder());
  closes.push(redis.stop);
  return { ...here, failing: { url: redis.url(), begin: redis.kill, end: redis.start } };
}

async function openFailingPostgres(way: Way) {
  if (way in wires) {
    const database = await createTestDatabase({ seeded: true });
    closes.push(database.drop);
    const failing = await openWire(database.url, way as keyof typeof wires);
    return { failing, databaseUrl: failing.url, pool: database.pool };
  }
  const postgres = await startOwnPostgres(join(makeFolder(), 'postgres'));
  closes.push(postgres.stop);
  const url = postgres.url();
  await prepareDatabase(url, () => {});
  const pool = createPool(url, { max: 2, onError: () => {} });
  closes.push(() => pool.end());
  const isFull = way === 'has a full disk';
  const failing: Failing = {
    url,
    begin: () => (isFull ? postgres.fillDisk?.(true) : postgres.kill()),
    end: async () => {
      if (isFull) postgres.fillDisk?.(false);
      // Out of space it may have gone down with its log.
      await postgres.start();
    },
  };
  return { failing, databaseUrl: url, pool };
}

async function openWire(url: string, way: keyof typeof wires): Promise<Failing> {
  const relay = await openTcpRelay(url);
  closes.push(relay.close);
  return { url: relay.url, begin: () => wires[way].begin(relay), end: () => wires[way].end(relay) };
}

const makeFolder = (): string => {
  const folder = mkdtempSync(join(inject('scratch'), 'outage-'));
  letPass(folder);
  return folder;
};

async function submit({ url }: Running, text: string): Promise<void> {
  const answer = await fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'complaint', text, agency: 'nasional', consent: true }),
  });
  expect(answer.status).toBe(202);
}
