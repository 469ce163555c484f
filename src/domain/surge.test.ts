import { expect, test } from 'vitest';
import { findSurge } from './surge.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 3, minute));

test('so many posts within an hour are a surge, since the one that made them so many', () => {
  expect(findSurge([at(0), at(30), at(60)], 3)).toEqual({ since: at(60), posts: 3 });
});

test('so many posts in more than an hour are none', () => {
  expect(findSurge([at(0), at(30), at(61)], 3)).toBeNull();
  expect(findSurge([], 3)).toBeNull();
});

test('it counts the hour that had most, and begins with the first that had enough', () => {
  const early = [at(0), at(1), at(2)];
  const later = [at(200), at(201), at(202), at(203)];
  expect(findSurge([...early, ...later], 3)).toEqual({ since: at(2), posts: 4 });
});

test('posts are found late and out of order', () => {
  expect(findSurge([at(40), at(0), at(20)], 3)).toEqual({ since: at(40), posts: 3 });
});

test('without a threshold nothing is a surge; one post is one where one is enough', () => {
  expect(findSurge([at(0), at(0)], 0)).toBeNull();
  expect(findSurge([at(0)], 1)).toEqual({ since: at(0), posts: 1 });
});
