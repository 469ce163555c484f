import type { Command, PlainWords } from './message.ts';
import type { Language } from './notification.ts';
import { cutText } from './report.ts';
import { parseTrackingId } from './tracking-id.ts';

/**
 * What a text asks of us. People write commands in any case, with any punctuation, and complaints that begin with the same
 * words: only a keyword with something that is meant as a tracking ID is a command, or one that stands alone. Anything
 * else is a report.
 */
export type Reading = { readonly command: Command } | { readonly report: PlainWords };

export function readText(text: string): Reading {
  const words = readFlags(text);
  const command = readCommand(words);
  return command === null ? { report: words } : { command };
}

const lead = String.raw`^[\s"'“”‘’*#<>()[\].,:;!–—-]*`;
const between = String.raw`[\s"'“”‘’*#<>()[\].,:;=–—-]`;
const wordEnd = String.raw`(?![\p{L}\p{N}])`;
const leading = new RegExp(lead, 'u');
const keyword = (words: string) => new RegExp(`${lead}(?:${words})${wordEnd}${between}*`, 'iu');

/** Words people put between the keyword and the ID. */
const fillers = new RegExp(
  `^(?:(?:laporan|lapor|report|id|no|nomor|nmr|number|kode|tiket|saya|my|pelacakan|tracking|untuk|utk|for|ke|to|pada)${wordEnd}${between}*)+`,
  'iu',
);
const courtesies = new RegExp(
  `^(?:[\\s\\p{P}\\p{S}]|(?:ya+|y|pak|bapak|bu|ibu|min|admin|kak|mas|mbak|bang|bos|tolong|tlg|mohon|mhn|please|pls|dong|donk|terima kasih|terimakasih|makasih|mksh|trims|tks|thx|thanks|thank you|lapor)${wordEnd})*$`,
  'iu',
);
/** From so many words on, what follows a question for the status is something to be told. */
const wordsToTell = 4;

const statusWord = keyword('status|sts|cek|check');
const addWord = keyword('tambah|tambahan|tambahkan|add');
const rateWord = keyword('beri nilai|nilai|rate|rating');
const helpWord = keyword(String.raw`bantuan|help|info|menu|\?`);
const english = new RegExp(`${lead}(?:check|add|rate|help)${wordEnd}`, 'iu');

function readCommand(words: PlainWords): Command | null {
  const { text } = words;
  const language: Language = english.test(text) ? 'en' : 'id';
  const after = (word: RegExp) => {
    const found = word.exec(text);
    return found === null ? null : text.slice(found[0].length).replace(fillers, '');
  };

  const help = helpWord.exec(text);
  if (help !== null && courtesies.test(text.slice(help[0].length))) return { kind: 'help', language };
  const status = after(statusWord);
  if (status !== null) return readStatus(status, words, language);
  const add = after(addWord);
  if (add !== null) return readAdd(add, words, language);
  const rate = after(rateWord);
  if (rate !== null) return readRate(rate, language);
  return readBareId(text.replace(leading, '').replace(fillers, ''));
}

function readStatus(rest: string, words: PlainWords, language: Language): Command | null {
  const id = readId(rest);
  if (id === null) return null;
  if ('digits' in id) {
    return id.digits.length >= 6 && courtesies.test(id.rest) ? { kind: 'wrong_id', language } : null;
  }
  const more = id.rest.trim();
  return courtesies.test(more) || more.split(/\s+/).length < wordsToTell
    ? { kind: 'status', trackingId: id.trackingId, language }
    : toAdd(id.trackingId, more, words, language);
}

function readAdd(rest: string, words: PlainWords, language: Language): Command | null {
  const id = readId(rest);
  if (id === null) return null;
  if ('digits' in id) return isSlip(id.digits) ? { kind: 'wrong_id', language } : null;
  const text = id.rest.replace(/^[\s:=,.;#–—-]+/u, '').trim();
  return text === '' ? { kind: 'help', language } : toAdd(id.trackingId, text, words, language);
}

function toAdd(trackingId: string, typed: string, words: PlainWords, language: Language): Command {
  const { text, anonymous, confidential } = readFlags(typed);
  return {
    kind: 'add',
    trackingId,
    text: cutText(text),
    anonymous: anonymous || words.anonymous,
    confidential: confidential || words.confidential,
    language,
  };
}

/** The rating stands behind the ID, seldom before it: `8699-3114-4244 5`, `5 8699-3114-4244`, `… = 4/5`, `… 3 bintang`. */
const ratingBehind = /^[\s,.;:=–—-]+(?:bintang\s*)?(\d{1,2})(?!\d)/iu;
const ratingBefore =
  /^(\d{1,2})(?:\s{0,10}(?:bintang|stars?)|\s{0,10}\/\s{0,10}5)?[\s,;:]{1,10}(?:untuk|utk|for)?\s{0,10}(?=\d)/iu;

function readRate(rest: string, language: Language): Command | null {
  const id = readId(rest);
  if (id === null) return null;
  if (!('digits' in id)) {
    const rating = ratingBehind.exec(id.rest)?.[1];
    if (rating !== undefined) return toRate(id.trackingId, rating, language);
    return courtesies.test(id.rest) ? { kind: 'rating_range', language } : null;
  }
  const before = ratingBefore.exec(rest);
  const other = before === null ? null : readId(rest.slice(before[0].length));
  if (before?.[1] !== undefined && other !== null && !('digits' in other) && courtesies.test(other.rest)) {
    return toRate(other.trackingId, before[1], language);
  }
  // the rating is among the digits, or is not
  return courtesies.test(id.rest) && (isSlip(id.digits) || isSlip(id.digits.slice(0, -1)))
    ? { kind: 'wrong_id', language }
    : null;
}

const toRate = (trackingId: string, rating: string, language: Language): Command =>
  Number(rating) >= 1 && Number(rating) <= 5
    ? { kind: 'rate', trackingId, rating: Number(rating), language }
    : { kind: 'rating_range', language };

/** Nothing but a number. What looks like a phone number somebody wants us to have is no slip. */
function readBareId(text: string): Command | null {
  const id = readId(text);
  if (id === null || !courtesies.test(id.rest)) return null;
  if ('trackingId' in id) return { kind: 'status', trackingId: id.trackingId, language: 'id' };
  return isSlip(id.digits) ? { kind: 'wrong_id', language: 'id' } : null;
}

const gap = String.raw`[\s.–—_/-]{0,3}`;
const twelveDigits = new RegExp(String.raw`^(?:\d${gap}){11}\d(?!\d)`, 'u');
const someDigits = new RegExp(String.raw`^\d(?:${gap}\d)*`, 'u');

/** The ID that a text begins with; the digits where they are none; null where it does not begin with a number. */
function readId(
  text: string,
):
  | { readonly trackingId: string; readonly rest: string }
  | { readonly digits: string; readonly rest: string }
  | null {
  const twelve = twelveDigits.exec(text)?.[0];
  const parsed = twelve === undefined ? 'mistyped' : parseTrackingId(twelve);
  if (twelve !== undefined && parsed !== 'mistyped') return { ...parsed, rest: text.slice(twelve.length) };
  const some = someDigits.exec(text)?.[0];
  return some === undefined ? null : { digits: some.replace(/\D/g, ''), rest: text.slice(some.length) };
}

/** An ID with a digit wrong, missing or too many, as opposed to a phone number, an amount or a date. */
const isSlip = (digits: string): boolean => /^\d{11,13}$/.test(digits) && !/^(?:0|62)8[1-35-9]/.test(digits);

const flagWord = new RegExp(`${lead}(rahasia|confidential|anonim|anonymous)${wordEnd}${between}*`, 'iu');
/** What everybody knows is nobody's secret. */
const noSecret = new RegExp(`^(?:umum|publik)${wordEnd}`, 'iu');
/** Where the word may belong to what is told: it counts, for in doubt a report is secret, and it stays. */
const secretOf = new RegExp(
  `^(?:negara|dagang|bank|jabatan|perusahaan|medis|kedokteran|dapur|pribadi|keluarga)${wordEnd}`,
  'iu',
);
/** Behind the area keyword, in capitals: `TANGKAB RAHASIA jalan rusak`. */
const flagBehindArea = new RegExp(
  String.raw`^(\s*\p{L}{3,20}\s+)(RAHASIA|CONFIDENTIAL|ANONIM|ANONYMOUS)${wordEnd}${between}*`,
  'u',
);

/** Takes off the words by which a reporter asks not to be known, or that nothing be. */
export function readFlags(typed: string): PlainWords {
  let words = { text: typed, anonymous: false, confidential: false };
  const set = (word: string, text: string) => {
    const secret = /^(?:rahasia|confidential)$/i.test(word);
    words = {
      // a report must say something
      text: text.trim() === '' ? words.text : text,
      anonymous: words.anonymous || !secret,
      confidential: words.confidential || secret,
    };
  };
  // both may be asked for; whoever writes one ten times asks for no more
  for (let turn = 0; turn < 4; turn += 1) {
    const found = flagWord.exec(words.text);
    const word = found?.[1];
    if (found === null || word === undefined) break;
    const rest = words.text.slice(found[0].length);
    if (noSecret.test(rest)) break;
    if (secretOf.test(rest)) {
      set(word, words.text);
      break;
    }
    set(word, rest);
  }
  const behind = flagBehindArea.exec(words.text);
  if (behind?.[1] !== undefined && behind[2] !== undefined) {
    const shouted = words.text === words.text.toUpperCase();
    set(behind[2], shouted ? words.text : behind[1] + words.text.slice(behind[0].length));
  }
  return words;
}
