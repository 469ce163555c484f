import { firstIdOf, momentOf } from '../src/simulated-x/snowflake.ts';
import { drawLetters, type Random } from './random.ts';

/**
 * What identifies a reporter, unique in every field, so that one hit in any place tells whose name got there and which
 * field it came from.
 */
export type Canaries = {
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly onBehalfOf: string;
  /** Of the sender's program, as a header: metadata that must not be kept either. */
  readonly userAgent: string;
};

/** `number` lies below a million. */
export function createCanaries(number: number, random: Random): Canaries {
  const token = (field: string) => createToken(number, field, random);
  return {
    name: `Kanari ${token('n')}`,
    phone: `0812${pad(number)}${drawDigits(random, 2)}`,
    email: `kanari.${token('e')}@contoh.example`,
    onBehalfOf: `Ibu ${token('b')}`,
    userAgent: `aplikasi-warga/${token('u')}`,
  };
}

/** A word no one else writes; `field` is one letter. */
export const createToken = (number: number, field: string, random: Random): string =>
  `kx${pad(number)}${field}${drawLetters(random, 8)}xk`;

/** 16 digits in the form of an identity number. */
export const createNik = (number: number, random: Random): string =>
  `327399${pad(number)}${drawDigits(random, 4)}`;

/** An IPv6 address out of a network that nobody has; `number` lies below ten thousand. */
export const createAddress = (number: number, random: Random): string =>
  `2001:db8:6b78:${number}::${random.integer(1, 9_999)}`;

/** A name that X would allow: it may have 15 characters. `number` lies below ten thousand. */
export const createHandle = (number: number, random: Random): string =>
  `kh${String(number).padStart(4, '0')}${drawLetters(random, 6)}hk`;

/** An id as X gives posts and accounts, of that second; `number` lies below a thousand. */
export const createIdOfX = (number: number, second: Date): string =>
  String(firstIdOf(momentOfCanary(number, second).getTime()));

/** When something has to be posted to get that id. */
export const momentOfCanary = (number: number, second: Date): Date =>
  new Date(Math.floor(second.getTime() / 1_000) * 1_000 + number);

const pad = (number: number): string => String(number).padStart(6, '0');
const drawDigits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.integer(0, 9)).join('');

/** Whether one of the reporter's canaries reads like this: a row of digits may look like one by chance. */
export function isAmong(canaries: Canaries, { canary }: Sighting): boolean {
  return Object.values(canaries).some((planted) => planted.includes(coreOf(canary)));
}

/** What all ways to write one canary have in common: of a telephone number, the digits behind the prefix. */
export const coreOf = (canary: string): string =>
  /^[+\d]/.test(canary) && !canary.includes(':')
    ? canary.replace(/\D/g, '').replace(/^(62|0)(?=8)/, '')
    : canary.toLowerCase();

/** A canary that turned up: of which report, and how it reads. */
export type Sighting = { readonly number: number; readonly canary: string };

/** Not within a longer row of digits or letters: identifiers and timestamps hold any eleven digits by chance. */
const patterns: readonly { readonly form: RegExp; readonly numberOf: (canary: string) => string }[] = [
  { form: /kx\d{6}[a-z][a-z0-9]{8}xk/gi, numberOf: (token) => token.slice(2, 8) },
  {
    form: /(?<![0-9a-z])(?:\+?62|0)?[ .-]?81[23](?:[ .-]?\d){8}(?![0-9a-z])/gi,
    numberOf: (phone) => coreOf(phone).slice(3, 9),
  },
  { form: /(?<![0-9a-z])327399\d{10}(?![0-9a-z])/gi, numberOf: (nik) => nik.slice(6, 12) },
  { form: /kh\d{4}[a-z0-9]{6}hk/gi, numberOf: (handle) => handle.slice(2, 6) },
  // the address of a photo has the id of its post with a digit behind it
  { form: /(?<!\d)[12]\d{18}(?!\d\d)/g, numberOf: (id) => String(momentOf(BigInt(id)) % 1_000) },
  { form: /2001:0?db8:6b78:\d{1,4}/gi, numberOf: (address) => address.slice(address.lastIndexOf(':') + 1) },
];

/** As long as the shortest canary makes them: eleven digits. */
const base64Run = /[A-Za-z0-9+/_-]{15,}/g;
const hexRun = /[0-9a-f]{22,}/gi;

/**
 * Every canary in the bytes, given one character each: in the clear, percent-encoded, as JSON escapes or in UTF-16, and
 * all that again inside runs of base64 or hexadecimal, however they are aligned, and inside one such run in another.
 */
export function findCanaries(haystack: string): readonly Sighting[] {
  const found = new Map<string, Sighting>();
  const look = (text: string, depth: number) => {
    for (const view of new Set([text, withoutEscapes(text)])) {
      for (const { form, numberOf } of patterns) {
        for (const [canary] of view.matchAll(form)) {
          found.set(canary, { number: Number(numberOf(canary)), canary });
        }
      }
    }
    if (depth === 0) return;
    for (const [run] of text.matchAll(hexRun)) {
      for (const skip of [0, 1]) look(Buffer.from(run.slice(skip), 'hex').toString('latin1'), depth - 1);
    }
    for (const [run] of text.matchAll(base64Run)) {
      for (let skip = 0; skip < 4; skip += 1) {
        look(Buffer.from(run.slice(skip), 'base64').toString('latin1'), depth - 1);
      }
    }
  };
  look(haystack, 2);
  return [...found.values()];
}

/** A canary is ASCII: in UTF-16 every other byte of it is zero. */
function withoutEscapes(text: string): string {
  return text
    .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\0', '');
}
