import { customAlphabet, random } from 'nanoid';

import { v5, v7 } from 'uuid';
import type { UploadSecret } from './domain/attachment.ts';
import type { Receipt, ReportId } from './domain/report.ts';

/** A UUID version 7. nanoid's random bytes come from a pool: drawing 16 at a time from the system is far dearer. */
export const newId = <Id extends string>(): Id => v7({ random: random(16) }) as Id;

/** Always the same id for the same name under the same report, and never the id of anything else. */
export const nameId = (name: string, reportId: ReportId): string => v5(name, reportId);

const base32 = '0123456789abcdefghjkmnpqrstvwxyz';
const newSecret = customAlphabet(base32, 26);

/**
 * 33 characters of Crockford's base32, without I, L, O, U, so that it can be read aloud and typed: 130 random bits behind
 * the second it was made in. Receipts that sort by time fill their index from one end, which halves what it costs.
 */
export const newReceipt = (now: Date): Receipt => `${spellSecond(now)}${newSecret()}` as Receipt;

let spelled = { second: -1, digits: '' };

/** In 7 digits; thousands of receipts are made in one second. */
function spellSecond(now: Date): string {
  const second = Math.floor(now.getTime() / 1000);
  if (spelled.second !== second) {
    const digits = [...second.toString(32)].map((digit) => base32[Number.parseInt(digit, 32)]).join('');
    spelled = { second, digits: digits.padStart(7, '0') };
  }
  return spelled.digits;
}

/** 130 random bits; nothing in it tells of the file or of when it came. */
export const newUploadSecret = (): UploadSecret => newSecret() as UploadSecret;
