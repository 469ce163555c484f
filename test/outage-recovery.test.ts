import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, inject, test, vi } from 'vitest';
import type { AgencyCode } from '../src/domain/report.ts';
import { countRows } from './support/core.ts';
import { createTestDatabase } from './support/database.ts';
import { addEndpoint } from './support/filed-reports.ts';
import { type Running, startGateway } from './support/gateway.ts';
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

type Way = { readonly begin: (relay: TcpRelay) => unknown; readonly end: (relay: TcpRelay) => unknown };
const ways = {
  'refuses connections': { begin: (relay) => relay.cut(), end: (relay) => relay.mend() },
  'is a black hole': { begin: (relay) => relay.swallow(), end: (relay) => relay.mend() },
  'is a black hole that old connections never leave': {
    begin: (relay) => relay.swallow(),
    end: (relay) => relay.mendNewOnly(),
  },
} satisfies Record<string, Way>;

const cases = (['Redis', 'PostgreSQL'] as const).flatMap((server) =>
  (Object.keys(ways) as (keyof typeof ways)[]).map((way) => [server, way] as const),
);

const closes: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

test.concurrent.each(cases)(
  'while %s %s reports are taken, and soon after they reach their agency again',
  { timeout: 240_000 },
  async (server, way) => {
    const { gateway, worker, relay, agency, database } = await openStage(server);
    const { begin, end } = ways[way];
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
      await begin(relay);
      await Promise.all([sleep(seconds * 1_000), send()]);
      await send();
      await end(relay);

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
    expect(await countRows(database.pool, 'filings')).toBe(sent.length);
    for (const process of [gateway, worker]) {
      expect(await Promise.race([process.ended, 'running'])).toBe('running');
      expect(process.complaints()).toBe('');
      expect(await process.end('SIGTERM')).toBe(0);
      expect(process.output()).not.toMatch(/unhandled|"event":"crashed"/i);
    }
  },
);

/** A gateway and a worker with all that they need, of which one server is reached by way of a relay. */
async function openStage(server: 'Redis' | 'PostgreSQL') {
  const database = await createTestDatabase({ seeded: true });
  closes.push(database.drop);
  const agency = await startReceivingAgency((_, response) => response.writeHead(202).end());
  closes.push(agency.stop);
  await addEndpoint(database.pool, 'nasional' as AgencyCode, `${agency.origin}/lapor`);
  const relay = await openTcpRelay(server === 'Redis' ? testRedisUrl() : database.url);
  closes.push(relay.close);

  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    ...(server === 'Redis' ? { REDIS_URL: relay.url } : { DATABASE_URL: relay.url }),
    QUEUE_NAMESPACE: testQueueNamespace(),
    OUTBOUND_ALLOW: agency.host,
    DATA_DIR: mkdtempSync(join(inject('scratch'), 'outage-')),
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
  return { gateway, worker, relay, agency, database };
}

async function submit({ url }: Running, text: string): Promise<void> {
  const answer = await fetch(`${url}/v1/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'complaint', text, agency: 'nasional', consent: true }),
  });
  expect(answer.status).toBe(202);
}
