import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { addSpending, readSpending } from '../src/db/spending.ts';
import type { ReportId } from '../src/domain/report.ts';
import { type SimulatedX, startSimulatedX } from '../src/simulated-x/server.ts';
import { sweep } from '../workers/sweep.ts';
import { createWithdraw } from '../workers/withdraw.ts';
import { createCore, forgetReports } from './support/core.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { filePost } from './support/filed-posts.ts';

/** Whether posts are still there, asked of the simulated X. What becomes of those that are not: twitter-withdrawal.test.ts. */

const hour = 60 * 60_000;

let database: TestDatabase;
let x: SimulatedX;
let core: Awaited<ReturnType<typeof createCore>>;
let now: Date;

beforeAll(async () => {
  database = await createTestDatabase({ seeded: true });
});
afterAll(() => database.drop());
beforeEach(async () => {
  await forgetReports(database.pool);
  now = new Date();
  x = await startSimulatedX({ clock: () => now.getTime() });
  x.addUser({ handle: 'ratna_dago' });
  core = await createCore(database.pool, {
    TWITTER_API_URL: x.url,
    TWITTER_BEARER_TOKEN: 'token-pembaca',
    TWITTER_DAILY_POSTS: '1000',
  });
  core = { ...core, context: { ...core.context, clock: () => now } };
});
afterEach(() => x.stop());

/** Two posts that became reports, of which the second is deleted half a day before it is looked. */
async function postTwo() {
  const ids = ['Lampu jalan mati', 'Jalan berlubang'].map((text) =>
    x.publish({ author: 'ratna_dago', text }),
  );
  const [there, gone] = await Promise.all(ids.map((id) => filePost(core, id, { postedAt: now })));
  if (there === undefined || gone === undefined) throw new Error('nothing was filed');
  x.delete(ids[1] ?? '');
  return { there: there.reportId, gone: gone.reportId };
}

/** As the timer and a worker do together. */
async function look(): Promise<void> {
  core.jobs.length = 0;
  await sweep(core.context);
  const withdraw = createWithdraw(core.context);
  for (const { payload } of core.jobs.filter(({ name }) => name === 'withdraw')) {
    await withdraw(payload as { reportIds: string[] });
  }
}

async function listGone(): Promise<readonly ReportId[]> {
  const { rows } = await database.pool.query<{ report_id: ReportId }>(
    'select report_id from posts where gone_at is not null',
  );
  return rows.map((row) => row.report_id);
}

async function listSeen(): Promise<readonly ReportId[]> {
  const { rows } = await database.pool.query<{ report_id: ReportId }>(
    'select report_id from posts where checked_at is not null',
  );
  return rows.map((row) => row.report_id);
}

const spentToday = async () => (await readSpending(database.pool, 'twitter', new Date())).today.posts;
const refuseJobs = () =>
  x.fault({ path: /compliance/, status: 403, body: { title: 'Forbidden', reason: 'client-not-enrolled' } });

test('what was deleted is known from a job of compliance, which costs nothing', async () => {
  const posts = await postTwo();
  now = new Date(now.getTime() + 12 * hour);
  await look();
  expect(await listGone()).toEqual([posts.gone]);
  expect(await listSeen()).toEqual([posts.there]);
  expect(x.delivered.lookupPosts).toBe(0);
  expect(await spentToday()).toBe(0);
});

test('where X has no such jobs for us the posts are looked up, and those that are there are paid for', async () => {
  const posts = await postTwo();
  refuseJobs();
  now = new Date(now.getTime() + 12 * hour);
  await look();
  expect(await listGone()).toEqual([posts.gone]);
  expect(x.delivered.lookupPosts).toBe(1);
});

test('then what is left of a budget that is nearly spent is for new posts, and it is looked again later', async () => {
  const posts = await postTwo();
  const mend = refuseJobs();
  now = new Date(now.getTime() + 12 * hour);
  await addSpending(database.pool, 'twitter', { posts: 800, microdollars: 0 }, new Date());
  await look();
  expect(await listSeen()).toEqual([]);
  expect(x.delivered.lookupPosts).toBe(0);
  mend();
  now = new Date(now.getTime() + hour / 4);
  await look();
  expect(await listGone()).toEqual([posts.gone]);
});

test('an X that is away is asked again a quarter of an hour later', async () => {
  const posts = await postTwo();
  const mend = x.fault({ path: /./, status: 503 });
  now = new Date(now.getTime() + 12 * hour);
  await look();
  expect(await listGone()).toEqual([]);
  mend();
  await look();
  expect(await listGone()).toEqual([]);
  now = new Date(now.getTime() + hour / 4);
  await look();
  expect(await listGone()).toEqual([posts.gone]);
});
