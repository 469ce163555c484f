import { expect, test } from 'vitest';
import { readMark } from './ledger.ts';
import { composeMessage } from './messages.ts';

test('a seed gives the same messages again, and another seed others', () => {
  const compose = (seed: number) => Array.from({ length: 50 }, (_, index) => composeMessage(seed, index + 1));
  expect(compose(7)).toEqual(compose(7));
  expect(compose(7)).not.toEqual(compose(8));
});

test('every text carries its number, poisoned or not', () => {
  for (let number = 1; number <= 500; number += 1) {
    expect(readMark(composeMessage(3, number).text)).toBe(number);
  }
});
