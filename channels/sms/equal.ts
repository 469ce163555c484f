import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares hashes, so that neither the time nor the length tells anything about a secret. */
export function isEqual(a: string | Buffer, b: string | Buffer): boolean {
  const hash = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(hash(a), hash(b));
}
