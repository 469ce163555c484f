import { expect, test } from 'vitest';
import { affordablePosts, costOf, mostCostOf } from './cost.ts';

const prices = { post: 5_000, user: 10_000, answer: 15_000, count: 5_000 };

test('all that X gives out with a post is counted', () => {
  const answer = {
    data: [{ id: '20' }, { id: '21' }],
    includes: { users: [{}], tweets: [{}], media: [{}, {}] },
  };
  expect(costOf(answer, prices)).toEqual({ posts: 3, microdollars: 5 * 5_000 + 10_000 });
  expect(costOf({ data: { id: '20' } }, prices)).toEqual({ posts: 1, microdollars: 5_000 });
  expect(costOf({ data: [{}], includes: { posts: [{}] } }, prices).posts).toBe(2);
  expect(costOf({ meta: { result_count: 0 } }, prices)).toEqual({ posts: 0, microdollars: 0 });
});

test('what is reserved is enough for the dearest posts there are', () => {
  const dearest = (posts: number) => ({
    data: Array.from({ length: posts }),
    includes: {
      users: Array.from({ length: posts }),
      tweets: Array.from({ length: 2 * posts }),
      media: Array.from({ length: 4 * posts }),
    },
  });
  expect(costOf(dearest(7), prices)).toEqual(mostCostOf(7, prices));
});

test('no more is asked for than either limit allows', () => {
  const one = mostCostOf(1, prices);
  expect(affordablePosts({ posts: 31, microdollars: Number.POSITIVE_INFINITY }, prices)).toBe(10);
  expect(affordablePosts({ posts: 1_000, microdollars: 12.5 * one.microdollars }, prices)).toBe(12);
  expect(affordablePosts({ posts: 90, microdollars: 0 }, { ...prices, post: 0, user: 0 })).toBe(30);
});
