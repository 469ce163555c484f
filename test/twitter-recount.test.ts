import { describe, expect, test, vi } from 'vitest';
import {
  ahead,
  clock,
  countTakenPosts,
  database,
  findSource,
  listTakenPosts,
  search,
  setUpXStage,
  untilAlarm,
  untilTaken,
  x,
} from './support/x-stage.ts';

/** Posts that X finds later than the search looks back, against a simulated X and a real PostgreSQL. Hours pass in seconds. */

setUpXStage();

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const often = { pollSeconds: 60, overlapSeconds: 30 };
const sorted = (ids: readonly string[]) => [...ids].sort();
const requests = (path: string) => x.delivered.requests[`GET /2/tweets/${path}/recent`] ?? 0;

/** Posts that the cursor says were taken. */
async function countTallied(): Promise<number> {
  const { rows } = await database.pool.query('select cursor from sources');
  const minutes: readonly (readonly [number, number, number])[] = rows[0]?.cursor.tally.minutes ?? [];
  return minutes.reduce((sum, [, taken]) => sum + taken, 0);
}

/** Searches once a minute, of which each passes at once until so much time has passed. */
async function searchUntil(hours: number) {
  const end = clock().getTime() + hours * hour;
  const pause = async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, clock().getTime() < end ? 2 : 50));
    if (clock().getTime() < end) ahead.ms += ms;
  };
  return search({ config: often, pause });
}

/** Posted in so many milliseconds from now, and found by X so much later. */
function post(inMs: number, lateMs = 0): string {
  const at = new Date(clock().getTime() + inMs);
  return x.publish({ author: 'siti_aminah', text: 'Lampu mati #lapor1708', at, indexingMs: inMs + lateMs });
}

/** As if X counted so many posts of each of these minutes, whatever it gives out. */
const countAs = (counts: Readonly<Record<number, number>>) =>
  x.fault({
    path: /counts\/recent$/,
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      data: Object.entries(counts).map(([at, count]) => ({
        start: new Date(Number(at)).toISOString(),
        end: new Date(Number(at) + minute).toISOString(),
        tweet_count: count,
      })),
      meta: { total_tweet_count: 1 },
    },
  });

describe('posts that X finds late', () => {
  test('by minutes or by hours are all found, each once, and for little more than they cost', async () => {
    const lateBy = [0, 0, 2 * minute, 0, 12 * minute, 0, 50 * minute, 0, 0, 3 * hour];
    const posted = Array.from({ length: 100 }, (_, index) =>
      post(2 * minute + index * 33_000, lateBy[index % lateBy.length]),
    );
    await searchUntil(7);
    await untilTaken(posted.length, 40_000);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
    expect(requests('counts')).toBeGreaterThan(2);
    expect(requests('counts')).toBeLessThanOrEqual(8);
    // Half of what is found in time is searched for twice anyway.
    expect(x.delivered.searchPosts).toBeLessThan(2.5 * posted.length);
    expect((await findSource())?.alarms).toEqual({});
  });

  test('are found after a restart as well', async () => {
    const posted = [post(2 * minute), post(3 * minute, 30 * minute), post(3 * minute + 5_000)];
    const first = await searchUntil(0.1);
    await untilTaken(2);
    await vi.waitFor(async () => expect(await countTallied()).toBe(2), 10_000);
    await first.stop();
    const { rows } = await database.pool.query('select cursor::text from sources');
    for (const id of posted) expect(rows[0]?.cursor).not.toContain(id);
    await searchUntil(3);
    await untilTaken(3);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
  });

  test('are found although X would not count for a while, and the search goes on meanwhile', async () => {
    const mend = x.fault({ path: /counts\/recent$/, times: 2, status: 429, headers: {}, body: {} });
    const posted = [post(2 * minute, 20 * minute), post(40 * minute)];
    const first = await searchUntil(2);
    await untilTaken(1);
    await vi.waitFor(() => expect(requests('counts')).toBe(2), 10_000);
    expect(await findSource()).toMatchObject({ lastError: null, alarms: {} });
    expect(await countTakenPosts()).toBe(1);
    mend();
    await first.stop();
    await searchUntil(2);
    await untilTaken(2);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
  });

  test('wait for the next day where no more may be read on this one', async () => {
    ahead.ms = day - (Date.now() % day) + 6 * hour;
    const posted = Array.from({ length: 120 }, (_, index) => post(2 * minute + index * 20_000, 90 * minute));
    const most = { posts: 100, microdollars: 0 };
    let isSeen = false;
    const { budget } = await search({
      config: { ...often, budget: { daily: most, monthly: { posts: 0, microdollars: 0 } } },
      pause: async (ms) => {
        const isSpent = ms > minute;
        await new Promise((resolve) => setTimeout(resolve, isSpent && !isSeen ? 100 : 2));
        if (!isSpent || isSeen) ahead.ms += ms;
      },
    });
    await untilAlarm('budget', expect.stringContaining('wait until'));
    expect(x.delivered.searchPosts).toBeGreaterThan(60);
    expect(x.delivered.searchPosts).toBeLessThanOrEqual(most.posts);
    expect((await budget.state()).today.posts).toBe(x.delivered.searchPosts);
    isSeen = true;
    await untilTaken(posted.length);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
  });
});

describe('a count that never fits', () => {
  test('has its minute read once more, and no further time', async () => {
    const begin = Math.ceil(clock().getTime() / minute) * minute + 2 * minute;
    const posted = [0, 1, 2].map((second) => post(begin - clock().getTime() + second * 1_000 + 5_000));
    countAs({ [begin]: 4 });
    await searchUntil(4);
    await untilTaken(posted.length);
    await vi.waitFor(() => expect(requests('counts')).toBeGreaterThan(3), 20_000);
    // once as news, perhaps once by the overlap, and once for the count
    expect(x.delivered.searchPosts).toBeGreaterThanOrEqual(6);
    expect(x.delivered.searchPosts).toBeLessThanOrEqual(9);
    expect((await findSource())?.alarms).toEqual({});
  });

  test('by much is an alarm in words, and costs no posts', async () => {
    const begin = Math.ceil(clock().getTime() / minute) * minute + 2 * minute;
    countAs({ [begin]: 40 });
    await searchUntil(4);
    await untilAlarm(
      'missing',
      expect.stringMatching(/^X counts 40 posts from \S+ to \S+, and does not give out 40 of them/),
    );
    expect(x.delivered.searchPosts).toBe(0);
  });
});
