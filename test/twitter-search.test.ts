import { describe, expect, test, vi } from 'vitest';
import {
  ahead,
  clock,
  countTakenPosts,
  database,
  findSource,
  listTakenPosts,
  openX,
  post,
  postMany,
  readUpTo,
  search,
  setUpXStage,
  untilAlarm,
  untilTaken,
  x,
} from './support/x-stage.ts';

/** The search for posts, against a simulated X and a real PostgreSQL. */

setUpXStage();

const hour = 60 * 60_000;
const day = 24 * hour;
const ago = (ms: number) => new Date(clock().getTime() - ms);
const sorted = (ids: readonly string[]) => [...ids].sort();
const untilConnected = () =>
  vi.waitFor(async () => expect((await findSource())?.connectedAt).toEqual(expect.any(Date)), 10_000);
const readCursor = async () =>
  (await database.pool.query("select cursor from sources where name = 'twitter/search'")).rows[0]?.cursor;
const unlimited = { daily: { posts: 0, microdollars: 0 }, monthly: { posts: 0, microdollars: 0 } };
const postsADay = (posts: number) => ({ ...unlimited, daily: { posts, microdollars: 0 } });

describe('the search', () => {
  test('takes what is posted from the first start on, and nothing that is not meant for us', async () => {
    post(ago(hour));
    await search();
    await untilConnected();
    const wanted = [
      post(),
      x.publish({ author: 'budi', text: 'Sampah menumpuk di pasar #LAPOR' }),
      x.publish({ author: 'budi', text: '@lapor1708 jalan rusak' }),
    ];
    x.publish({ author: 'budi', text: 'Selamat pagi' });
    x.publish({ author: 'LAPOR1708', text: 'Sudah kami catat #lapor1708' });
    x.publish({ author: 'budi', text: '', retweetOf: wanted[0] ?? '' });
    await untilTaken(3);
    const last = post();
    await untilTaken(4);
    expect(sorted(await listTakenPosts())).toEqual(sorted([...wanted, last]));
  });

  test('reads all pages, and each post once, whichever way they come', async () => {
    await readUpTo(ago(hour));
    x.disorder(true);
    const posted = postMany(730, ago(hour), ago(1_000));
    await search();
    await untilTaken(730);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
    await vi.waitFor(async () => expect((await readCursor()).gaps).toEqual([]), 10_000);
  });

  test('reads an edited post again, as the message that it is', async () => {
    await search();
    await untilConnected();
    const first = post();
    await untilTaken(1);
    const second = x.edit(first, 'Lampu jalan di gang Melati mati lagi #lapor1708');
    await untilTaken(2);
    expect(sorted(await listTakenPosts())).toEqual(sorted([first, second]));
  });

  test('finds what X itself finds late', async () => {
    await openX({ indexingMs: 3_000 });
    await search();
    await untilConnected();
    post();
    await untilTaken(1);
  });

  test('does not cost anything while nobody posts', async () => {
    const { budget } = await search();
    await untilConnected();
    const requests = () => x.delivered.requests['GET /2/tweets/search/recent'] ?? 0;
    const before = requests();
    await vi.waitFor(() => expect(requests()).toBeGreaterThan(before + 3), 10_000);
    expect(x.delivered.searchPosts).toBe(0);
    // between two calls: each reserves what it may cost, and gives it back
    await vi.waitFor(
      async () => expect((await budget.state()).today).toEqual({ posts: 0, microdollars: 0 }),
      5_000,
    );
  });

  test('reads six days that it missed, to the last post', async () => {
    await readUpTo(ago(6 * day - hour));
    const posted = postMany(240, ago(6 * day - 2 * hour), ago(1_000));
    await search();
    await untilTaken(posted.length);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
    expect((await findSource())?.alarms).toEqual({});
  });

  test('reads seven days of eight that it missed, and says from when to when it lost what', async () => {
    const from = ago(8 * day);
    await readUpTo(from);
    postMany(10, ago(8 * day), ago(7 * day + hour));
    const posted = postMany(20, ago(7 * day - hour), ago(1_000));
    await search();
    await untilTaken(20);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
    await untilAlarm('lost', expect.stringContaining(`from ${from.toISOString()} to `));
    // a week later nobody needs to be told any more
    for (const _half of [1, 2]) {
      ahead.ms += 4 * day;
      await vi.waitFor(
        async () => expect((await readCursor()).upTo).toBeGreaterThan(ago(hour).getTime()),
        10_000,
      );
    }
    await untilAlarm('lost', undefined);
  });
});

describe('the budget', () => {
  test.each([30, 100, 250, 1_000])(
    'of %i posts a day is never exceeded, whatever is posted',
    async (most) => {
      await readUpTo(ago(hour));
      postMany(1_200, ago(hour), ago(1_000));
      const { budget } = await search({ config: { budget: postsADay(most) } });
      await untilAlarm('budget', expect.stringMatching(/up to \d+ posts since .* wait until/));
      post();
      expect(x.delivered.searchPosts).toBeLessThanOrEqual(most);
      expect(x.delivered.searchPosts).toBeGreaterThan(most - 30);
      expect((await budget.state()).today.posts).toBe(x.delivered.searchPosts);
      expect(await countTakenPosts()).toBeGreaterThan(0);
    },
  );

  test('of a month is never exceeded either, nor is one in dollars', async () => {
    await readUpTo(ago(hour));
    postMany(400, ago(hour), ago(1_000));
    const prices = { post: 5_000, user: 10_000, answer: 15_000, count: 5_000 };
    const monthly = { posts: 0, microdollars: 2_000_000 };
    const { budget } = await search({
      config: { prices, budget: { daily: { posts: 350, microdollars: 0 }, monthly } },
    });
    await untilAlarm('budget', expect.stringContaining('wait until'));
    const { thisMonth } = await budget.state();
    expect(thisMonth.microdollars).toBeLessThanOrEqual(2_000_000);
    expect(x.delivered.searchPosts * prices.post).toBeLessThanOrEqual(2_000_000);
    expect(x.delivered.searchPosts).toBeGreaterThan(250);
  });

  test('that is spent to four fifths is an alarm, until there is more again', async () => {
    await readUpTo(ago(hour));
    postMany(340, ago(hour), ago(30_000));
    await search({ config: { budget: postsADay(400) } });
    await untilAlarm(
      'budget',
      expect.stringMatching(/^more than 80 % .* there is more again at \S+T00:00:00.000Z$/),
    );
    await untilTaken(340);
    ahead.ms += day;
    await untilAlarm('budget', undefined);
  });

  test('counts a page that never came as what it can have held, once that is known', async () => {
    await readUpTo(ago(hour));
    postMany(5, ago(hour), ago(20_000));
    x.fault({ path: /search\/recent$/, cut: 'after', times: 2 });
    const { budget, stop } = await search();
    await untilTaken(5);
    await stop();
    expect(x.delivered.searchPosts).toBe(15);
    expect((await budget.state()).today.posts).toBe(15);
  });

  test('counts it in full where there was more than a page', async () => {
    await readUpTo(ago(hour));
    postMany(120, ago(hour), ago(20_000));
    x.fault({ path: /search\/recent$/, cut: 'after', times: 1 });
    const { budget, stop } = await search();
    await untilTaken(120);
    await stop();
    expect(x.delivered.searchPosts).toBe(220);
    expect((await budget.state()).today.posts).toBe(420);
  });

  test('of some days reads what came on one, the newest first', async () => {
    await readUpTo(ago(hour));
    const posted = postMany(250, ago(hour), ago(11_000));
    const { budget } = await search({
      config: { budget: postsADay(130) },
      // each quarter of an hour while it waits is the next day
      pause: async (ms) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (ms > 60_000) ahead.ms += day / 2;
      },
    });
    await untilTaken(250);
    const taken = await listTakenPosts();
    expect(sorted(taken)).toEqual(sorted(posted));
    expect((await budget.state()).thisMonth.posts).toBeGreaterThanOrEqual(250);
  });
});

describe('X that does not want to be asked', () => {
  test('is not, from the last request it allows until it says', async () => {
    const reset = Math.ceil(clock().getTime() / 1_000) + 600;
    const headers = {
      'content-type': 'application/json',
      'x-rate-limit-limit': '450',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': String(reset),
    };
    x.fault({ path: /search\/recent$/, times: 1, status: 200, headers, body: { meta: { result_count: 0 } } });
    const pauses: number[] = [];
    await search({
      pause: async (ms) => {
        pauses.push(ms);
        await new Promise((resolve) => setTimeout(resolve, 20));
        ahead.ms += ms;
      },
    });
    await vi.waitFor(() => expect(pauses.length).toBeGreaterThan(1), 10_000);
    expect(pauses[0]).toBeGreaterThan(590_000);
    expect(pauses[0]).toBeLessThanOrEqual(602_000);
    expect(x.delivered.requests['GET /2/tweets/search/recent']).toBeGreaterThan(1);
    expect((await findSource())?.lastError).toBeNull();
  });

  test('for hours is an alarm until then', async () => {
    const reset = Math.ceil(clock().getTime() / 1_000) + 5 * 3_600;
    const headers = { 'x-app-limit-24hour-remaining': '0', 'x-app-limit-24hour-reset': String(reset) };
    x.fault({ path: /search\/recent$/, times: 1, status: 429, headers });
    let wake = () => {};
    await search({
      pause: (ms, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve());
          if (ms < hour) setTimeout(resolve, 20);
          else wake = resolve;
        }),
    });
    await untilAlarm('behind', expect.stringMatching(/^X wants no more requests before \S+Z$/));
    ahead.ms += 5 * hour;
    wake();
    await untilAlarm('behind', undefined);
  });

  test('and has not let us read for six days, is an alarm while it lasts, and none afterwards', async () => {
    const since = ago(6 * day + hour);
    await readUpTo(since);
    const mend = x.fault({ path: /search\/recent$/, status: 503 });
    await search();
    await vi.waitFor(
      async () => expect((await findSource())?.alarms['behind']).toContain(`since ${since.toISOString()}`),
      10_000,
    );
    expect((await findSource())?.connectedAt).toBeNull();
    mend();
    await untilAlarm('behind', undefined);
  });

  test('knows a token no more, and is asked for the rest anew', async () => {
    const from = ago(hour);
    const posted = postMany(120, from, ago(60_000));
    await database.pool.query('insert into sources (name, cursor) values ($1, $2)', [
      'twitter/search',
      JSON.stringify({
        upTo: ago(30_000).getTime(),
        gaps: [
          {
            after: from.getTime(),
            before: clock().getTime(),
            rest: { after: from.getTime(), before: null, token: 'of-another-query' },
          },
        ],
        lost: null,
      }),
    ]);
    await search();
    await untilTaken(120);
    expect(sorted(await listTakenPosts())).toEqual(sorted(posted));
  });
});
