import { spawnSync } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type LookupFunction,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createGuardedFetch, type Timeouts } from '../src/outbound/guarded-fetch.ts';
import { type ReceivingAgency, startReceivingAgency } from './support/receiving-agency.ts';

const impatient: Timeouts = { connect: 400, headers: 300, total: 800, body: 200, file: 800 };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(answer: Parameters<typeof startReceivingAgency>[0]): Promise<ReceivingAgency> {
  const agency = await startReceivingAgency(answer);
  cleanups.push(agency.stop);
  return agency;
}

function open(allow: readonly string[], lookup?: LookupFunction) {
  const guarded = createGuardedFetch({
    allow,
    timeouts: impatient,
    ...(lookup === undefined ? {} : { lookup }),
  });
  cleanups.push(guarded.close);
  return guarded;
}

function guard(allow: readonly string[], lookup?: LookupFunction) {
  const guarded = open(allow, lookup);
  return (url: string) => guarded.post({ url, headers: { 'x-uji': 'ya' }, body: '{"isi":"aduan"}' });
}

/** A server below HTTP: what it does with a connection is all up to `serve`. */
async function startRaw(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an answer', () => {
  test('brings its status and its Retry-After, and the connection is used again', async () => {
    const agency = await start((_, response) =>
      response.writeHead(429, { 'retry-after': '7' }).end('terlalu banyak'),
    );
    const post = guard([agency.host]);
    for (let count = 0; count < 6; count += 1) {
      expect(await post(`${agency.origin}/masuk?unit=3`)).toEqual({
        kind: 'answer',
        status: 429,
        retryAfter: '7',
      });
    }
    expect(agency.received[0]).toMatchObject({ path: '/masuk?unit=3', body: '{"isi":"aduan"}' });
    expect(agency.received[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-uji': 'ya' });
    // The pool may open a second one where the first is not yet marked free.
    expect(new Set(agency.received.map(({ remotePort }) => remotePort)).size).toBeLessThanOrEqual(2);
  });

  test('that redirects is not followed, wherever it leads', async () => {
    const inside = await start((_, response) => response.end('rahasia dalam'));
    const agency = await start((_, response) =>
      response.writeHead(307, { location: `${inside.origin}/latest/meta-data` }).end(),
    );
    const post = guard([agency.host, inside.host]);
    expect(await post(agency.origin)).toMatchObject({ kind: 'answer', status: 307 });
    expect(inside.received).toEqual([]);
  });

  test('of any size is read for a moment only', async () => {
    let sent = 0;
    const agency = await start((_, response) => {
      const block = Buffer.alloc(64 * 1024, 'a');
      const pour = () => {
        while (!response.destroyed && response.write(block)) sent += block.length;
      };
      response.on('drain', pour).writeHead(200);
      pour();
    });
    const outcome = await guard([agency.host])(agency.origin);
    expect(outcome).toEqual({ kind: 'answer', status: 200, retryAfter: null });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('that drips its body holds nobody', async () => {
    const agency = await start((_, response) => {
      response.writeHead(503).write('tunggu');
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const outcome = await guard([agency.host])(agency.origin);
    expect(outcome).toMatchObject({ kind: 'answer', status: 503 });
  });

  test('that breaks off still is the answer its status gave', async () => {
    const agency = await start((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"ok":', () => response.destroy());
    });
    expect(await guard([agency.host])(agency.origin)).toMatchObject({ kind: 'answer', status: 200 });
  });
});

describe('no answer', () => {
  test('from an agency that hangs is a timeout', async () => {
    const agency = await start(() => {});
    expect(await guard([agency.host])(agency.origin)).toEqual({
      kind: 'timeout',
      // whichever of the two clocks is first on a busy machine
      detail: expect.stringMatching(/^(UND_ERR_HEADERS_TIMEOUT|no complete answer in time)$/),
    });
  });

  test('from one that drips headers for ever is a timeout', async () => {
    const host = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const drip = setInterval(() => socket.write('x-a: b\r\n'), 50);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await guard([host])(`http://${host}/`)).toMatchObject({ kind: 'timeout' });
  });

  test('from one that keeps saying "early hints" is a timeout', async () => {
    const host = await startRaw((socket) => {
      const drip = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), 50);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await guard([host])(`http://${host}/`)).toEqual({
      kind: 'timeout',
      detail: 'no complete answer in time',
    });
  });

  test('from one that reads and hangs up is a network failure', async () => {
    const host = await startRaw((socket) => socket.once('data', () => socket.end()));
    expect(await guard([host])(`http://${host}/`)).toEqual({ kind: 'network', detail: 'UND_ERR_SOCKET' });
  });

  test('where nobody listens is a network failure', async () => {
    expect(await guard(['127.0.0.1'])('http://127.0.0.1:9/')).toEqual({
      kind: 'network',
      detail: 'ECONNREFUSED',
    });
  });

  test('in HTTP is a network failure that quotes nothing', async () => {
    const host = await startRaw((socket) =>
      socket.once('data', (sent) => socket.end(`SMTP siap ${String(sent)}`)),
    );
    const outcome = await guard([host])(`http://${host}/`);
    expect(outcome.kind).toBe('network');
    expect(JSON.stringify(outcome)).not.toMatch(/aduan|SMTP/);
  });

  test('over TLS with a certificate nobody vouches for is a network failure, and nothing was sent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lapor-tls-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = spawnSync('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-keyout', key, '-out', cert],
    ]);
    expect(made.status, String(made.stderr)).toBe(0);
    let requests = 0;
    const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, () => {
      requests += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(async () => server.close());
    const host = `localhost:${(server.address() as AddressInfo).port}`;
    expect(await guard([host])(`https://${host}/`)).toEqual({
      kind: 'network',
      detail: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(requests).toBe(0);
  });
});

describe('a name that resolves differently the second time', () => {
  // Public in form, assigned to nobody: connecting to it leads nowhere.
  const nowhere: LookupAddress = { address: '3ffe::1', family: 6 };
  const here: LookupAddress = { address: '127.0.0.1', family: 4 };

  test('is connected to at the address that was checked, and blocked once it turns private', async () => {
    let connections = 0;
    const host = await startRaw(() => {
      connections += 1;
    });
    const asked: string[] = [];
    const lookup: LookupFunction = (hostname, _options, callback) => {
      asked.push(hostname);
      callback(null, asked.length === 1 ? [nowhere] : [here]);
    };
    const post = guard([], lookup);
    const url = `https://lapor.jahat.example:${host.split(':')[1]}/masuk`;
    // Whoever checks first and lets the socket resolve the name again arrives here on the first call.
    expect(['network', 'timeout']).toContain((await post(url)).kind);
    expect(await post(url)).toEqual({
      kind: 'blocked',
      detail: 'the name resolves to a private or reserved address',
    });
    expect(asked).toHaveLength(2);
    expect(connections).toBe(0);
  });
});

describe('a download', () => {
  const photo = Buffer.alloc(200_000, 'foto');
  const most = photo.length;

  test('brings the file whole, and the connection is used again', async () => {
    const host = await start((_, response) => response.end(photo));
    const { download } = open([host.host]);
    for (let count = 0; count < 6; count += 1) {
      const outcome = await download(`${host.origin}/media/A.jpg?name=large`, most);
      expect(outcome.kind === 'file' && outcome.content.equals(photo)).toBe(true);
    }
    expect(host.received[0]).toMatchObject({ path: '/media/A.jpg?name=large', body: '' });
    expect(new Set(host.received.map(({ remotePort }) => remotePort)).size).toBeLessThanOrEqual(2);
  });

  test.each([
    ['says so', { 'content-length': String(photo.length) }],
    ['does not say so', { 'transfer-encoding': 'chunked' }],
  ])('of more than is wanted is given up where the answer %s', async (_, headers) => {
    const host = await start((_, response) => response.writeHead(200, headers).end(photo));
    expect(await open([host.host]).download(host.origin, most - 1)).toEqual({ kind: 'too-large' });
  });

  test('without end is given up after so many bytes', async () => {
    let sent = 0;
    const host = await start((_, response) => {
      const block = Buffer.alloc(64 * 1024, 'a');
      const pour = () => {
        while (!response.destroyed && response.write(block)) sent += block.length;
      };
      response.on('drain', pour).writeHead(200);
      pour();
    });
    expect(await open([host.host]).download(host.origin, most)).toEqual({ kind: 'too-large' });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test('that drips holds nobody', async () => {
    const host = await start((_, response) => {
      response.writeHead(200).write('foto');
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await open([host.host]).download(host.origin, most)).toMatchObject({ kind: 'timeout' });
  });

  test('that breaks off is none, whether or not its length was said', async () => {
    const host = await start(({ path }, response) => {
      const headers = path === '/said' ? { 'content-length': '1000' } : {};
      response.writeHead(200, headers).write('setengah', () => response.destroy());
    });
    const { download } = open([host.host]);
    for (const path of ['/said', '/unsaid']) {
      expect(await download(host.origin + path, most)).toMatchObject({ kind: 'network' });
    }
  });

  test('that is not there, or elsewhere, is the status it was answered with, and no redirect is followed', async () => {
    const inside = await start((_, response) => response.end('rahasia dalam'));
    const host = await start(({ path }, response) =>
      response.writeHead(Number(path.slice(1)), { location: `${inside.origin}/meta-data` }).end('isi'),
    );
    const { download } = open([host.host, inside.host]);
    for (const status of [204, 206, 302, 404, 503]) {
      expect(await download(`${host.origin}/${status}`, most)).toEqual({ kind: 'answer', status });
    }
    expect(inside.received).toEqual([]);
  });

  test('from a private address is blocked, also behind a name', async () => {
    const host = await start((_, response) => response.end(photo));
    const port = host.host.split(':')[1];
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const { download } = open([], lookup);
    expect(await download(`https://127.0.0.1:${port}/`, most)).toMatchObject({ kind: 'blocked' });
    expect(await download(`https://pbs.jahat.example:${port}/`, most)).toMatchObject({ kind: 'blocked' });
    expect(await download(`http://pbs.jahat.example:${port}/`, most)).toMatchObject({ kind: 'blocked' });
    expect(host.received).toEqual([]);
  });
});
