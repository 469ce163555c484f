import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../config.ts';
import { inPackage } from '../package-root.ts';
import { nothingSpent } from './budget.ts';
import { chargedInAll, daysOfMonth, estimateDay, findReached, formatDollars } from './platform-cost.ts';

const prices = { post: 5_000, user: 10_000, answer: 15_000 };
const settings = {
  prices,
  pollSeconds: 30,
  overlapSeconds: 30,
  stream: true,
  withdraw: true,
  withdrawDays: 30,
};
const use = { tagged: 100, answerable: 0.5 };

test('a post and its author are charged once, and counted as often as they are delivered', () => {
  const day = estimateDay(use, settings);
  expect(day).toEqual({
    charged: { posts: 750_000, authors: 1_000_000, answers: 750_000 },
    lookups: 15_000_000,
    counted: { posts: 300, microdollars: 3 * 1_750_000 + 750_000 },
  });
  expect(chargedInAll(day)).toBe(2_500_000);
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
    ['on the day on which it is too much', limits(0, 8_999), { hours: null, day: 30 }],
    ['on the first day, where that is too much', limits(0, 200), { hours: null, day: 1 }],
    ['every day, where a day is too much', limits(100, 9_000), { hours: 8, day: null }],
    ['every day, and by as much later in the month', limits(100, 1_000), { hours: 8, day: 10 }],
    [
      'in dollars, where these are spent first',
      { daily: nothingSpent, monthly: { posts: 9_000, microdollars: 52_000_000 } },
      { hours: null, day: 11 },
    ],
  ])('%s', (_, given, reached) => expect(findReached({ counted }, given)).toEqual(reached));
});

test('nothing is looked up where nothing is withdrawn', () => {
  expect(estimateDay(use, { ...settings, withdraw: false }).lookups).toBe(0);
});

/** As the settings are where nobody sets any. */
test("README's table has what this comes to", () => {
  const { twitter } = parseConfig({});
  const readme = readFileSync(inPackage('README.md'), 'utf8');
  for (const tagged of [100, 1_000, 10_000]) {
    const day = estimateDay({ tagged, answerable: 0.5 }, twitter);
    const month = (microdollars: number) => formatDollars(microdollars * daysOfMonth);
    const { charged, counted } = day;
    const reached = findReached(day, twitter.budget);
    const row = [
      tagged.toLocaleString('en-US'),
      month(charged.posts),
      month(charged.authors),
      month(charged.answers),
      `**${month(chargedInAll(day))}**`,
      month(day.lookups),
      `${counted.posts.toLocaleString('en-US')} posts, ${formatDollars(counted.microdollars)}`,
      reached === null
        ? 'is enough'
        : `lasts ${[
            ...(reached.hours === null ? [] : [`${reached.hours.toFixed(1)} hours of each day`]),
            ...(reached.day === null ? [] : [`until day ${reached.day} of the month`]),
          ].join(', ')}`,
    ];
    expect(readme).toContain(`| ${row.join(' | ')} |`);
  }
});

test.each([
  [0, '$0.00'],
  [2_250_000, '$2.25'],
  [99_994_000, '$99.99'],
  [675_000_000, '$675'],
  [6_750_000_000, '$6,750'],
])('%d millionths are %s', (amount, dollars) => expect(formatDollars(amount)).toBe(dollars));
