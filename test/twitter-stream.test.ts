import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStream } from '../channels/twitter/stream/connection.ts';
import { ruleTag } from '../channels/twitter/stream/rules.ts';
import type { DoorContext } from '../src/context.ts';
import { type SimulatedX, type SimulatedXOptions, startSimulatedX } from '../src/simulated-x/server.ts';
import { createCore } from './support/core.ts';
import { createTestDatabase } from './support/database.ts';
import { playChunks, startStreamServer } from './support/stream-server.ts';
import {
  bearerToken,
  changeRules,
  listStoredPosts,
  namesOf,
  noLimits,
  readAlarms,
  startStream,
} from './support/twitter-stream.ts';

/** The stream of a simulated X, and what becomes of the posts in it: each one is in `messages`, once. */

const database = await createTestDatabase();
const db = database.pool;
const context = (await createCore(db)).context as unknown as DoorContext;
afterAll(() => database.drop());

const stops: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  await db.query('truncate messages, report_identities, inbox, sources, platform_spending');
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function openX(options: SimulatedXOptions = {}): Promise<SimulatedX> {
  const x = await startSimulatedX({ bearerToken, ...options });
  stops.push(x.stop);
  return x;
}

async function read(x: { readonly url: string }, more: Partial<Parameters<typeof startStream>[2]> = {}) {
  const stream = await startStream(context, database.url, { url: x.url, ...more });
  stops.push(stream.stop);
  return stream;
}

const until = (check: () => unknown, timeout = 15_000) => vi.waitFor(check, { timeout, interval: 20 });
const untilConnected = (x: SimulatedX) => until(() => expect(x.stream.connections).toBe(1));
const untilStored = (ids: readonly string[], timeout?: number) =>
  until(async () => expect(await listStoredPosts(db)).toEqual(namesOf(ids)), timeout);
const untilCounted = (count: number, timeout: number) =>
  until(async () => {
    const { rows } = await db.query('select count(*)::int as count from messages');
    expect(rows).toEqual([{ count }]);
  }, timeout);

let lamps = 0;
/** Another street lamp is out. */
function post(x: SimulatedX, text = 'Lampu jalan mati #lapor1708'): string {
  lamps += 1;
  return x.publish({ author: `warga_${lamps % 50}`, text: `${text} tiang ${lamps} 💡` });
}

describe('the stream', () => {
  test('has what is posted stored once, though it breaks off again and again', async () => {
    const x = await openX();
    const stream = await read(x);
    const ids: string[] = [];
    for (let connection = 0; connection < 4; connection += 1) {
      await untilConnected(x);
      for (let count = 0; count < 5; count += 1) ids.push(post(x));
      post(x, 'Kucing saya lucu #kucing');
      await untilStored(ids);
      x.stream.cut();
    }
    await untilConnected(x);
    expect(stream.ended.map(({ end }) => end)).toEqual(['dropped', 'dropped', 'dropped', 'dropped']);
    expect(stream.ended.map(({ pauseMs }) => pauseMs)).toEqual([0, 250, 500, 750]);
    expect(await readAlarms(db)).toEqual({});
  });

  test('has the same post once, however often it comes', async () => {
    const x = await openX();
    await read(x);
    await untilConnected(x);
    const line = JSON.stringify({
      data: { id: '2124337072436150279', author_id: '1801', text: 'Lampu jalan mati #lapor1708' },
    });
    for (let count = 0; count < 20; count += 1) x.stream.send(Buffer.from(`${line}\r\n`));
    const id = post(x);
    await untilStored(['2124337072436150279', id]);
  });

  test('and the search together have each post once, those that only one of them sees too', async () => {
    const x = await openX({ indexingMs: 300 });
    await read(x, { withSearch: true });
    const ids: string[] = [];
    for (let connection = 0; connection < 3; connection += 1) {
      await untilConnected(x);
      for (let count = 0; count < 10; count += 1) ids.push(post(x));
      x.stream.cut();
      // Nobody is connected: only the search finds it.
      ids.push(post(x));
    }
    await untilStored(ids);
    expect(x.delivered.streamPosts).toBeGreaterThanOrEqual(20);
    await until(() => expect(x.delivered.searchPosts).toBeGreaterThanOrEqual(ids.length));
    expect(await listStoredPosts(db)).toEqual(namesOf(ids));
  });

  test('has 15,000 posts that come as fast as they can', async () => {
    const x = await openX();
    const stream = await read(x, { env: noLimits });
    await untilConnected(x);
    const ids = Array.from({ length: 15_000 }, () => post(x));
    await untilCounted(ids.length, 60_000);
    expect(await listStoredPosts(db)).toEqual(namesOf(ids));
    expect(stream.ended).toEqual([]);
    await stream.stop();
    // Each of them, and its author.
    expect((await stream.budget.state()).today).toEqual({ posts: 15_000, microdollars: 15_000 * 15_000 });
  }, 90_000);

  // A minute of it: STREAM_SECONDS=60 npx vitest run --project integration test/twitter-stream.test.ts -t 'posts a second'
  const seconds = Number(process.env['STREAM_SECONDS'] ?? 10);
  test(
    `has 250 posts a second for ${seconds} seconds, as they come`,
    async () => {
      const x = await openX();
      const stream = await read(x, { env: noLimits });
      await untilConnected(x);
      const ids: string[] = [];
      const startedAt = performance.now();
      for (let tick = 1; tick <= seconds * 10; tick += 1) {
        for (let count = 0; count < 25; count += 1) ids.push(post(x));
        await pause(Math.max(0, startedAt + tick * 100 - performance.now()));
      }
      const sentAfter = performance.now() - startedAt;
      await untilCounted(ids.length, 10_000);
      const storedAfter = performance.now() - startedAt;
      expect(await listStoredPosts(db)).toEqual(namesOf(ids));
      expect(stream.ended).toEqual([]);
      // It kept up: nothing had piled up by the end.
      expect(storedAfter - sentAfter).toBeLessThan(5_000);
      if (process.env['STREAM_SECONDS'] !== undefined) {
        const rows = {
          posts: ids.length,
          sentMs: Math.round(sentAfter),
          lagMs: Math.round(storedAfter - sentAfter),
        };
        console.log(JSON.stringify(rows));
      }
    },
    seconds * 2_000 + 60_000,
  );

  test('is dead once nothing comes, not even a heartbeat', async () => {
    const x = await openX({ heartbeatMs: 20 });
    // a hundred heartbeats: on a busy machine some come late
    const stream = await read(x, { patience: { answerMs: 5_000, silenceMs: 2_000 } });
    await untilConnected(x);
    const first = post(x);
    await untilStored([first]);
    expect(stream.ended).toEqual([]);
    x.stream.stall(true);
    await until(() => expect(stream.ended.length).toBeGreaterThan(0));
    x.stream.stall(false);
    // X may not have noticed yet that the first one is gone
    await until(() => expect(x.delivered.requests['GET /2/tweets/search/stream']).toBe(2));
    await untilConnected(x);
    const second = post(x);
    await untilStored([first, second]);
  });

  test('that takes long to open is not waited for', async () => {
    const server = await startStreamServer();
    stops.push(server.stop);
    server.play(() => {});
    const stream = await read(server, { patience: { answerMs: 200, silenceMs: 5_000 } });
    await until(() => expect(stream.ended[0]).toEqual({ end: 'unreachable', pauseMs: 250 }));
  });

  test('is tried again each quarter of a second later while X cannot be reached', async () => {
    const x = await openX();
    const { url } = x;
    const port = Number(new URL(url).port);
    await x.stop();
    const stream = await read({ url });
    await until(() => expect(stream.ended.length).toBe(4));
    expect(stream.ended).toEqual([250, 500, 750, 1_000].map((pauseMs) => ({ end: 'unreachable', pauseMs })));
    const again = await openX({ port });
    await untilConnected(again);
    const id = post(again);
    await untilStored([id]);
  });

  test('goes on after X said that it hangs up', async () => {
    const x = await openX();
    await read(x);
    await untilConnected(x);
    const first = post(x);
    const farewell = {
      errors: [{ title: 'operational-disconnect', disconnect_type: 'OperationalDisconnect' }],
    };
    x.stream.send(Buffer.from(`${JSON.stringify(farewell)}\r\n`));
    await until(() => expect(x.delivered.requests['GET /2/tweets/search/stream']).toBe(2));
    await untilConnected(x);
    const second = post(x);
    await untilStored([first, second]);
  });

  test('is not brought down by what is no post', async () => {
    const server = await startStreamServer();
    stops.push(server.stop);
    const line = (id: string) =>
      `${JSON.stringify({ data: { id, author_id: '1801', text: 'Banjir #lapor' } })}\r\n`;
    const pieces = [
      '\r\n<html>Over capacity</html>\r\n{"data":{"id":7}}\r\n{"data":[]}\r\nnull\r\n"\r\n',
      'x'.repeat(5 * 1024 * 1024),
      `\r\n${line('2124337072436150279')}`,
      '{"data":{"id":"2124337072436150280","text":"setengah',
    ];
    server.play((response, connection) => {
      const chunks = connection === 0 ? pieces : [line('2124337072436150281')];
      void playChunks(
        response,
        chunks.map((piece) => Buffer.from(piece)),
        connection === 0 ? 'break' : 'stay',
      );
    });
    await read(server);
    await untilStored(['2124337072436150279', '2124337072436150281']);
    expect(server.connections()).toBe(2);
  });

  test('ends while posts cannot be stored, and begins again', async () => {
    const x = await openX();
    await read(x);
    await untilConnected(x);
    await db.query('alter table messages rename to messages_elsewhere');
    post(x);
    await until(() => expect(x.stream.connections).toBe(0));
    await db.query('alter table messages_elsewhere rename to messages');
    await untilConnected(x);
    const id = post(x);
    await untilStored([id]);
  });
});

describe('where X opens no stream', () => {
  const cases = [
    { status: 400, end: 'invalid', pauseMs: 5_000, alarm: null },
    { status: 401, end: 'unauthorized', pauseMs: 900_000, alarm: 'credentials' },
    { status: 402, end: 'credits', pauseMs: 900_000, alarm: 'credits' },
    { status: 403, end: 'forbidden', pauseMs: 900_000, alarm: 'stream' },
    { status: 404, end: 'not-found', pauseMs: 5_000, alarm: null },
    { status: 409, end: 'invalid', pauseMs: 5_000, alarm: null },
    { status: 429, end: 'rate-limited', pauseMs: 60_000, alarm: 'stream' },
    { status: 500, end: 'in-doubt', pauseMs: 5_000, alarm: null },
    { status: 503, end: 'in-doubt', pauseMs: 5_000, alarm: null },
  ] as const;

  test.each(cases)('with $status it waits $pauseMs ms', async ({ status, end, pauseMs, alarm }) => {
    const x = await openX();
    x.fault({ path: /\/search\/stream$/, status, body: { title: 'Menolak', status } });
    const stream = await read(x);
    await until(() => expect(stream.ended.length).toBe(1));
    expect(stream.ended[0]?.end).toBe(end);
    expect(Math.abs((stream.ended[0]?.pauseMs ?? 0) - pauseMs)).toBeLessThan(2_000);
    await until(async () => expect(Object.keys(await readAlarms(db))).toEqual(alarm === null ? [] : [alarm]));
    // Its rules may be refused as well as itself.
    await stream.stop();
    x.fault({ path: /\/search\/stream\/rules$/, status, body: { title: 'Menolak', status } });
    const again = await read(x);
    await until(() => expect(again.ended.map((each) => each.end)).toEqual([end]));
  });

  test('it comes back after the pause, and says that all is well again', async () => {
    const x = await openX();
    x.fault({ path: /\/search\/stream$/, status: 503, times: 2 });
    let goOn = () => {};
    const pause = () => new Promise<void>((resolve) => (goOn = resolve));
    const stream = await read(x, { pause });
    await until(() => expect(stream.ended.at(-1)).toEqual({ end: 'in-doubt', pauseMs: 5_000 }));
    expect(await readAlarms(db)).toEqual({});
    goOn();
    await until(() => expect(stream.ended.at(-1)).toEqual({ end: 'in-doubt', pauseMs: 10_000 }));
    await until(async () => expect((await readAlarms(db))['stream']).toMatch(/X failed at it/));
    goOn();
    await untilConnected(x);
    await until(async () => expect(await readAlarms(db)).toEqual({}));
    await stops.pop()?.();
  });

  test('because another one has it, staff are told, and it waits a minute', async () => {
    const x = await openX();
    await read(x);
    await untilConnected(x);
    await stops.pop()?.();
    const abort = new AbortController();
    const address = { apiUrl: x.url, bearerToken, fields: {} };
    const other = await openStream(
      address,
      { answerMs: 5_000, silenceMs: 60_000 },
      () => new Date(),
      abort.signal,
    );
    expect(other.kind).toBe('open');
    const stream = await read(x);
    await until(() => expect(stream.ended).toEqual([{ end: 'crowded', pauseMs: 60_000 }]));
    await until(async () =>
      expect((await readAlarms(db))['stream']).toMatch(/another program uses the same app/),
    );
    abort.abort();
  });
});

describe('the rules', () => {
  test('are ours as we search, those of others as they were; what only those find is not ours but paid for', async () => {
    const x = await openX();
    const others = [{ value: 'kucing', tag: 'riset' }, { value: 'anjing' }];
    await changeRules(x, { add: [{ value: '#lapor', tag: ruleTag }, ...others] });
    const stream = await read(x);
    await untilConnected(x);
    expect(x.stream.rules().map(({ value, tag }) => ({ value, tag }))).toEqual([
      { value: 'kucing', tag: 'riset' },
      { value: 'anjing', tag: undefined },
      { value: stream.query, tag: ruleTag },
    ]);
    await until(async () =>
      expect((await readAlarms(db))['stream']).toMatch(/has 2 rules that are not ours/),
    );
    x.publish({ author: 'peneliti', text: 'kucing di jalan' });
    const id = x.publish({ author: 'warga', text: 'kucing terjebak di selokan #lapor1708' });
    await untilStored([id]);
    await stream.stop();
    expect((await stream.budget.state()).today.posts).toBe(2);
  });

  test('stay as they are where they fit, and another one with our query serves', async () => {
    const x = await openX();
    const query = '(#lapor1708 OR #lapor OR @LAPOR1708) -is:retweet -from:LAPOR1708';
    await changeRules(x, { add: [{ value: query, tag: 'riset' }] });
    expect((await read(x)).query).toBe(query);
    await untilConnected(x);
    expect(x.stream.rules()).toHaveLength(1);
    const id = post(x);
    await untilStored([id]);
    expect(await readAlarms(db)).toEqual({});
  });

  test('that X does not take are told', async () => {
    const x = await openX();
    const body = { meta: { summary: { created: 0, not_created: 1 } }, errors: [{ title: 'InvalidRules' }] };
    x.fault({ path: /\/rules$/, method: 'POST', status: 201, body });
    const stream = await read(x);
    await until(() => expect(stream.ended).toEqual([{ end: 'invalid', pauseMs: 5_000 }]));
    expect(x.delivered.requests['GET /2/tweets/search/stream']).toBeUndefined();
  });
});

describe('the budget', () => {
  test('is never exceeded, and the last thousand posts are for the search', async () => {
    const x = await openX();
    const stream = await read(x, { env: { ...noLimits, TWITTER_DAILY_POSTS: '3000' } });
    await untilConnected(x);
    const ids: string[] = [];
    while (x.stream.connections === 1 && ids.length < 5_000) {
      for (let count = 0; count < 50; count += 1) ids.push(post(x));
      await until(async () => {
        const stored = await listStoredPosts(db);
        expect(x.stream.connections === 0 || stored.length === ids.length).toBe(true);
      });
    }
    expect(x.stream.connections).toBe(0);
    expect(x.delivered.streamPosts).toBeLessThanOrEqual(3_000);
    await until(async () =>
      expect((await readAlarms(db))['stream']).toMatch(
        /fewer than 1,000 posts, or the money for them, are left/,
      ),
    );
    expect(x.delivered.streamPosts).toBeGreaterThan(1_000);
    // No search tells what was on its way when it was closed: what was ahead stays counted, until nobody can tell any more.
    const countPosts = async () => (await stream.budget.state()).today.posts;
    expect(await countPosts()).toBeGreaterThan(x.delivered.streamPosts);
    expect(await countPosts()).toBeLessThanOrEqual(3_000);
    await stream.stop();
    const stored = await listStoredPosts(db);
    expect(stored).toEqual(namesOf(ids.slice(0, stored.length)));
    expect(stored.length).toBeGreaterThan(x.delivered.streamPosts - 50);
    expect(await countPosts()).toBe(stored.length);
    // Nothing of it is asked for while there is too little.
    expect(x.delivered.requests['GET /2/tweets/search/stream']).toBe(1);
  }, 60_000);

  test('that is too small for a stream opens none', async () => {
    const x = await openX();
    await read(x, { env: { ...noLimits, TWITTER_DAILY_POSTS: '999' } });
    await until(async () => expect(await readAlarms(db)).toHaveProperty('stream'));
    expect(x.delivered.requests).toEqual({});
  });

  test('of X itself may end: the stream says so and waits', async () => {
    const x = await openX();
    const stream = await read(x);
    await untilConnected(x);
    x.setCredits(2);
    const ids = [post(x), post(x)];
    post(x);
    await untilStored(ids);
    await until(async () => expect(Object.keys(await readAlarms(db))).toEqual(['credits']));
    expect(stream.ended.at(-1)).toEqual({ end: 'credits', pauseMs: 900_000 });
  });
});
