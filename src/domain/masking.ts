import { maskAccounts } from './masking/accounts.ts';
import { maskNumbers } from './masking/numbers.ts';
import { maskSeams } from './masking/seams.ts';

/**
 * Without one of these nothing personal that can be recognized is in a text: a digit (of any script, hence the ranges,
 * which pass over quotation marks and emoji), an at-sign, the slash of a profile's address, a bracket as in `nama(at)…`,
 * a colon or `_` as in `ig: nama_saya`, `at` as a word, or a dot within one. Plain patterns, because this runs on every
 * report: they take half a microsecond for 300 characters and `\p{Nd}` ten times as
 * much once there is an emoji.
 */
const suspiciousSign = /[0-9@/[({<:=_\u0660-\u1fff\ua620-\ud83b\ufe6b\uff10-\uff20]/;
const suspiciousWord = /\s(?:at|et)\s/i;
const dotWithin = /\.[^\s.]/;

/**
 * The text with what leads to a person replaced by a word in brackets: phone, identity, tax, account and meter numbers,
 * e-mail addresses, account names and profile addresses. Money, dates, times, coordinates, house numbers, postcodes and
 * tracking IDs stay, because the agency needs them; in doubt a number goes. Masking twice changes nothing, the time it
 * takes grows as the text does whatever is in it, and a text with nothing to mask is returned as it is.
 */
export function maskPersonalData(text: string): string {
  if (!suspiciousSign.test(text) && !suspiciousWord.test(text) && !dotWithin.test(text)) return text;
  return maskSeams(maskNumbers(maskAccounts(text)));
}
