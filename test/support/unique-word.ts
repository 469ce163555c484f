import { randomBytes } from 'node:crypto';

/** A word nobody used before, of letters alone: digits in a text may be taken for somebody's number, and masked. */
export function uniqueWord(): string {
  return Array.from(randomBytes(20), (byte) => 'bcdfghjklmnprstw'[byte % 16]).join('');
}
