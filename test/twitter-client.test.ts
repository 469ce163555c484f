import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createXClient } from '../channels/twitter/client.ts';
import { readFailure } from '../channels/twitter/failure.ts';

/** What becomes of calls by the library, as it is, where the wire is not as it should be. */

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Answers each connection with these bytes, then does the rest. */
async function answer(bytes: string, rest: (socket: Socket) => void = () => {}) {
  const sockets: Socket[] = [];
  let asked = '';
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      asked += data.toString();
      if (bytes !== '') socket.write(bytes);
      rest(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    server,
    asked: () => asked,
    open: () => sockets.filter(({ destroyed }) => !destroyed).length,
  };
}

const call = (url: string, { timeoutMs = 500, signal }: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
  createXClient('token-pembaca', url, timeoutMs)((api) => api.v2.get('tweets', { ids: '20' }), signal);
const failureOf = (url: string) =>
  call(url).then(
    () => 'no failure',
    (error) => readFailure(error, new Date()),
  );
const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

describe('a call', () => {
  test('is made in clear where the address says so, with the token', async () => {
    const x = await answer(`${head}content-length: 2\r\n\r\n{}`);
    expect(await call(x.url)).toEqual({});
    expect(x.asked()).toMatch(/^GET \/2\/tweets\?ids=20 HTTP\/1.1\r\n/);
    expect(x.asked()).toContain('Bearer token-pembaca');
    expect(x.asked()).toMatch(/host: api\.x\.com/i);
  });

  test('that was never connected was certainly not carried out', async () => {
    const { url, server } = await answer('');
    server.close();
    await once(server, 'close');
    expect(await failureOf(url)).toEqual({ kind: 'unreachable' });
  });

  test.each<[string, string, (socket: Socket) => void]>([
    ['breaks off before an answer', '', (socket) => socket.destroy()],
    ['breaks off in the headers', head, (socket) => socket.destroy()],
    [
      'breaks off in the middle of a page',
      `${head}content-length: 99\r\n\r\n{"data":[`,
      (socket) => socket.destroy(),
    ],
    ['breaks off where nobody knows the length', `${head}\r\n{"data":[`, (socket) => socket.end()],
    [
      'breaks off compressed',
      `${head}content-encoding: gzip\r\ncontent-length: 99\r\n\r\n\x1f`,
      (socket) => socket.destroy(),
    ],
    ['is silent', '', () => {}],
    ['is silent in the middle of a page', `${head}content-length: 99\r\n\r\n{"data":[`, () => {}],
    ['comes to the end of a page in an hour', `${head}content-length: 99999\r\n\r\n`, drip],
  ])('whose answer %s is in doubt, and over', async (_name, bytes, rest) => {
    const x = await answer(bytes, rest);
    expect(await failureOf(x.url)).toEqual({ kind: 'in-doubt', answered: false });
  });

  test('ends when nobody wants it any more, and its connection with it', async () => {
    const x = await answer('');
    const wanted = new AbortController();
    const calling = call(x.url, { timeoutMs: 60_000, signal: wanted.signal });
    await once(x.server, 'connection');
    wanted.abort(new Error('we stop'));
    await expect(calling).rejects.toThrow('we stop');
    await expect.poll(x.open).toBe(0);
  });
});

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write(' '), 50);
  socket.once('close', () => clearInterval(timer));
}
