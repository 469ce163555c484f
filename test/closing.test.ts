import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

let database: TestDatabase;
let gateway: TestApp;
let finish: () => void;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(() => agent.destroy());
afterAll(() => database?.drop());

/** A gateway with an answer that lasts until `finish` is called, and what a stop of it takes, in milliseconds. */
async function start() {
  gateway = await createTestApp(database.pool);
  gateway.app.get('/lama', async (_request, reply) => {
    reply.raw.writeHead(200, { 'content-type': 'text/plain' });
    reply.raw.write('mulai,');
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    reply.raw.end('selesai');
    return reply;
  });
  await gateway.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = gateway.app.server.address() as AddressInfo;
  return {
    port,
    stop: async () => {
      const began = performance.now();
      await gateway.app.close();
      return performance.now() - began;
    },
  };
}

/** Less than any time a connection would be waited for, on a machine however busy: that is 30 s and more. */
const soon = 15_000;

describe('a gateway that stops', () => {
  test('gives the answer it began, and does not wait for another request on that connection', async () => {
    const { port, stop } = await start();
    const request = get({ port, path: '/lama', agent });
    const [answer] = await once(request, 'response');
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const stopped = stop();
    setTimeout(() => finish(), 300);
    await once(answer, 'end');
    expect(text).toBe('mulai,selesai');
    expect(await stopped).toBeLessThan(soon);
  });

  test('does not wait for a connection that was opened ahead and not used', async () => {
    const { port, stop } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    expect(await stop()).toBeLessThan(soon);
  });
});
