import { parseTrackingId } from '../tracking-id.ts';

/**
 * Numbers an agency needs and that lead to nobody, told by their form: dates, times, coordinates, money, tracking IDs,
 * house numbers with their postcode, lists. Every pattern is tried at one place and reads a bounded stretch from there.
 */

/** Not where the number goes on. */
const stop = String.raw`(?![-–./:]?\d)`;
const dash = '[-–]';
const day = String.raw`(?:0?[1-9]|[12]\d|3[01])`;
const month = '(?:0?[1-9]|1[0-2])';
const year = String.raw`(?:19|20)\d\d`;
const time = String.raw`(?:[01]?\d|2[0-4])[.:][0-5]\d(?:[.:][0-5]\d)?`;

const sticky = (pattern: string) => new RegExp(pattern + stop, 'y');

/** So unmistakable that they end a number begun before them. */
const plain = [
  // 12-11-2026, 12-15/11/2026, 12/11/2026-15/11/2026
  sticky(
    String.raw`(?:${day}${dash})?${day}([-–./])${day}\1${year}(?:\s?${dash}\s?${day}\1${day}\1${year})?`,
  ),
  sticky(String.raw`${year}([-–./])${month}\1${day}`),
  // 08.00-16.00
  sticky(String.raw`${time}\s?${dash}\s?${time}`),
  // degrees between Sabang and Merauke; 0.8123456789 is a mobile number with a dot in it
  sticky(String.raw`(?!0[.,]8[1-9]\d{7})(?:\d|1[01]|9[4-9]|1[0-3]\d|14[01])[.,]\d{4,15}`),
];

/** Harmless where a number begins, but within a phone number they may come about by chance. */
const likely = [
  sticky(time),
  // 12 11 2026
  sticky(String.raw`${day} ${month} ${year}(?: ${time})?(?! ?\d)`),
  sticky(String.raw`${day}([-–./])${month}\1\d\d`),
  // 2025/2026, 2024 2025 2026
  sticky(String.raw`${year}(?:(?:${dash}|\/| ${dash} )${year}|(?: ${year}){1,2}(?! \d))`),
];

const list = sticky(String.raw`\d{1,3}(?:[,/]\d{1,3}){2,40}(?!,\d)`);
/** As it is shown, 4-4-4, unless it begins as an area code does. */
const trackingId = sticky(String.raw`(?!0[2-9])\d{4}([-–—. ])\d{4}\1\d{4}(?!\1\d)`);

const grouped = String.raw`[1-9]\d{0,2}(?:(?:\.\d{3}){1,5}(?:,\d{1,2})?|(?:,\d{3}){1,5}(?:\.\d{1,2})?)(?!,\d)`;
const amount = sticky(String.raw`${grouped}(?:\s?${dash}\s?${grouped})?`);
/** Only where its currency is named: 150000000, 150 000 000. */
const looseAmount = sticky(String.raw`(?:[1-9]\d{0,2}(?: \d{3}){1,4}|[1-9]\d{0,12}(?:[.,]\d{1,2})?)(?! ?\d)`);
const currencyBefore = /(?:(?<!\p{L})(?:rp|idr)|us\$|\$)[\s.:]{0,2}$/iu;
const currencyAfter = /(?:,-|,00)?\s?(?:rupiah|perak|juta|jt|ribu|rb|miliar|milyar|triliun)(?!\p{L})/iuy;

const addressBefore =
  /(?<!\p{L})(?:rt|rw|no|nomor|jl|jln|jalan|gg|gang|blok|kav|kp|dusun|desa|kel|kec|komplek|perum)(?!\p{L})[^\d\n]{0,32}$/iu;
const houseAndPostcode = sticky(String.raw`\d{1,3}(?:[/-]\d{1,3})?,? [1-9]\d{4}(?! ?\d)`);

const personalBefore =
  /(?<!\p{L})(?:te?lp?n?|telepon|hp|hape|wa|whatsapp|ponsel|phone|fax|faks|cp|kontak|hub|hubungi|nik|ktp|no\.? ?kk|npwp|bpjs|norek|rek|rekening|pelanggan)(?:[\s.:]{0,2}(?:no|nomor))?[\s.:;=#(+-]{0,4}$/iu;

/** How far back a word can stand that says what a number is. */
const wordsBefore = 48;

/** Whether the number at `at` is announced as a phone, identity or account number: `WA 5551234`. */
export function isAnnounced(text: string, at: number): boolean {
  return personalBefore.test(text.slice(Math.max(0, at - wordsBefore), at));
}

/** Where the date, the hours or the coordinate ends that begins at `at`; null where there is none. */
export function endOfPlain(text: string, at: number): number | null {
  return endOfFirst(plain, text, at);
}

/** As `endOfPlain`, and of everything else harmless that a number may begin with unless it is a phone number. */
export function endOfHarmless(text: string, at: number, isPhone: boolean): number | null {
  const plainEnd = endOfPlain(text, at);
  if (plainEnd !== null) return plainEnd;

  const before = text.slice(Math.max(0, at - wordsBefore), at);
  const amountEnd = endOf(amount, text, at);
  if (amountEnd !== null && isMoney(text, before, at, amountEnd)) return amountEnd;
  if (isPhone || before.endsWith('+')) return null;
  const looseEnd = endOf(looseAmount, text, at);
  if (looseEnd !== null && hasCurrency(text, before, looseEnd)) return looseEnd;

  if (personalBefore.test(before)) return null;
  return (
    endOfFirst(likely, text, at) ??
    endWhere(trackingId, text, at, (typed) => parseTrackingId(typed) !== 'mistyped') ??
    endWhere(list, text, at, isAscending) ??
    (addressBefore.test(before) ? endOf(houseAndPostcode, text, at) : null)
  );
}

function hasCurrency(text: string, before: string, end: number): boolean {
  return currencyBefore.test(before) || endOf(currencyAfter, text, end) !== null;
}

/** Without a currency 812.345.678 may be a phone number, and 555.123 the beginning of one. */
function isMoney(text: string, before: string, at: number, end: number): boolean {
  if (hasCurrency(text, before, end)) return true;
  if (before.endsWith('+')) return false;
  const digits = text.slice(at, end).replace(/\D/g, '');
  // grouped like an amount, but no NIK ends in four zeros
  if (digits.length === 16 && !digits.endsWith('0000')) return false;
  if (digits.endsWith('000')) return true;
  if (/^(?:62)?8[1-9]\d{7,}$/.test(digits) || personalBefore.test(before)) return false;
  return digits.endsWith('00') || !/^\s?\d/.test(text.slice(end, end + 2));
}

/** 1,2,3 and 10/12/14, but no phone number cut in threes. */
function isAscending(numbers: string): boolean {
  const values = numbers.split(/[,/]/).map(Number);
  return !/^0[1-9]\d/.test(numbers) && values.every((value, at) => at === 0 || value > (values[at - 1] ?? 0));
}

function endOfFirst(patterns: readonly RegExp[], text: string, at: number): number | null {
  for (const pattern of patterns) {
    const end = endOf(pattern, text, at);
    if (end !== null) return end;
  }
  return null;
}

function endOf(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

function endWhere(
  pattern: RegExp,
  text: string,
  at: number,
  fits: (match: string) => boolean,
): number | null {
  const end = endOf(pattern, text, at);
  return end !== null && fits(text.slice(at, end)) ? end : null;
}
