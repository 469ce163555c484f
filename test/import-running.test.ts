import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createPool, type Pool } from '../src/db/pool.ts';
import { createTestApp, type TestApp } from './support/app.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { startGateway } from './support/gateway.ts';
import { csvOf, lettersOf, uploadBody } from './support/imports.ts';
import { type SignedIn, signIn } from './support/staff.ts';
import { openTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

/** Imports while other things happen: outages, other gateways, workers, sessions that end. */

const office = 'D32.73';
let database: TestDatabase;
let relay: TcpRelay;
let pool: Pool;
/** Its way to PostgreSQL can be cut. */
let here: TestApp;
/** Another gateway over the same database. */
let there: TestApp;
beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
  relay = await openTcpRelay(database.url);
  pool = createPool(relay.url, { max: 8, onError: () => {}, answerWithinMs: 5_000 });
  [here, there] = [await createTestApp(pool), await createTestApp(database.pool)];
});
afterAll(async () => {
  await Promise.all([here?.app.close(), there?.app.close()]);
  await pool?.end();
  await relay?.close();
  await database?.drop();
});

const enter = () => signIn(database.pool, { role: 'intake', agency: office });

async function ask({ app }: TestApp, staff: SignedIn, url: string) {
  return app.inject({ url, headers: { accept: 'text/html', cookie: staff.cookie } });
}

async function post(
  gateway: TestApp,
  staff: SignedIn,
  url: string,
  body: (csrf: string) => { readonly payload: Buffer | string; readonly type: string },
) {
  const page = await ask(gateway, staff, '/petugas/impor');
  const { payload, type } = body(/name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '');
  const cookie = [staff.cookie, ...page.cookies.map(({ name, value }) => `${name}=${value}`)].join('; ');
  const headers = { accept: 'text/html', cookie, 'content-type': type };
  return gateway.app.inject({ method: 'POST', url, headers, payload });
}

const act = (gateway: TestApp, staff: SignedIn, url: string, fields: Readonly<Record<string, string>> = {}) =>
  post(gateway, staff, url, (csrf) => ({
    payload: new URLSearchParams({ csrf, ...fields }).toString(),
    type: 'application/x-www-form-urlencoded',
  }));

/** Uploads and checks; resolves with the address of the import. */
async function check(gateway: TestApp, staff: SignedIn, table: string): Promise<string> {
  const uploaded = await post(gateway, staff, '/petugas/impor', (csrf) =>
    uploadBody({ fields: { csrf }, table: { name: 'surat.csv', content: Buffer.from(table) } }),
  );
  const home = String(uploaded.headers.location);
  const { body } = await ask(gateway, staff, home);
  const columns = [...body.matchAll(/<select id="(kolom-\d+)".*?<\/select>/gs)].map(
    ([select, name = '']) => [name, /<option value="([^"]*)" selected/.exec(select)?.[1] ?? ''] as const,
  );
  const checked = await act(gateway, staff, `${home}/kolom`, Object.fromEntries(columns));
  expect(checked.headers.location).toBe(home);
  return home;
}

const start = (gateway: TestApp, staff: SignedIn, home: string) =>
  act(gateway, staff, `${home}/jalankan`, { withoutFile: 'send' });

async function statesOf(home: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await database.pool.query(
    'select state, count(*)::int as count from import_rows where import_id = $1 group by state',
    [home.split('/').at(-1)],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

const finished = (home: string) =>
  vi.waitFor(
    async () => {
      const { rows } = await database.pool.query('select state from imports where id = $1', [
        home.split('/').at(-1),
      ]);
      expect(rows[0]?.state).toBe('finished');
    },
    { timeout: 60_000, interval: 50 },
  );

const countLetters = async (book: string) =>
  (
    await database.pool.query(
      `select count(*)::int as count, count(distinct agenda_number)::int as numbers from letters
       where agenda_number like '%/' || $1 || '/%'`,
      [book],
    )
  ).rows[0];

/** Lets only so much through: nothing more is written down of an import until it is let go. */
async function holdRows(): Promise<() => Promise<void>> {
  const client = await database.pool.connect();
  await client.query('begin');
  await client.query('lock table import_rows in share row exclusive mode');
  return async () => {
    await client.query('commit');
    client.release();
  };
}

test('PostgreSQL goes away in the middle and comes back: no row is lost, none doubled', async () => {
  const staff = await enter();
  const home = await check(here, staff, csvOf(lettersOf(1_200, 'PUTUS')));
  // This gateway alone has it: the other, whose way is whole, would go on with it.
  await there.app.close();
  await start(here, staff, home);
  await vi.waitFor(async () => expect((await countLetters('PUTUS')).count).toBeGreaterThan(0), 20_000);
  await relay.cut();
  const inBetween = (await countLetters('PUTUS')).count;
  expect(inBetween).toBeLessThan(1_200);
  await sleep(1_500);
  await relay.mend();
  await finished(home);
  expect(await countLetters('PUTUS')).toEqual({ count: 1_200, numbers: 1_200 });
  expect(await statesOf(home)).toEqual({ accepted: 1_200 });
  there = await createTestApp(database.pool);
}, 120_000);

test('two members bring in one file at one moment by two gateways: every letter once, and both are told', async () => {
  const table = csvOf(lettersOf(300, 'BERDUA'));
  const [one, two] = [await enter(), await enter()];
  const homes = await Promise.all([check(here, one, table), check(there, two, table)]);
  const release = await holdRows();
  const started = Promise.all([start(here, one, homes[0]), start(there, two, homes[1])]);
  const answers = (await started).map(({ headers }) => String(headers.location));
  await release();
  expect(answers.filter((answer) => answer.endsWith('?bentrok=1'))).toHaveLength(1);
  const [first, last] = answers[0]?.endsWith('?bentrok=1') ? [homes[1], homes[0]] : homes;
  await finished(first);
  await start(there, last === homes[0] ? one : two, last);
  await finished(last);
  expect(await countLetters('BERDUA')).toEqual({ count: 300, numbers: 300 });
  expect([await statesOf(first), await statesOf(last)]).toEqual([{ accepted: 300 }, { duplicate: 300 }]);
}, 120_000);

test('whose session ends while it runs loses nothing: it goes on, and its result is there after signing in', async () => {
  const staff = await enter();
  const home = await check(here, staff, csvOf(lettersOf(40, 'SESI')));
  const release = await holdRows();
  await start(here, staff, home);
  await database.pool.query('update staff_sessions set ended_at = now() where staff_id = $1', [staff.id]);
  const asked = await ask(here, staff, home);
  expect(asked.headers.location).toBe(`/petugas/masuk?lanjut=${encodeURIComponent(home)}`);
  await release();
  await finished(home);
  expect((await ask(here, await enter(), home)).body).toContain('Impor selesai');
  expect(await countLetters('SESI')).toEqual({ count: 40, numbers: 40 });
}, 60_000);

test('the result has the tracking IDs that running workers gave', async () => {
  const staff = await enter();
  const home = await check(here, staff, csvOf(lettersOf(20, 'PEKERJA')));
  const working = await startGateway('all', { DATABASE_URL: database.url, REDIS_URL: '', SEED: 'no' });
  await start(here, staff, home);
  await finished(home);
  const read = async () => (await ask(here, staff, `${home}/hasil.csv`)).body.trim().split('\r\n').slice(1);
  await vi.waitFor(
    async () => {
      const lines = await read();
      expect(lines).toHaveLength(20);
      for (const line of lines) expect(line).toMatch(/;diterima;\d{4}-\d{4}-\d{4};/);
    },
    { timeout: 30_000, interval: 200 },
  );
  const ids = (await read()).map((line) => /\d{4}-\d{4}-\d{4}/.exec(line.split(';diterima;')[1] ?? '')?.[0]);
  expect(new Set(ids).size).toBe(20);
  await working.end('SIGTERM');
}, 90_000);
