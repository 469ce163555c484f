import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { countAccepted } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { type Running, startGateway } from './support/gateway.ts';
import { testQueueNamespace, testRedisUrl } from './support/redis.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

const body = JSON.stringify({
  kind: 'complaint',
  text: 'Banjir setinggi lutut di Kampung Pulo sejak subuh, pompa air tidak jalan. '.repeat(12),
  consent: true,
});
const request = [
  'POST /v1/reports HTTP/1.1',
  'host: lapor.example',
  'content-type: application/json',
  `content-length: ${body.length}`,
  '',
  body,
].join('\r\n');

let database: TestDatabase;
let postgres: TcpRelay;
let gateway: Running;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  postgres = await openTcpRelay(database.url);
  gateway = await startGateway('serve', {
    DATABASE_URL: postgres.url,
    REDIS_URL: testRedisUrl(),
    QUEUE_NAMESPACE: testQueueNamespace(),
    // Room for more than one commit, which is spooled whole or not at all, and for a fraction of all posts.
    SPOOL_MAX_MB: '6',
    LOG_LEVEL: 'info',
    NODE_OPTIONS: '--max-old-space-size=256 --max-semi-space-size=16',
  });
}, 60_000);
afterAll(async () => {
  await postgres?.close();
  await gateway?.end('SIGKILL');
  await database?.drop();
});

/** What the gateway says it has of memory, in MB. */
async function readMemory(): Promise<number> {
  const figures = await (
    await fetch(`${gateway.url}/metrics`, { signal: AbortSignal.timeout(30_000) })
  ).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(figures)?.[1]) / 1024 / 1024;
}

const send = async (): Promise<number> => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${gateway.url}/v1/reports`, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(20_000),
  });
  return answer.status;
};

test('with PostgreSQL frozen and the spool full 25,000 posts at once are answered 503 in bounded memory, and later ones taken', {
  timeout: 120_000,
}, async () => {
  expect(await send()).toBe(202);
  const before = await readMemory();
  postgres.swallow();
  const answers = new Map<string, number>();
  const sockets = Array.from({ length: 250 }, () => flood(answers));
  try {
    // The first are refused at once; what was spooled is known only when PostgreSQL was given up.
    await vi.waitFor(
      () => {
        expect(answers.get('503') ?? 0).toBeGreaterThan(4_000);
        expect(answers.get('202') ?? 0).toBeGreaterThan(0);
        expect(gateway.output()).toContain('"event":"spool_full"');
      },
      { timeout: 60_000 },
    );
    await vi.waitFor(async () => expect((await fetch(`${gateway.url}/health`)).status).toBe(200), {
      timeout: 30_000,
    });
    expect((await readMemory()) - before).toBeLessThan(300);
    expect(new Set(answers.keys())).toEqual(new Set(['202', '503']));
  } finally {
    for (const socket of sockets) socket.destroy();
    await postgres.mend();
  }
  await vi.waitFor(async () => expect(await send()).toBe(202), { timeout: 30_000 });
  // Whoever was told that it was taken finds it stored.
  await vi.waitFor(
    async () => expect(await countAccepted(database.pool)).toBeGreaterThanOrEqual(answers.get('202') ?? 0),
    { timeout: 30_000 },
  );
});

/** A hundred posts on one connection, none of which waits for the answer to the one before. */
function flood(statuses: Map<string, number>): Socket {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => {}); // it is destroyed in mid-answer
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    for (const [, status = ''] of chunk.matchAll(/HTTP\/1\.1 (\d+)/g)) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  socket.write(request.repeat(100));
  return socket;
}
