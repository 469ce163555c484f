import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { recordSourceAlarm, recordSourceConnected, recordSourceFailure } from '../src/db/sources.ts';
import { type SimulatedX, startSimulatedX } from '../src/simulated-x/server.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { runLapor } from './support/lapor.ts';

const bearer = { TWITTER_BEARER_TOKEN: 'bearer-rahasia' };
const keys = {
  TWITTER_APP_KEY: 'app-key-rahasia',
  TWITTER_APP_SECRET: 'app-secret-rahasia',
  TWITTER_ACCESS_TOKEN: 'access-token-rahasia',
  TWITTER_ACCESS_SECRET: 'access-secret-rahasia',
};

let database: TestDatabase;
let x: SimulatedX;
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
});
afterAll(() => database?.drop());
beforeEach(async () => {
  x = await startSimulatedX({ bearerToken: bearer.TWITTER_BEARER_TOKEN });
});
afterEach(async () => {
  await x.stop();
  await database.pool.query('truncate platform_spending, sources');
});

const check = async (env: Readonly<Record<string, string>> = { ...bearer, ...keys }) => {
  const result = await runLapor(['twitter', 'check'], {
    DATABASE_URL: database.url,
    TWITTER_API_URL: x.url,
    ...env,
  });
  expect(`${result.stdout}${result.stderr}`).not.toContain('rahasia');
  return result;
};

test('without a key it says what to do, and asks nobody', async () => {
  const { code, stdout } = await check({ DATABASE_URL: 'postgres://127.0.0.1:1/none' });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}bearer token .*TWITTER_BEARER_TOKEN is not set.*-> README, "Posts on X"/m);
  expect(stdout).toMatch(/^ok {4}query .*\(#lapor1708 OR #lapor OR @LAPOR1708\)/m);
  expect(x.delivered.requests).toEqual({});
});

test('where all is well every line says so, and what it costs', async () => {
  x.addUser({ handle: 'warga_bdg' });
  for (let count = 0; count < 35; count += 1) {
    x.publish({ author: 'warga_bdg', text: count % 5 === 0 ? `@LAPOR1708 ${count}` : `#lapor1708 ${count}` });
  }
  const { code, stdout, stderr } = await check();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n').filter((line) => /^(ok|warn|fail)/.test(line));
  expect(lines.map((line) => line.slice(0, 18).trim())).toEqual([
    'ok    bearer token',
    'ok    account',
    'ok    query',
    'ok    answers',
    'ok    spent',
    'ok    stream',
    'ok    search',
    'ok    cost',
    'ok    cost',
    'ok    cost',
    'ok    budget',
  ]);
  expect(stdout).toContain('X takes it; 0 of 2,000,000 posts a month are read');
  expect(stdout).toContain('answers come from @LAPOR1708');
  expect(stdout).toContain('35 posts of the last seven days call us');
  // 5 a day: 5 x 1.5 x $0.005 x 30, 5 x $0.010 x 30, 1 x $0.015 x 30
  expect(stdout).toContain('with 5 posts a day X charges about $3.08 a month');
  expect(stdout).toContain('$1.13 for posts, up to $1.50 for their authors, $0.45 for answers');
  expect(stdout).toContain('so the budget counts 450 posts and $8.33 a month');
  // 5 x 30 x $0.005 x 30
  expect(stdout).toContain('where X gives you none, it costs $22.50 a month besides');
});

test('what it asks for money is counted, and no post is read', async () => {
  await check();
  const { rows } = await database.pool.query('select posts::int, microdollars::int from platform_spending');
  expect(rows).toEqual([{ posts: 0, microdollars: 10_000 + 5_000 + 5_000 }]);
  const { searchPosts, streamPosts, lookupPosts } = x.delivered;
  expect(searchPosts + streamPosts + lookupPosts).toBe(0);
});

test('a token that X does not take fails, and nothing more is asked', async () => {
  const { code, stdout } = await check({ TWITTER_BEARER_TOKEN: 'bearer-rahasia-lain' });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}bearer token .*401.*-> make them anew/m);
  expect(Object.keys(x.delivered.requests).filter((asked) => asked.includes('counts'))).toEqual([]);
});

test('where X cannot be reached nobody is told to make keys anew', async () => {
  await x.stop();
  const { code, stdout } = await check();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}bearer token .*X cannot be reached.*-> try again/m);
  expect(stdout).toMatch(/^fail {2}account .*X cannot be reached.*-> try again/m);
  expect(stdout).not.toContain('anew in the developer console');
});

test('a budget that is too small for the stream is told', async () => {
  const small = { ...bearer, ...keys, TWITTER_DAILY_DOLLARS: '14.99' };
  const { code, stdout } = await check(small);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^warn {2}stream .*never opened.*1,000 posts, or \$15\.00,.*-> TWITTER_STREAM=off/m);
  expect((await check({ ...small, TWITTER_DAILY_DOLLARS: '15' })).stdout).toMatch(/^ok {4}stream/m);
  expect((await check({ ...small, TWITTER_STREAM: 'off' })).stdout).toMatch(/^ok {4}stream .*not used/m);
});

test('the account of somebody else fails', async () => {
  const { code, stdout } = await check({ ...bearer, ...keys, TWITTER_ACCOUNT: 'lapor_jabar' });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}account .*those of @LAPOR1708, and TWITTER_ACCOUNT is lapor_jabar/m);
});

test('without keys of an account it warns that nobody is answered', async () => {
  const { code, stdout } = await check(bearer);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^warn {2}account .*nobody is answered/m);
});

test('a query that is too long fails', async () => {
  const terms = Array.from({ length: 30 }, (_, index) => `#laporkan_masalah_jalan_${index}`).join();
  const { code, stdout } = await check({ ...bearer, TWITTER_TERMS: terms });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}query .*X takes 512 .*-> name fewer/m);
});

test('a budget that does not last is told with its day', async () => {
  for (let count = 0; count < 70; count += 1) x.publish({ text: `#lapor1708 ${count}` });
  const { stdout } = await check({ ...bearer, TWITTER_MONTHLY_POSTS: '300' });
  expect(stdout).toMatch(/^warn {2}budget .*a month is reached on day 10/m);
});

test('doctor tells what the sources of X tell', async () => {
  const doctor = async (env: Readonly<Record<string, string>>) => {
    const { stdout } = await runLapor(['doctor'], {
      DATABASE_URL: database.url,
      TWITTER_API_URL: x.url,
      ...env,
    });
    return stdout.split('\n').filter((line) => /^\w+ +posts on X /.test(line));
  };
  expect(await doctor({})).toEqual([expect.stringMatching(/^ok .*TWITTER_BEARER_TOKEN is not set/)]);
  expect(await doctor(bearer)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^fail .*twitter\/search was never looked into/),
      expect.stringMatching(/^warn .*nobody is answered.*TWITTER_APP_KEY/),
    ]),
  );
  await recordSourceConnected(database.pool, 'twitter/search');
  expect(await doctor({ ...bearer, ...keys })).toEqual([
    expect.stringMatching(/^ok .*twitter\/search was looked into 0 min ago/),
    expect.stringMatching(/^ok .*0 posts and \$0\.00 today/),
  ]);
  await recordSourceAlarm(database.pool, 'twitter/search', 'credits', 'the credits at X are used up');
  await recordSourceFailure(database.pool, 'twitter/stream', 'X cannot be reached');
  expect(await doctor({ ...bearer, ...keys })).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^warn .*twitter\/search: the credits at X are used up/),
      expect.stringMatching(/^warn .*twitter\/stream was never looked into: X cannot be reached/),
    ]),
  );
  await recordSourceAlarm(database.pool, 'twitter/stream', 'stream', 'X opens no further stream');
  const withoutStream = await doctor({ ...bearer, ...keys, TWITTER_STREAM: 'off' });
  expect(withoutStream.join('\n')).toContain('the credits at X are used up');
  expect(withoutStream.join('\n')).not.toContain('twitter/stream');
  await database.pool.query(
    `insert into platform_spending (platform, day, posts) values ('twitter', (now() at time zone 'UTC')::date, 19000)`,
  );
  expect((await doctor({ ...bearer, ...keys })).join('\n')).toMatch(/^warn .*95 %.*there is more again at/m);
});
