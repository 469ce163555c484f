import { Agent, request } from 'node:http';
import autocannon, { type Options } from 'autocannon';
import { sampleBody } from './samples.ts';

let next = 0;
const nextBody = () => {
  next += 1;
  return sampleBody(next);
};

type Connections = { readonly connections: number };

/** Sends `amount` reports, each another one; how many a second. Throws where one was not taken. */
export const sendEach = (port: number, how: Connections & { readonly amount: number }): Promise<number> =>
  send(port, { ...how, requests: [{ setupRequest: (request) => ({ ...request, body: nextBody() }) }] });

/** So many reports a connection has ready, and begins again with. */
const readyPerConnection = 200;

/**
 * Sends reports for `duration` seconds as fast as they are taken; how many a second. They are made beforehand, so that
 * making them takes nothing from whoever takes them. Throws where one was not taken.
 */
export const sendReady = (port: number, how: Connections & { readonly duration: number }): Promise<number> =>
  send(port, {
    ...how,
    setupClient: (client) =>
      client.setRequests(Array.from({ length: readyPerConnection }, () => ({ body: nextBody() }))),
  });

async function send(port: number, how: Omit<Options, 'url' | 'method' | 'headers'>): Promise<number> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/v1/reports`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...how,
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} requests refused, ${result.errors} failed`);
  }
  return result['2xx'] / result.duration;
}

/** Milliseconds of each of `count` reports sent one after the other on one connection, or at a fixed rate on many. */
export async function timeReports(
  port: number,
  how: { readonly count: number; readonly perSecond?: number; readonly wait?: number },
): Promise<readonly number[]> {
  const took: number[] = [];
  const one = async () => {
    next += 1;
    const start = performance.now();
    const answer = await post(port, sampleBody(next), how.wait);
    took.push(performance.now() - start);
    if (how.wait !== undefined && answer.trackingId === null) throw new Error('no tracking ID came in time');
  };
  if (how.perSecond === undefined) {
    for (let sent = 0; sent < how.count; sent += 1) await one();
    return took;
  }
  // The clock sets the pace, not the answers: a slow answer does not make the next report come later.
  const running: Promise<void>[] = [];
  const start = performance.now();
  for (let sent = 0; sent < how.count; sent += 1) {
    const due = start + (sent * 1000) / how.perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    running.push(one());
  }
  await Promise.all(running);
  return took;
}

/** As light as a client can be: its own time is part of what is measured. */
function post(port: number, body: string, wait: number | undefined): Promise<{ trackingId: string | null }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        path: '/v1/reports',
        method: 'POST',
        agent,
        timeout: 30_000,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(wait === undefined ? {} : { prefer: `wait=${wait}` }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          if (response.statusCode === 202) resolve(JSON.parse(text));
          else reject(new Error(`a report was answered ${response.statusCode}`));
        });
      },
    );
    sent.on('error', reject).end(body);
  });
}

const agent = new Agent({ keepAlive: true });
