import { expect, test } from 'vitest';
import { type AttemptKind, type Attempts, countAttempt, waitSeconds } from './sign-in-attempts.ts';

const start = new Date('2026-11-22T01:00:00Z');
const none: Attempts = { failures: 0, lastAt: start, waitUntil: start };
const later = (seconds: number) => new Date(start.getTime() + seconds * 1000);

function fail(kind: AttemptKind, times: number): Attempts {
  let known = none;
  for (let count = 0; count < times; count += 1) known = countAttempt(kind, known, start);
  return known;
}

test('four slips cost nothing, then each wait is twice the one before, up to a quarter of an hour', () => {
  expect([4, 5, 6, 7, 8, 14, 15, 100].map((times) => waitSeconds(fail('pair', times), start))).toEqual([
    0, 1, 2, 4, 8, 512, 900, 900,
  ]);
});

test('whatever strangers try at a login, it is never closed for longer than twenty seconds', () => {
  expect(waitSeconds(fail('login', 100_000), start)).toBe(20);
});

test('after a day of peace all is forgotten', () => {
  const known = fail('pair', 100);
  expect(waitSeconds(known, later(900))).toBe(0);
  expect(countAttempt('pair', known, later(86_399)).failures).toBe(101);
  expect(countAttempt('pair', known, later(86_401)).failures).toBe(1);
});
