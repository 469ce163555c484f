import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectionBounds } from '../src/http/limits/connections.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';

/** A tenth of the real ones and less, in the same proportions. */
const bounds = {
  headMs: 500,
  requestMs: 1_000,
  uploadRate: 16 * 1024,
  stalledMs: 1_500,
  idleMs: 1_000,
  checkMs: 100,
  maxConnections: 20,
};
const head = 'POST /v1/reports HTTP/1.1\r\nhost: lapor.example\r\ncontent-type: application/json\r\n';

let database: TestDatabase;
let gateway: TestApp;
let open: Socket[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  gateway = await createTestApp(database.pool, { bounds });
  await gateway.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  open = [];
  await eventually(async () => expect(await countConnections()).toBe(0));
});
afterAll(async () => {
  await gateway?.app.close();
  await database?.drop();
});

const countConnections = () =>
  new Promise<number>((resolve) => gateway.app.server.getConnections((_error, count) => resolve(count)));

async function connectClient(): Promise<Socket> {
  const socket = connect((gateway.app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {}); // it is going to be cut
  open.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Writes the same again and again, as slowly or as fast as asked, until it is cut. */
function drip(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.once('close', () => clearInterval(timer));
}

/** Milliseconds until the server has let go of the only connection. */
async function timeUntilCut(): Promise<number> {
  const start = performance.now();
  await vi.waitFor(async () => expect(await countConnections()).toBe(0), { timeout: 8_000, interval: 20 });
  return performance.now() - start;
}

describe('a client that', () => {
  test('never says a word is cut', async () => {
    const socket = await connectClient();
    socket.resume();
    expect(await timeUntilCut()).toBeLessThan(bounds.headMs + 1_000);
  });

  test('sends its head byte by byte is cut, and told why', async () => {
    const socket = await connectClient();
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.write(`${head}x-padding: `);
    // so seldom that none is under way when it is cut: what comes then takes the answer from who has not read it yet
    drip(socket, 'a', 400);
    expect(await timeUntilCut()).toBeLessThan(bounds.headMs + 1_000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('sends its body byte by byte is cut, and nothing of it stored', async () => {
    const socket = await connectClient();
    socket.resume();
    socket.write(`${head}content-length: 60000\r\n\r\n{"text":"`);
    drip(socket, 'a', 20);
    expect(await timeUntilCut()).toBeLessThan(bounds.requestMs + 1_000);
    expect((await database.pool.query('select from reports')).rowCount).toBe(0);
  });

  test('asks on and on and never reads an answer is cut', async () => {
    const socket = await connectClient();
    socket.pause();
    drip(socket, 'GET /lapor HTTP/1.1\r\nhost: lapor.example\r\n\r\n'.repeat(20), 10);
    // Once for what may still be moving, once for nothing moving, after the buffers in between are full.
    expect(await timeUntilCut()).toBeLessThan(2 * bounds.stalledMs + 3_000);
  });

  test('has its answer and says no more is cut', async () => {
    const socket = await connectClient();
    socket.resume();
    socket.write('GET /health HTTP/1.1\r\nhost: lapor.example\r\n\r\n');
    // Node waits a second longer than it tells the client, who might be sending at that very moment.
    expect(await timeUntilCut()).toBeLessThan(bounds.idleMs + 2_500);
  });
});

test('one connection too many is refused, and taken once another has gone', async () => {
  const answers = async () => {
    const socket = await connectClient();
    socket.write('GET /health HTTP/1.1\r\nhost: lapor.example\r\nconnection: close\r\n\r\n');
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    await once(socket, 'close');
    return answer;
  };
  const holding = await Promise.all(Array.from({ length: bounds.maxConnections }, connectClient));
  await eventually(async () => expect(await countConnections()).toBe(bounds.maxConnections));
  expect(await answers()).toBe('');
  holding[0]?.destroy();
  await eventually(async () => expect(await countConnections()).toBeLessThan(bounds.maxConnections));
  expect(await answers()).toMatch(/^HTTP\/1\.1 200 /);
});

test('nobody who waits for a tracking ID as long as the API allows is cut off', () => {
  expect(connectionBounds.stalledMs).toBeGreaterThan(45_000);
});

test('large bodies that arrive together do not take more memory than there is for them', async () => {
  const megabyte = 1024 * 1024;
  const announce = async (length: number) => {
    const socket = await connectClient();
    socket.write(`${head.replace('/v1/reports', '/channels/sms/generic')}content-length: ${length}\r\n\r\n[`);
    return socket;
  };
  const post = () =>
    gateway.app.inject({ method: 'POST', url: '/channels/sms/generic', body: Buffer.alloc(megabyte) });
  await Promise.all([1, 2, 3, 4].map(() => announce(16 * megabyte)));
  await eventually(async () => expect((await post()).statusCode).toBe(503));
  expect(
    (await gateway.app.inject({ method: 'POST', url: '/channels/sms/generic', body: '[]' })).statusCode,
  ).toBe(404);
  for (const socket of open) socket.destroy();
  await eventually(async () => expect((await post()).statusCode).toBe(404));
});
