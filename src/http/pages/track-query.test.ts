import { expect, test } from 'vitest';
import { readTrackQuery } from './track-query.ts';

const read = (id: string) => readTrackQuery(`/lacak?${new URLSearchParams({ id })}`);

test('nothing asked is told apart from nothing typed', () => {
  expect(readTrackQuery('/lacak')).toEqual({ typed: '', result: 'not-asked' });
  expect(readTrackQuery('/lacak?lang=en')).toEqual({ typed: '', result: 'not-asked' });
  expect(read('  ')).toEqual({ typed: '', result: 'empty' });
});

test.each(['482109375564', '4821-0937-5564', ' 4821 0937 5564 '])(
  'a tracking ID is read from "%s"',
  (typed) => {
    expect(read(typed)).toMatchObject({ trackingId: '482109375564' });
  },
);

test.each(['4821-0937-5565', '4821-0937', 'apa ini', '<script>'])('"%s" is mistyped', (typed) => {
  expect(read(typed)).toEqual({ typed: typed.trim(), result: 'mistyped' });
});

test.each([
  '01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya',
  '01PB 5V0 7K2M 9QX4 T0V8 W3ZR 5N1H C6DP YA',
  'o1pb5v07k2m9qx4tov8w3zr5nlhc6dpya',
])('a receipt code is read from "%s"', (typed) => {
  expect(read(typed)).toMatchObject({ receipt: '01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya' });
});
