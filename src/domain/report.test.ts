import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, test } from 'vitest';
import { normalizeLine, normalizePhone, normalizeText } from './report.ts';

describe('a phone number', () => {
  test.each([
    ['081234567890', '+6281234567890'],
    ['6281234567890', '+6281234567890'],
    ['+6281234567890', '+6281234567890'],
    ['0812-3456-7890', '+6281234567890'],
    ['+62 (812) 3456 7890', '+6281234567890'],
    ['(021) 3456789', '+62213456789'],
    ['+65 6123 4567', '+6561234567'],
  ])('%s is %s', (typed, e164) => {
    expect(normalizePhone(typed)).toBe(e164);
  });

  test.each(['1708', 'TELKOMSEL', '', '0812', '08123456789012345'])('%j is none', (typed) => {
    expect(normalizePhone(typed)).toBe(null);
  });

  test('of an Indonesian mobile is read as libphonenumber reads it, whatever its digits and length', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 5, maxLength: 13 });
    fc.assert(
      fc.property(digits, fc.constantFrom('0', '62', '+62'), (tail, front) => {
        const national = `8${tail.join('')}`;
        const known = parsePhoneNumberFromString(`+62${national}`);
        const isNumber = known?.isValid() === true;
        // without its plus 62… may also be a fixed line: only what is a number with the plus is compared
        fc.pre(isNumber || front !== '62');
        expect(normalizePhone(front + national)).toBe(isNumber ? known.number : null);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('text is well-formed NFC without NUL, with Unix line ends, trimmed', () => {
  expect(normalizeText('  jalan\r\nrusak\0 e\u0301 \ud800 \r')).toBe('jalan\nrusak é \ufffd');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => {
      const text = normalizeText(raw);
      expect(text.isWellFormed() && !text.includes('\0') && text === text.normalize('NFC')).toBe(true);
      expect(normalizeText(text)).toBe(text);
    }),
  );
});

test('a line has no line break and is null when nothing is left', () => {
  expect(normalizeLine(' Jl.\n Merdeka\t 5 ')).toBe('Jl. Merdeka 5');
  expect(normalizeLine(' \n ')).toBe(null);
  expect(normalizeLine(undefined)).toBe(null);
});
