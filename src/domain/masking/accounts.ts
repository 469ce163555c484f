/**
 * E-mail addresses, account names and profile addresses. Every pattern starts at a sign that it consumes (an at-sign, a
 * site's name) or is tried at one place only, so that no text makes it run over the same characters again and again.
 */

/** Cheaper than the next, which is tried only where this is found. */
const profileSite = /\.(?:com|me|net)\//i;

/** Pages of a person; `instagram.com/p/…` and the like name a post alone, which the agency may need as evidence. */
const profile = new RegExp(
  String.raw`(?:https?:\/\/)?(?:(?:www|m|web|mobile|id-id)\.)?(?<![\p{L}_-])(?:` +
    String.raw`instagram\.com\/(?!(?:p|reels?|tv|explore)\/)|(?:facebook|fb|x|twitter|tiktok)\.com\/|fb\.me\/|` +
    String.raw`threads\.(?:net|com)\/|(?:t|telegram)\.me\/|linkedin\.com\/in\/|youtube\.com\/(?:@|c\/|user\/)|` +
    String.raw`wa\.me\/(?:message|qr)\/)` +
    String.raw`[\p{L}\p{N}_@+](?:[^\s<>"'()[\]]*[\p{L}\p{N}_=/-])?`,
  'giu',
);

/** `@`, `%40` of an address on the web, `[at]`, `(at)` or the word alone. */
const atSign = /[@＠﹫]|%40|[[({<]\s?(?:at|et|@)\s?[\])}>]|(?<=\s)(?:at|et)(?=\s)/giu;

const outsideLocalPart = /[\s<>()[\]{}:;,"/\\@＠﹫]/u;

const dot = String.raw`(?:\.|\s\.\s|\s{0,2}[[({<]\s?(?:dot|titik)\s?[\])}>]\s{0,2}|\s{1,2}(?:dot|titik)\s{1,2})`;
const label = String.raw`[\p{L}\p{N}][\p{L}\p{N}-]*`;

/** `pemda.go.id`, `gmail [dot] com`, `gmail titik com`. */
const domain = new RegExp(String.raw`${label}(?:${dot}${label})*${dot}\p{L}{2,}`, 'iuy');
const domainWithoutDot = /\p{L}[\p{L}\p{N}-]*/uy;
const provider = /(?:gmail|yahoo|ymail|hotmail|outlook|icloud|rocketmail|proton(?:mail)?)(?!\p{L})/iuy;

/** With a letter in it, because `@5.000` is a price; so are `@Rp5.000` and `@50rb`. */
const handle =
  /(?:[@＠﹫]|%40)(?!rp(?![\p{L}_])|[\d.,]+(?:rb|ribu|jt|juta|k|kg|m|cm|ltr|liter|buah|orang)?(?![\p{L}\p{N}_]))(?=[\p{N}_.]*\p{L})[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}_])?/iuy;

/** Cheaper than the next, which is tried only where this is found. */
const announcing = /ig|insta|fb|facebook|twitter|tik ?tok|tele|threads|line|username/i;

const gap = String.raw`[^\S\n]`;
const name = String.raw`[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_.-]*[\p{L}\p{N}_])?`;
const link = String.raw`https?:|www\.|[\p{L}.-]+\.(?:com|net|me|id|org)\/`;
const amount = String.raw`[\d.,]+(?:\p{L}{1,2}|ribu|juta|buah|orang|kali|jam|hari|menit)?(?![\p{L}\p{N}_])`;
const place = String.raw`(?:jl|jln|gg|kec|kel|kab|prov|rt|rw|no|km)[.\d]`;

/** `ig: budi`, `line id: budi123`, `IG saya budi.s`: any word after a colon, else one with a digit, `_` or `.` in it. */
const announced = new RegExp(
  String.raw`(?<![\p{L}_])((?:ig|insta(?:gram)?|fb|facebook|twitter|tik ?tok|tele(?:gram)?|threads|line|username)` +
    `(?:-?nya)?(?:${gap}(?:id|username|saya|aku))?` +
    String.raw`(?:${gap}{0,2}[:：=]${gap}{0,2}|${gap}{1,2}(?=[\p{L}\p{M}-]*(?:[\p{N}_]|\.[\p{L}\p{N}_]))(?!${place})))` +
    String.raw`(?!${amount}|${link})(?=[\p{N}_.-]*\p{L})${name}`,
  'giu',
);

export function maskAccounts(text: string): string {
  const masked = maskAtSigns(profileSite.test(text) ? text.replace(profile, '[akun]') : text);
  return announcing.test(masked) ? masked.replace(announced, '$1[akun]') : masked;
}

function maskAtSigns(text: string): string {
  let masked = '';
  let copied = 0;
  for (const { 0: sign, index } of text.matchAll(atSign)) {
    if (index < copied) continue;
    const found = findAddress(text, copied, index, sign) ?? findHandle(text, index);
    if (found === null) continue;
    masked += text.slice(copied, found.start) + found.mark;
    copied = found.end;
  }
  return copied === 0 ? text : masked + text.slice(copied);
}

type Found = { readonly start: number; readonly end: number; readonly mark: string };

/** The e-mail address around an at-sign, no part of it before `floor`. */
function findAddress(text: string, floor: number, index: number, sign: string): Found | null {
  const localEnd = skipSpaces(text, index, -1);
  let start = localEnd;
  while (start > floor && !outsideLocalPart.test(text[start - 1] ?? '')) start -= 1;
  if (!/[\p{L}\p{N}]/u.test(text.slice(start, localEnd))) return null;

  const signEnd = index + sign.length;
  const domainStart = skipSpaces(text, signEnd, 1);
  const spacedSides = Number(localEnd < index) + Number(domainStart > signEnd);
  const isBracketed = /^[[({<]/.test(sign);
  const isTight = !isBracketed && spacedSides === 0;
  const isKnown = endOf(provider, text, domainStart) !== null;
  // `ikuti @dinas.id` is a name after a word and `ada at` may be anything: only a mail provider makes an address of them.
  const isSure = isTight || isBracketed || isKnown || (spacedSides === 2 && !/^\p{L}/u.test(sign));
  const end =
    (isSure ? endOf(domain, text, domainStart) : null) ??
    (isTight || (isBracketed && isKnown) ? endOf(domainWithoutDot, text, domainStart) : null);
  return end === null ? null : { start, end, mark: '[email]' };
}

function findHandle(text: string, start: number): Found | null {
  const end = endOf(handle, text, start);
  return end === null ? null : { start, end, mark: '[akun]' };
}

/** Past three spaces at most, forwards or backwards. */
function skipSpaces(text: string, from: number, step: 1 | -1): number {
  let at = from;
  while (Math.abs(at - from) < 3 && /\s/.test(text.charAt(step === 1 ? at : at - 1))) at += step;
  return at;
}

/** Where the sticky pattern ends that begins at `index`; null where it does not fit. */
function endOf(pattern: RegExp, text: string, index: number): number | null {
  pattern.lastIndex = index;
  return pattern.test(text) ? pattern.lastIndex : null;
}
