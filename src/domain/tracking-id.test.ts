import { mod11_10 } from 'cdigit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskPersonalData } from './masking.ts';
import { formatTrackingId, mintTrackingId, parseTrackingId } from './tracking-id.ts';

const minted = fc.integer({ min: 0, max: 89 * 10 ** 9 - 1 }).map((n) => mintTrackingId(() => n));

test('the check digit is the one of ISO/IEC 7064 MOD 11,10: the standard gives 5 for 0794', () => {
  // leading zeros change the sum, so the example is checked with the same algorithm at its own length
  expect(mod11_10.generate('0794')).toBe('07945');
  expect(mintTrackingId(() => 2_345_678_901)).toBe(mod11_10.generate('12345678901'));
});

test('what was minted is never taken for a telephone number, and stays in a text', () => {
  fc.assert(
    fc.property(minted, (id) => {
      const text = `Tambahan untuk laporan ${formatTrackingId(id)}: rusak`;
      expect(maskPersonalData(text)).toBe(text);
    }),
  );
});

test('all that begin with a digit but 0 are minted, except those with the code of Indonesia', () => {
  const mint = (drawn: number) => mintTrackingId(() => drawn).slice(0, -1);
  expect([0, 52 * 10 ** 9 - 1, 52 * 10 ** 9, 89 * 10 ** 9 - 1].map(mint)).toEqual([
    '10000000000',
    '61999999999',
    '63000000000',
    '99999999999',
  ]);
});

test('what was minted is read back, however it is separated', () => {
  fc.assert(
    fc.property(minted, fc.constantFrom('', ' ', '-', '.', ' – '), (id, separator) => {
      const typed = formatTrackingId(id).replaceAll('-', separator);
      expect(parseTrackingId(typed)).toEqual({ trackingId: id });
    }),
  );
});

test('every single wrong digit is noticed', () => {
  fc.assert(
    fc.property(minted, fc.nat(11), fc.integer({ min: 1, max: 9 }), (id, at, shift) => {
      const wrong = (Number(id[at]) + shift) % 10;
      expect(parseTrackingId(id.slice(0, at) + wrong + id.slice(at + 1))).toBe('mistyped');
    }),
  );
});

test('too few digits, too many digits and letters are mistyped, not looked up', () => {
  for (const typed of ['', '1234', '1234-5678-90123', 'abcd-efgh-ijkl', "1234' or 1=1"]) {
    expect(parseTrackingId(typed)).toBe('mistyped');
  }
});

test('it is shown in three groups of four', () => {
  expect(formatTrackingId('123456789012')).toBe('1234-5678-9012');
});
