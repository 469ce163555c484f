import { afterAll, afterEach, expect, test } from 'vitest';
import type { BudgetLimits } from '../src/domain/budget.ts';
import { createBudget } from '../src/spending.ts';
import { createTestDatabase } from './support/database.ts';

const database = await createTestDatabase();
const db = database.pool;
afterEach(() => db.query('truncate platform_spending'));
afterAll(() => database.drop());

const limits = (daily: number, monthly = 0): BudgetLimits => ({
  daily: { posts: daily, microdollars: 0 },
  monthly: { posts: monthly, microdollars: 0 },
});
const at = (iso: string) => () => new Date(iso);
const posts = (count: number) => ({ posts: count, microdollars: count * 5_000 });

test('a hundred who reserve at the same time get no more than there is', async () => {
  const budget = createBudget(db, 'twitter', limits(55), at('2026-11-22T10:00:00Z'));
  const taken = await Promise.all(Array.from({ length: 100 }, () => budget.reserve(posts(10))));
  expect(taken.filter((reservation) => reservation !== null)).toHaveLength(5);
  expect((await budget.state()).today.posts).toBe(50);
});

test('what was not read is there again', async () => {
  const budget = createBudget(db, 'twitter', limits(100), at('2026-11-22T10:00:00Z'));
  const reservation = await budget.reserve(posts(100));
  expect(await budget.reserve(posts(1))).toBeNull();
  await reservation?.settle(posts(7));
  expect(await budget.state()).toMatchObject({ today: posts(7), left: { posts: 93 } });
});

test('days and months end in UTC, and a month counts all its days', async () => {
  const spend = (iso: string, count: number) =>
    createBudget(db, 'twitter', limits(100, 150), at(iso)).reserve(posts(count));
  expect(await spend('2026-10-31T23:59:59Z', 100)).not.toBeNull();
  expect(await spend('2026-11-01T00:00:00Z', 100)).not.toBeNull();
  expect(await spend('2026-11-01T23:59:59Z', 1)).toBeNull();
  expect(await spend('2026-11-02T00:00:00Z', 51)).toBeNull();
  expect(await spend('2026-11-02T00:00:00Z', 50)).not.toBeNull();
});

test('what is put right belongs to the day it was reserved on', async () => {
  let now = new Date('2026-11-22T23:59:59Z');
  const budget = createBudget(db, 'twitter', limits(100), () => now);
  const reservation = await budget.reserve(posts(100));
  now = new Date('2026-11-23T00:00:01Z');
  await reservation?.settle(posts(30));
  expect(await budget.state()).toMatchObject({ today: { posts: 0 }, thisMonth: { posts: 30 } });
});

test('money counts beside posts', async () => {
  const dollars = { daily: { posts: 0, microdollars: 20_000 }, monthly: { posts: 0, microdollars: 0 } };
  const budget = createBudget(db, 'twitter', dollars, at('2026-11-22T10:00:00Z'));
  expect(await budget.reserve({ posts: 0, microdollars: 15_000 })).not.toBeNull();
  expect(await budget.reserve({ posts: 0, microdollars: 15_000 })).toBeNull();
});
