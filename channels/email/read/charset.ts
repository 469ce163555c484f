import iconv from 'iconv-lite';

/**
 * Bytes to text by the charset they are said to be in, where that makes sense of them, else by what they look like. Never
 * fails, and prefers any letter to U+FFFD.
 */
export function decodeText(bytes: Buffer, label: string | null, hints: readonly string[] = []): string {
  if (bytes.length === 0) return '';
  const bom = decodeByBom(bytes);
  if (bom !== null) return bom;
  const charset = label === null ? null : nameCharset(label);
  if (charset !== null && charset !== 'us-ascii') {
    const text = decodeAs(bytes, charset);
    if (text !== null) return text;
  }
  return guess(bytes, hints);
}

function decodeByBom(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decodeUtf8(bytes.subarray(3));
  if (bytes[0] === 0xff && bytes[1] === 0xfe && bytes.length % 2 === 0)
    return iconv.decode(bytes, 'utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0)
    return iconv.decode(bytes, 'utf-16be');
  return null;
}

/** Names that iconv-lite has not, or has for a smaller set than mails are written in. */
const aliases: Readonly<Record<string, string>> = {
  gb2312: 'gb18030',
  'gb_2312-80': 'gb18030',
  csgb2312: 'gb18030',
  'euc-cn': 'gb18030',
  euccn: 'gb18030',
  gbk: 'gb18030',
  'x-gbk': 'gb18030',
  cp936: 'gb18030',
  ms936: 'gb18030',
  'windows-936': 'gb18030',
  'chinese-simplified': 'gb18030',
  big5: 'big5-hkscs',
  'x-x-big5': 'big5-hkscs',
  'cn-big5': 'big5-hkscs',
  'big5-eten': 'big5-hkscs',
  cp950: 'big5-hkscs',
  'ks_c_5601-1987': 'cp949',
  'ks_c_5601-1989': 'cp949',
  ks_c_5601: 'cp949',
  ksc5601: 'cp949',
  'euc-kr': 'cp949',
  euckr: 'cp949',
  'x-euc-kr': 'cp949',
  'windows-949': 'cp949',
  uhc: 'cp949',
  'shift-jis': 'shift_jis',
  sjis: 'shift_jis',
  'x-sjis': 'shift_jis',
  ms_kanji: 'shift_jis',
  ms932: 'shift_jis',
  'x-sjis-docomo': 'shift_jis',
  'windows-31j': 'shift_jis',
  cp932: 'shift_jis',
  eucjp: 'euc-jp',
  'x-euc-jp': 'euc-jp',
  'x-euc': 'euc-jp',
  ujis: 'euc-jp',
  'eucjp-win': 'euc-jp',
  'eucjp-ms': 'euc-jp',
  'iso-8859-8-i': 'windows-1255',
  'iso-8859-8-e': 'windows-1255',
  'iso-8859-8': 'windows-1255',
  'iso8859-8': 'windows-1255',
  'iso-8859-1': 'windows-1252',
  iso8859: 'windows-1252',
  'iso8859-1': 'windows-1252',
  'iso_8859-1': 'windows-1252',
  '8859-1': 'windows-1252',
  'iso-8859-1-windows-3.1-latin-1': 'windows-1252',
  latin1: 'windows-1252',
  latin: 'windows-1252',
  'latin-1': 'windows-1252',
  ansi: 'windows-1252',
  'x-ansi': 'windows-1252',
  'cp-850': 'cp850',
  'iso-8859-9': 'windows-1254',
  'iso-8859-11': 'windows-874',
  'tis-620': 'windows-874',
  utf8: 'utf-8',
  'utf-8mb4': 'utf-8',
  utf8mb4: 'utf-8',
  unicode: 'utf-16',
  'iso-10646-ucs-2': 'utf-16',
  'ucs-2': 'utf-16',
  'x-unicode-2-0-utf-7': 'utf-7',
  'unicode-1-1-utf-7': 'utf-7',
  'unicode-1-1-utf-8': 'utf-8',
  'unicode-2-0-utf-8': 'utf-8',
  'x-mac-roman': 'macintosh',
  'x-mac-cyrillic': 'maccyrillic',
  'x-mac-ce': 'maccenteuro',
  'x-mac-greek': 'macgreek',
  'x-mac-turkish': 'macturkish',
  'x-mac-croatian': 'maccroatian',
  ascii: 'us-ascii',
  'ansi_x3.4-1968': 'us-ascii',
  'iso646-us': 'us-ascii',
  'iso-646-us': 'us-ascii',
  us_ascii: 'us-ascii',
  usascii: 'us-ascii',
  '7bit': 'us-ascii',
  '8bit': 'us-ascii',
  cp20866: 'koi8-r',
  koi8: 'koi8-r',
  'iso_8859-8-i': 'windows-1255',
};

/** Whoever writes a mail chooses the name: `constructor` is no charset. */
const aliasOf = (name: string): string | undefined =>
  Object.hasOwn(aliases, name) ? aliases[name] : undefined;

const escaped = new Set(['iso-2022-jp', 'iso-2022-kr', 'iso-2022-cn', 'hz-gb-2312']);

/** Null where the name means nothing, or is no charset of text, such as x-unknown. */
export function nameCharset(label: string): string | null {
  const name = label
    .trim()
    .toLowerCase()
    .replace(/^["'\s]+|["'\s]+$/g, '')
    .replace(/^(?:cs|charset=)(?=iso|utf|us-|windows)/, '')
    .replace(/[\s;:,"'].*$/, '')
    .slice(0, 40);
  if (/^(x-)?iso-?2022-?jp/.test(name) || name === 'csiso2022jp') return 'iso-2022-jp';
  if (/^(x-)?iso-?2022-?kr|^csiso2022kr/.test(name)) return 'iso-2022-kr';
  if (/^(x-)?iso-?2022-?cn/.test(name)) return 'iso-2022-cn';
  if (/^hz(-gb-2312)?$/.test(name)) return 'hz-gb-2312';
  const known = aliasOf(name);
  if (known !== undefined) return known;
  const numbered = /^(?:x-|ms-?)?(?:cp|win|windows|dos|ibm|ansi)[-_ ]?(\d{3,5})$/.exec(name)?.[1];
  for (const candidate of [
    name,
    ...(numbered === undefined ? [] : [`windows-${numbered}`, `cp${numbered}`]),
  ]) {
    if (candidate === 'cp65001' || candidate === 'windows-65001') return 'utf-8';
    if (isTextCharset(candidate)) return aliasOf(candidate) ?? candidate;
  }
  const latin = /8859[-_. ]?(\d{1,2})/.exec(name)?.[1];
  const latinName = `iso-8859-${latin}`;
  return latin === undefined || latinName === name ? null : nameCharset(latinName);
}

/** iconv-lite also takes base64 and hex for encodings. */
const isTextCharset = (name: string) =>
  name !== '' &&
  !/^(base64|hex|internal|binary|utf7imap|utf-7-imap)$/.test(name) &&
  iconv.encodingExists(name);

/** Null where the charset makes no sense of the bytes. */
function decodeAs(bytes: Buffer, charset: string): string | null {
  if (charset === 'utf-8') return decodeUtf8(bytes);
  if (escaped.has(charset)) {
    return hasEscapes(bytes, charset) || isAscii(bytes) ? decodeEscaped(bytes, charset) : null;
  }
  if (charset.startsWith('utf-16') || charset.startsWith('utf-32') || charset === 'ucs2') {
    // mails say so of texts that something on the way made UTF-8 or ASCII
    return bytes.includes(0) || !isAscii(bytes) ? iconv.decode(bytes, charset) : null;
  }
  if (isMultiByte(charset)) {
    const text = iconv.decode(bytes, charset);
    const lost = countLost(text);
    if (lost === 0) return text;
    const utf8 = strictUtf8(bytes);
    return utf8 ?? (lost > text.length / 20 ? null : text);
  }
  if (charset !== 'utf-7' && hasSequences(bytes)) {
    const utf8 = strictUtf8(bytes);
    if (utf8 !== null) return utf8;
  }
  return charset === 'windows-1252' ? decodeWindows1252(bytes) : iconv.decode(bytes, charset);
}

const isMultiByte = (charset: string) => /^(gb18030|big5|cp949|shift_jis|euc-jp)/.test(charset);

const countLost = (text: string) => {
  let lost = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) lost += 1;
  return lost;
};

export const isAscii = (bytes: Buffer) => {
  for (const byte of bytes) if (byte > 127) return false;
  return true;
};

const strictDecoder = () => new TextDecoder('utf-8', { fatal: true });

function strictUtf8(bytes: Buffer): string | null {
  try {
    return strictDecoder().decode(bytes);
  } catch {
    return null;
  }
}

/** Whether there are characters of several bytes as UTF-8 has them; chance hardly makes two of them and nothing else. */
function hasSequences(bytes: Buffer): boolean {
  let count = 0;
  for (let at = 0; at < bytes.length && count < 2; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0xc2 || byte > 0xf4) continue;
    const next = bytes[at + 1] ?? 0;
    if (next >= 0x80 && next <= 0xbf) count += byte >= 0xe0 ? 2 : 1;
  }
  return count >= 1;
}

/** UTF-8; a byte that is none of it is read as windows-1252, as it was before somebody mixed the two. */
function decodeUtf8(bytes: Buffer): string {
  const strict = strictUtf8(bytes);
  if (strict !== null) return strict;
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(bytes.toString('utf8', start, at), decodeWindows1252(bytes.subarray(at, at + 1)));
    at += 1;
    start = at;
  }
  parts.push(bytes.toString('utf8', start));
  return parts.join('');
}

function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let next = 1; next < length; next += 1) {
    if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  const tooLong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  return tooLong || (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f) ? 0 : length;
}

/** What windows-1252 has at 80 to 9F; Node 20's TextDecoder has control characters there (nodejs/node#56542). */
const decodeWindows1252 = (bytes: Buffer) => iconv.decode(bytes, 'windows-1252');

function guess(bytes: Buffer, hints: readonly string[]): string {
  if (hasEscapes(bytes, 'iso-2022-jp')) return decodeEscaped(bytes, 'iso-2022-jp');
  if (hasEscapes(bytes, 'iso-2022-kr')) return decodeEscaped(bytes, 'iso-2022-kr');
  const utf8 = strictUtf8(bytes);
  if (utf8 !== null) return utf8;
  const utf16 = guessUtf16(bytes);
  if (utf16 !== null) return utf16;
  for (const hint of hints) {
    const charset = nameCharset(hint);
    if (charset === null || charset === 'us-ascii' || charset === 'utf-8' || charset.startsWith('utf-16'))
      continue;
    const text = decodeAs(bytes, charset);
    if (text !== null && countLost(text) === 0) return text;
  }
  return hasSequences(bytes) ? decodeUtf8(bytes) : decodeByLook(bytes);
}

/** Every other byte NUL: UTF-16 of Latin letters. */
function guessUtf16(bytes: Buffer): string | null {
  let even = 0;
  let odd = 0;
  const length = Math.min(bytes.length, 2_000) & ~1;
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0) even += 1;
    if (bytes[at + 1] === 0) odd += 1;
  }
  if (odd > length / 3 && even < length / 20) return iconv.decode(bytes, 'utf-16le');
  return even > length / 3 && odd < length / 20 ? iconv.decode(bytes, 'utf-16be') : null;
}

/** Which charset has letters for most of the high bytes: few of them stand among Latin letters, many are another script. */
function decodeByLook(bytes: Buffer): string {
  let high = 0;
  let letters = 0;
  for (const byte of bytes) {
    if (byte > 127) high += 1;
    else if ((byte | 32) >= 97 && (byte | 32) <= 122) letters += 1;
  }
  if (high < 6 || high < letters) return decodeWindows1252(bytes);
  let best = { text: decodeWindows1252(bytes), score: 0 };
  for (const [charset, expected] of candidates) {
    const text = iconv.decode(bytes, charset);
    const found = text.match(expected)?.length ?? 0;
    const others = text.match(/[^\p{ASCII}]/gu)?.length ?? 1;
    const score = countLost(text) > others / 50 ? 0 : found / others;
    if (score > best.score + 0.05 && score > 0.6) best = { text, score };
  }
  return best.text;
}

/** The letters that are frequent in each: all of these charsets have some character for nearly every byte. */
const candidates: readonly (readonly [string, RegExp])[] = [
  ['windows-1251', /[а-яё]/gu],
  ['koi8-r', /[а-яё]/gu],
  ['shift_jis', /[ぁ-んァ-ヶー、。]/gu],
  ['euc-jp', /[ぁ-んァ-ヶー、。]/gu],
  [
    'gb18030',
    /[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运，。]/gu,
  ],
  [
    'big5-hkscs',
    /[的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日，。]/gu,
  ],
  ['cp949', /[가-힣]/gu],
  ['windows-1253', /[α-ωά-ώ]/gu],
  ['windows-1255', /[א-ת]/gu],
  ['windows-1256', /[\u0621-\u064a]/gu],
  ['windows-874', /[\u0e01-\u0e4e]/gu],
];

const hasEscapes = (bytes: Buffer, charset: string) =>
  charset === 'hz-gb-2312'
    ? bytes.includes('~{')
    : bytes.includes(charset === 'iso-2022-jp' ? '\x1b$' : '\x1b$)') ||
      (charset === 'iso-2022-jp' && bytes.includes('\x1b('));

/** Charsets that switch by escape sequences, by way of those with the high bit, whose tables know the vendors' characters. */
function decodeEscaped(bytes: Buffer, charset: string): string {
  const out: number[] = [];
  const hz = charset === 'hz-gb-2312';
  const base = charset === 'iso-2022-jp' ? 'euc-jp' : charset === 'iso-2022-kr' ? 'cp949' : 'gb18030';
  let set: 'ascii' | 'double' | 'kana' | 'supplement' = 'ascii';
  let shifted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (hz && byte === 126) {
      const next = bytes[at + 1];
      if (next === 123 || next === 125 || next === 126 || next === 10) {
        if (next === 123) set = 'double';
        if (next === 125) set = 'ascii';
        if (next === 126) out.push(126);
        at += 1;
        continue;
      }
    }
    if (byte === 27) {
      const sequence = bytes.toString('latin1', at + 1, at + 4);
      const found = escapeSequences.find(([text]) => sequence.startsWith(text));
      if (found !== undefined) {
        if (found[1] !== null) set = found[1];
        at += found[0].length;
        continue;
      }
    }
    if (byte === 14 || byte === 15) {
      shifted = byte === 14;
      continue;
    }
    if (byte < 33 || byte > 126) {
      if (byte === 10 || byte === 13) {
        shifted = false;
        if (base !== 'euc-jp' || set === 'kana') set = 'ascii';
      }
      out.push(byte);
      continue;
    }
    if (set === 'kana' || (shifted && base === 'euc-jp')) out.push(0x8e, byte | 0x80);
    else if (set === 'double' || set === 'supplement' || shifted) {
      const next = bytes[at + 1];
      if (next === undefined || next < 33 || next > 126) {
        out.push(byte);
        continue;
      }
      if (set === 'supplement') out.push(0x8f);
      out.push(byte | 0x80, next | 0x80);
      at += 1;
    } else out.push(byte);
  }
  return iconv.decode(Buffer.from(out), base);
}

/** What each one switches to; null where only a later shift does. */
const escapeSequences: readonly (readonly [string, 'ascii' | 'double' | 'kana' | 'supplement' | null])[] = [
  ['$(D', 'supplement'],
  ['$(C', 'double'],
  ['$(B', 'double'],
  ['$(@', 'double'],
  ['$)C', null],
  ['$)A', null],
  ['$)G', null],
  ['$B', 'double'],
  ['$@', 'double'],
  ['$A', 'double'],
  ['(I', 'kana'],
  ['(B', 'ascii'],
  ['(J', 'ascii'],
  ['(H', 'ascii'],
];
