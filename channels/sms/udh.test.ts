import { describe, expect, it } from 'vitest';
import { readConcatenation } from './udh.ts';

describe('a user data header', () => {
  it.each([
    ['with an 8-bit reference', '0500032a0302', { reference: '42', total: 3, number: 2 }],
    ['with a 16-bit reference', '060804012a0301', { reference: '298', total: 3, number: 1 }],
    ['behind another element', '0b05040b8423f00003ff0202', { reference: '255', total: 2, number: 2 }],
  ])('%s says which part it is', (_, hex, part) => {
    expect(readConcatenation(Buffer.from(hex, 'hex'))).toEqual(part);
  });

  it.each([
    ['nothing', ''],
    ['other elements only', '060504158a0000'],
    ['half an element', '0500032a'],
    ['a length beyond the end', '0500ff2a0302'],
    ['part 0', '0500032a0300'],
    ['part 4 of 3', '0500032a0304'],
    ['part 1 of 1', '0500032a0101'],
  ])('with %s says none', (_, hex) => {
    expect(readConcatenation(Buffer.from(hex, 'hex'))).toBeNull();
  });

  it('of any bytes is read without fail', () => {
    for (let seed = 0; seed < 2_000; seed += 1) {
      const bytes = Buffer.from(Array.from({ length: seed % 20 }, (_, at) => (seed * 31 + at * 17) % 256));
      expect(() => readConcatenation(bytes)).not.toThrow();
    }
  });
});
