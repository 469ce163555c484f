import { once } from 'node:events';
import { get, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { loadDirectory } from '../src/db/directory.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import type { Directory } from '../src/domain/routing/directory.ts';
import { createTestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { addAgency, fileReport } from './support/filed-reports.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

/** Progress as it happens, read from a listening gateway as a browser's EventSource does. */

let database: TestDatabase;
let directory: Directory;
let wire: TcpRelay;
let pool: Pool;
let app: FastifyInstance;
let logged: readonly string[];
/** The reports of each look at how far they are. */
let askedFor: unknown[];

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  directory = await loadDirectory(database.pool);
});
afterAll(() => database?.drop());
beforeEach(async () => {
  wire = await openTcpRelay(database.url);
  pool = createPool(wire.url, { max: 4, onError: () => {}, answerWithinMs: 5_000 });
  askedFor = [];
  const counting = new Proxy(pool, {
    get: (target, name) => {
      if (name !== 'query') return Reflect.get(target, name);
      return (query: { name?: string; values?: unknown[] }) => {
        if (query.name === 'list-progress') askedFor.push(query.values?.[0]);
        return target.query(query as never);
      };
    },
  });
  ({ app, logged } = await createTestApp(counting, { env: { TRUST_PROXY: '127.0.0.1' }, directory }));
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  await app?.close();
  await pool?.end();
  await wire?.close();
});

const patiently = { timeout: 20_000, interval: 50 };

type Report = { readonly reportId: string; readonly receipt: string; readonly deliveryId: string };

async function addReport(): Promise<Report> {
  const filed = await fileReport(database.pool, await addAgency(database.pool), new Date());
  const { rows } = await database.pool.query<{ receipt: string }>(
    'select receipt from reports where id = $1',
    [filed.reportId],
  );
  return { ...filed, receipt: rows[0]?.receipt ?? '' };
}

const deliver = ({ deliveryId }: Report) =>
  database.pool.query("update deliveries set state = 'delivered', finished_at = now() where id = $1", [
    deliveryId,
  ]);

const add = ({ reportId }: Report) =>
  database.pool.query(
    `insert into additions (id, report_id, channel, text, received_at)
     values (gen_random_uuid(), $1, 'sms', 'Sudah diperbaiki', now())`,
    [reportId],
  );

/** What the stream has said so far, and whether it is over. Not by fetch: given up, that opens a connection for nothing. */
async function follow({ receipt }: Pick<Report, 'receipt'>, query = '', headers: OutgoingHttpHeaders = {}) {
  const { port } = app.server.address() as AddressInfo;
  // A machine busy with other tests may be told, rightly, to come again.
  const [request, answer] = await vi.waitFor(async () => {
    const asked = get({ port, path: `/v1/receipts/${receipt}/events${query}`, headers, agent: false });
    const [answered] = (await once(asked, 'response')) as [IncomingMessage];
    if (answered.statusCode !== 503) return [asked, answered] as const;
    asked.destroy();
    throw new Error('overloaded');
  }, patiently);
  const heard = { status: answer.statusCode, headers: answer.headers, text: '', over: false };
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    heard.text += chunk;
  });
  answer.once('end', () => {
    heard.over = true;
  });
  answer.on('error', () => {}); // given up
  return { heard, stop: () => request.destroy() };
}

const eventsIn = (text: string) =>
  [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, name, data]) => [name, JSON.parse(data ?? '')]);

test('tells where a report stands, then each step, then that it is over', async () => {
  const report = await addReport();
  const { heard } = await follow(report);
  expect(heard.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(heard.headers['cache-control']).toBe('no-store');
  await vi.waitFor(() => expect(eventsIn(heard.text)).toHaveLength(1), patiently);
  expect(heard.text).toMatch(/^retry: \d+\n\n/);
  await add(report);
  await vi.waitFor(() => expect(eventsIn(heard.text)).toHaveLength(2), patiently);
  await deliver(report);
  await vi.waitFor(() => expect(heard.over).toBe(true), patiently);
  expect(eventsIn(heard.text)).toEqual([
    ['progress', { status: 'forwarded', trackingId: expect.stringMatching(/^\d{12}$/) }],
    ['progress', { status: 'forwarded', trackingId: expect.anything() }],
    ['progress', { status: 'delivered', trackingId: expect.anything() }],
    ['end', {}],
  ]);
});

test.each([
  ['seen', (id: string) => ({ query: `?seen=${id}`, headers: {} })],
  ['Last-Event-ID', (id: string) => ({ query: '', headers: { 'last-event-id': id } })],
])('begins behind the event that %s names', async (_, naming) => {
  const report = await addReport();
  const first = await follow(report);
  await vi.waitFor(() => expect(first.heard.text).toMatch(/^id: /m), patiently);
  const id = /^id: (.*)$/m.exec(first.heard.text)?.[1] ?? '';
  first.stop();
  const { query, headers } = naming(id);
  const second = await follow(report, query, headers);
  await deliver(report);
  await vi.waitFor(() => expect(second.heard.over).toBe(true), patiently);
  expect(eventsIn(second.heard.text).map(([name]) => name)).toEqual(['progress', 'end']);
});

test('a receipt that nobody was given is not found', async () => {
  const { heard } = await follow({ receipt: '01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya' });
  expect(heard.status).toBe(404);
});

test('all who watch share one query, and nobody who is gone is asked for', async () => {
  const reports = await Promise.all([addReport(), addReport(), addReport()]);
  const streams = await Promise.all(reports.flatMap((report) => [follow(report), follow(report)]));
  askedFor = [];
  await Promise.all(reports.map(add));
  const heardOfIt = ({ heard }: (typeof streams)[number]) => eventsIn(heard.text).length === 2;
  await vi.waitFor(() => expect(streams.every(heardOfIt)).toBe(true), patiently);
  for (const ids of askedFor)
    expect(new Set(ids as string[])).toEqual(new Set(reports.map((one) => one.reportId)));
  expect(askedFor.length).toBeGreaterThan(0);
  for (const { stop } of streams) stop();
  const late = await addReport();
  const { heard } = await follow(late);
  await vi.waitFor(() => expect(askedFor.at(-1)).toEqual([late.reportId]), patiently);
  expect(heard.over).toBe(false);
});

test('while PostgreSQL is away the stream stays, and tells afterwards what happened', async () => {
  const report = await addReport();
  const { heard } = await follow(report);
  await vi.waitFor(() => expect(eventsIn(heard.text)).toHaveLength(1), patiently);
  await wire.cut();
  await vi.waitFor(() => expect(logged.join()).toContain('watch_failed'), patiently);
  expect(heard.over).toBe(false);
  await deliver(report);
  await wire.mend();
  await vi.waitFor(() => expect(heard.over).toBe(true), patiently);
  expect(eventsIn(heard.text).at(-1)).toEqual(['end', {}]);
  expect(logged.join().match(/watch_failed/g)).toHaveLength(1);
});

test('one address holds twenty streams, another still gets one, and one that ends makes room', async () => {
  const report = await addReport();
  const from = (address: string) => follow(report, '', { 'x-forwarded-for': address });
  const streams = await Promise.all(Array.from({ length: 20 }, () => from('203.0.113.7')));
  expect(streams.map(({ heard }) => heard.status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect((await from('203.0.113.7')).heard.status).toBe(429);
  expect((await from('203.0.113.8')).heard.status).toBe(200);
  streams[0]?.stop();
  await vi.waitFor(async () => expect((await from('203.0.113.7')).heard.status).toBe(200), patiently);
});

test('a gateway that is told to stop lets nobody who watches hold it up', async () => {
  const report = await addReport();
  const { heard } = await follow(report);
  await vi.waitFor(() => expect(eventsIn(heard.text)).toHaveLength(1), patiently);
  await app.close();
  await vi.waitFor(() => expect(heard.over).toBe(true), patiently);
});
