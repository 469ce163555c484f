import { describe, expect, it } from 'vitest';
import { type Budget, type Cost, judgeBudget, nothingSpent } from '../../../src/domain/budget.ts';
import { createMeter } from './meter.ts';

const prices = { post: 5_000, user: 10_000, answer: 15_000, count: 5_000 };
const plain = { data: { id: '1' }, includes: { users: [{ id: '5' }] } };
const withPictures = { ...plain, includes: { ...plain.includes, media: [{}, {}, {}, {}] } };
const noon = new Date('2026-11-22T12:00:00Z');
const perPost = prices.post + prices.user;

/** A budget of so many posts a day, and what was counted on each. */
function openBudget(posts: number, microdollars = 0) {
  const spent = new Map<string, Cost>();
  let now = noon;
  const day = () => now.toISOString().slice(0, 10);
  const on = (name: string) => spent.get(name) ?? nothingSpent;
  const add = (name: string, { posts, microdollars }: Cost) =>
    spent.set(name, { posts: on(name).posts + posts, microdollars: on(name).microdollars + microdollars });
  const state = () =>
    judgeBudget(
      { daily: { posts, microdollars }, monthly: nothingSpent },
      { today: on(day()), thisMonth: nothingSpent },
      now,
    );
  const budget: Budget = {
    reserve: async (most) => {
      const { left } = state();
      if (left.posts < most.posts || left.microdollars < most.microdollars) return null;
      const name = day();
      add(name, most);
      return {
        settle: async (actual) =>
          void add(name, {
            posts: actual.posts - most.posts,
            microdollars: actual.microdollars - most.microdollars,
          }),
      };
    },
    state: async () => state(),
  };
  return {
    meter: createMeter(budget, prices, () => now),
    budget,
    spentOn: on,
    pass: (ms: number) => {
      now = new Date(now.getTime() + ms);
    },
  };
}
const today = '2026-11-22';

describe('the meter of the stream', () => {
  it('has always reserved more than came, and gives back what did not', async () => {
    const { meter, spentOn } = openBudget(20_000);
    expect(await meter.keepAhead()).toBe(true);
    expect(spentOn(today)).toEqual({ posts: 500, microdollars: 500 * perPost });
    for (let count = 0; count < 1_234; count += 1) {
      meter.count([plain]);
      expect(await meter.keepAhead()).toBe(true);
      expect(spentOn(today).posts).toBeGreaterThanOrEqual(count + 1 + 500);
    }
    await meter.close();
    expect(spentOn(today)).toEqual({ posts: 1_234, microdollars: 1_234 * perPost });
  });

  it('has reserved enough for posts with pictures too', async () => {
    const { meter, spentOn } = openBudget(20_000);
    for (let count = 0; count < 700; count += 1) {
      await meter.keepAhead();
      const { microdollars } = spentOn(today);
      expect(microdollars).toBeGreaterThanOrEqual(count * (5 * prices.post + prices.user) + 500 * perPost);
      meter.count([withPictures]);
    }
    await meter.close();
    expect(spentOn(today)).toEqual({ posts: 700, microdollars: 700 * (5 * prices.post + prices.user) });
  });

  it('says no where fewer than a thousand posts are left, in posts or in dollars', async () => {
    expect(await openBudget(999).meter.keepAhead()).toBe(false);
    expect(await openBudget(1_000).meter.keepAhead()).toBe(true);
    expect(await openBudget(0, 999 * perPost).meter.keepAhead()).toBe(false);
    expect(await openBudget(0, 1_000 * perPost).meter.keepAhead()).toBe(true);
  });

  it('says no on the way, and what came until then is within the budget', async () => {
    const { meter, spentOn } = openBudget(3_000);
    let came = 0;
    while (await meter.keepAhead()) {
      meter.count([plain]);
      came += 1;
    }
    // What was on its way then.
    meter.countUnread(300);
    await meter.close();
    expect(spentOn(today).posts).toBe(came + 300);
    expect(came).toBeGreaterThan(1_500);
    expect(spentOn(today).posts).toBeLessThanOrEqual(3_000);
  });

  it('leaves the rest to the search, within a minute of silence too', async () => {
    const { meter, budget, pass } = openBudget(3_000);
    await meter.keepAhead();
    await budget.reserve({ posts: 2_000, microdollars: 0 });
    expect(await meter.keepAhead()).toBe(true);
    pass(60_000);
    expect(await meter.keepAhead()).toBe(false);
  });

  it('counts what never came, known while it reads on or only after it gave the rest back', async () => {
    const { meter, spentOn } = openBudget(20_000);
    await meter.keepAhead();
    meter.count([plain]);
    meter.countLost({ posts: 4, microdollars: 4 * perPost });
    await meter.close();
    expect(spentOn(today)).toEqual({ posts: 5, microdollars: 5 * perPost });
    meter.countLost({ posts: 2, microdollars: 2 * perPost });
    await meter.close();
    await meter.close();
    expect(spentOn(today)).toEqual({ posts: 7, microdollars: 7 * perPost });
  });

  it('charges each day with what came on it', async () => {
    const { meter, spentOn, pass } = openBudget(20_000);
    await meter.keepAhead();
    meter.count(Array(100).fill(plain));
    pass(12 * 60 * 60_000);
    await meter.keepAhead();
    meter.count(Array(7).fill(plain));
    await meter.close();
    expect(spentOn(today).posts).toBe(100);
    expect(spentOn('2026-11-23').posts).toBe(7);
  });
});
