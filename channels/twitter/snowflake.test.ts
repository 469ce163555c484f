import { expect, test } from 'vitest';
import { compareIds, firstIdAt, momentOf } from './snowflake.ts';

test('an id holds the moment it was made', () => {
  // the sample of X's documentation: created_at 2019-12-31T19:26:16.000Z
  expect(momentOf('1212092628029698048').toISOString()).toBe('2019-12-31T19:26:16.771Z');
});

test('of all ids of a millisecond the first one is found', () => {
  const moment = new Date('2026-11-22T10:00:00.123Z');
  const id = firstIdAt(moment);
  expect(momentOf(id)).toEqual(moment);
  expect(momentOf(String(BigInt(id) - 1n)).getTime()).toBe(moment.getTime() - 1);
  expect(firstIdAt(new Date(0))).toBe('0');
});

test('ids are compared as the numbers they are', () => {
  expect(['20', '1212092628029698048', '9'].sort(compareIds)).toEqual(['9', '20', '1212092628029698048']);
});
