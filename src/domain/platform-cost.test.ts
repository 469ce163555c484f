import { describe, expect, test } from 'vitest';
import { nothingSpent } from './budget.ts';
import { chargedInAll, estimateDay, findReached, formatDollars } from './platform-cost.ts';

const prices = { post: 5_000, user: 10_000, answer: 15_000 };
const settings = { prices, pollSeconds: 30, overlapSeconds: 30, stream: true };
const use = { tagged: 100, answerable: 0.5 };

test('a post and its author are charged once, and counted as often as they are delivered', () => {
  const day = estimateDay(use, settings);
  expect(day).toEqual({
    charged: { posts: 500_000, authors: 1_000_000, answers: 750_000 },
    counted: { posts: 300, microdollars: 3 * 1_500_000 + 750_000 },
  });
  expect(chargedInAll(day)).toBe(2_250_000);
});

test.each([
  ['without the stream', { stream: false }, 200],
  ['looking back twice as far', { overlapSeconds: 60 }, 400],
  ['looking half as often', { pollSeconds: 60 }, 250],
])('%s, other numbers are counted, and the same is charged', (_, more, posts) => {
  const day = estimateDay(use, { ...settings, ...more });
  expect(day.counted.posts).toBe(posts);
  expect(day.charged).toEqual(estimateDay(use, settings).charged);
});

describe('a limit is reached', () => {
  const counted = { posts: 300, microdollars: 5_000_000 };
  const limits = (daily: number, monthly: number) => ({
    daily: { posts: daily, microdollars: 0 },
    monthly: { posts: monthly, microdollars: 0 },
  });

  test.each([
    ['never, where there is none', limits(0, 0), null],
    ['never, where all of it fits in', limits(300, 9_000), null],
    ['on the day on which it is too much', limits(0, 8_999), { limit: 'month', day: 30 }],
    ['on the first day, where that is too much', limits(0, 200), { limit: 'month', day: 1 }],
    ['every day, where a day is too much', limits(100, 9_000), { limit: 'day', hours: 8 }],
    [
      'in dollars, where these are spent first',
      { daily: nothingSpent, monthly: { posts: 9_000, microdollars: 52_000_000 } },
      { limit: 'month', day: 11 },
    ],
  ])('%s', (_, given, reached) => expect(findReached({ counted }, given)).toEqual(reached));
});

test.each([
  [0, '$0.00'],
  [2_250_000, '$2.25'],
  [99_994_000, '$99.99'],
  [675_000_000, '$675'],
  [6_750_000_000, '$6,750'],
])('%d millionths are %s', (amount, dollars) => expect(formatDollars(amount)).toBe(dollars));
