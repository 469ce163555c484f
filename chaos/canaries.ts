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

/** `count` lies below a million. */
export function createCanaries(number: number, random: Random): Canaries {
  const digits = String(number).padStart(6, '0');
  const token = (field: string) => `kx${digits}${field}${drawLetters(random, 8)}xk`;
  return {
    name: `Kanari ${token('n')}`,
    phone: `0812${digits}${String(random.integer(0, 99)).padStart(2, '0')}`,
    email: `kanari.${token('e')}@contoh.example`,
    onBehalfOf: `Ibu ${token('b')}`,
    userAgent: `aplikasi-warga/${token('u')}`,
  };
}

/** Whether one of the reporter's canaries reads like this: a row of digits may look like one by chance. */
export function isAmong(canaries: Canaries, { canary }: Sighting): boolean {
  const core = canary.toLowerCase().replace(/^(\+?62|0)/, '');
  return Object.values(canaries).some((planted) => planted.includes(core));
}

/** A canary that turned up: of which report, and how it reads. */
export type Sighting = { readonly number: number; readonly canary: string };

const token = /kx(\d{6})[nebu][a-z0-9]{8}xk/gi;
/** Not within a longer row of digits or letters: identifiers and timestamps hold any eleven digits by chance. */
const phone = /(?<![0-9a-z])(?:\+?62|0)?812(\d{6})\d\d(?![0-9a-z])/gi;
const base64Run = /[A-Za-z0-9+/_-]{16,}/g;
const hexRun = /(?:[0-9a-f]{2}){11,}/gi;

/** Every canary in the bytes, in the clear or inside a run of base64 or hexadecimal, however that is aligned. */
export function findCanaries(haystack: string): readonly Sighting[] {
  const found = new Map<string, Sighting>();
  const look = (text: string) => {
    for (const pattern of [token, phone]) {
      for (const match of text.matchAll(pattern)) {
        found.set(match[0], { number: Number(match[1]), canary: match[0] });
      }
    }
  };
  look(haystack);
  for (const [run] of haystack.matchAll(hexRun)) look(Buffer.from(run, 'hex').toString('latin1'));
  for (const [run] of haystack.matchAll(base64Run)) {
    for (let skip = 0; skip < 4; skip += 1) look(Buffer.from(run.slice(skip), 'base64').toString('latin1'));
  }
  return [...found.values()];
}
