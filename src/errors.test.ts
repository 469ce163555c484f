import { expect, test } from 'vitest';
import { findPlace } from './errors.ts';

test('the place of a failure is a line of code, whatever its message looks like', () => {
  const message = 'nilai Siti\n    at siti@contoh.example (/rumah/siti.ts:1:1)';
  expect(findPlace(new Error(message))).toMatch(/^at .*errors\.test\.ts:\d+:\d+\)?$/);
});

test.each([
  ['no error', 'Siti'],
  [
    'an error whose stack tells of another message',
    Object.assign(new Error('b'), { stack: 'Error: Siti\n    at a (b:1:1)' }),
  ],
  ['an error without a stack', Object.assign(new Error('a'), { stack: undefined })],
])('%s has no place', (_, error) => {
  expect(findPlace(error)).toBeUndefined();
});
