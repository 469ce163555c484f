import { describe, expect, test } from 'vitest';
import { judgeBudget } from './budget.ts';

const now = new Date('2026-11-22T15:00:00Z');
const limits = {
  daily: { posts: 100, microdollars: 0 },
  monthly: { posts: 1_000, microdollars: 5_000_000 },
};
const spent = (today: number, thisMonth: number, microdollars = 0) => ({
  today: { posts: today, microdollars },
  thisMonth: { posts: thisMonth, microdollars },
});

describe('what is left', () => {
  test('is what the nearer limit leaves', () => {
    expect(judgeBudget(limits, spent(40, 980), now).left.posts).toBe(20);
    expect(judgeBudget(limits, spent(90, 500), now).left.posts).toBe(10);
  });

  test('has no end where there is no limit', () => {
    const endless = { daily: { posts: 0, microdollars: 0 }, monthly: { posts: 0, microdollars: 0 } };
    const { left, share } = judgeBudget(endless, spent(1_000_000, 9_000_000), now);
    expect(left).toEqual({ posts: Number.POSITIVE_INFINITY, microdollars: Number.POSITIVE_INFINITY });
    expect(share).toBe(0);
  });

  test('is never less than nothing', () => {
    expect(judgeBudget(limits, spent(120, 120), now).left.posts).toBe(0);
  });
});

test('the share is that of the limit that is nearest', () => {
  expect(judgeBudget(limits, spent(80, 100), now).share).toBe(0.8);
  expect(judgeBudget(limits, spent(10, 100, 4_500_000), now).share).toBe(0.9);
});

test('there is more the next day, or the next month where that is spent', () => {
  expect(judgeBudget(limits, spent(100, 100), now).renewsAt.toISOString()).toBe('2026-11-23T00:00:00.000Z');
  expect(judgeBudget(limits, spent(0, 1_000), now).renewsAt.toISOString()).toBe('2026-12-01T00:00:00.000Z');
});
