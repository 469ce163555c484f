import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, test } from 'vitest';
import { isGsm7, measureSms, toGsm7 } from './sms-text.ts';

describe('the size of an SMS', () => {
  test.each([
    ['', 'gsm7', 1],
    ['a'.repeat(160), 'gsm7', 1],
    ['a'.repeat(161), 'gsm7', 2],
    ['a'.repeat(306), 'gsm7', 2],
    ['a'.repeat(307), 'gsm7', 3],
    ['€'.repeat(80), 'gsm7', 1],
    [`a${'€'.repeat(80)}`, 'gsm7', 2],
    // 153 is odd: the escape would be the last septet of a part and its character the first of the next
    ['€'.repeat(153), 'gsm7', 3],
    ['ж'.repeat(70), 'ucs2', 1],
    ['ж'.repeat(71), 'ucs2', 2],
    ['ж'.repeat(134), 'ucs2', 2],
    ['ж'.repeat(135), 'ucs2', 3],
    ['🙏'.repeat(35), 'ucs2', 1],
    // 67 is odd as well
    ['🙏'.repeat(67), 'ucs2', 3],
  ])('%j: %s, %i', (text, encoding, segments) => {
    expect(measureSms(text)).toEqual({ encoding, segments });
  });

  test.each(['@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà', '^{}\\[~]|€', 'Rp 12.000,- (50%) #1\n'])(
    '%j is GSM-7',
    (text) => expect(isGsm7(text)).toBe(true),
  );

  test.each(['`', 'ç', 'á', '“', '…', '🙏', '\u00a0', '\t'])('%j is not', (text) =>
    expect(isGsm7(text)).toBe(false),
  );

  const gsm7 = fc.constantFrom(...'aZ09 @£éÑ_Δ\n^{}\\[~]|€');
  const ucs2 = fc.constantFrom('a', ' ', 'é', 'ж', '你', '🙏', '🚧', '…');
  test.each([
    ['GSM-7', gsm7],
    ['UCS-2', ucs2],
  ])('is what Twilio counts, in %s', (_, character) => {
    fc.assert(
      fc.property(fc.array(character, { maxLength: 700, size: 'max' }), (characters) => {
        const text = characters.join('');
        const counted = new SegmentedMessage(text);
        const encoding = counted.encodingName === 'GSM-7' ? 'gsm7' : 'ucs2';
        expect(measureSms(text)).toEqual({ encoding, segments: counted.segmentsCount });
      }),
    );
  });
});

describe('a text brought into GSM-7', () => {
  test.each([
    ['“Jalan rusak” – kata warga…', '"Jalan rusak" - kata warga...'],
    ['Jum’at\u00a0malam', "Jum'at malam"],
    ['kafe\u0301 di Bandung\r\n', 'kafé di Bandung\n'],
    ['Rp\u202f12.000\u200b', 'Rp 12.000'],
  ])('%j reads %j', (text, plain) => expect(toGsm7(text)).toBe(plain));

  test.each(['Terima kasih… 🙏', 'Bappeda “Kota” – façade', 'jalan 你好 …'])(
    '%j would lose something, and stays as it is',
    (text) => expect(toGsm7(text)).toBe(text),
  );

  test('is GSM-7 or untouched, costs no more, and is not changed again', () => {
    const character = fc.constantFrom('a', ' ', 'é', '“', '’', '–', '…', '\u00a0', '€', '\t', 'ж', '🙏');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 400, size: 'max' }), (characters) => {
        const text = characters.join('');
        const plain = toGsm7(text);
        expect(plain === text || isGsm7(plain)).toBe(true);
        expect(measureSms(plain).segments).toBeLessThanOrEqual(measureSms(text).segments);
        expect(toGsm7(plain)).toBe(plain);
      }),
    );
  });

  test('stays as it is where dots in full would take a second SMS', () => {
    expect(toGsm7('…'.repeat(54))).toBe('…'.repeat(54));
  });
});
