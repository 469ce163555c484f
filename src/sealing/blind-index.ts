import { createHmac } from 'node:crypto';
import type { Identity } from '../domain/report.ts';

/**
 * What stands for a value that must not be stored: the same value gives the same 16 bytes, and without the key nobody
 * can find the value by trying all, as they could with a plain hash of the few phone numbers there are.
 */
export type BlindIndex = (
  kind: 'phone' | 'email' | 'account' | 'content' | 'part' | 'copy' | 'source' | 'post' | 'thread',
  value: string | Buffer,
) => Buffer;

export const createBlindIndex =
  (key: Buffer): BlindIndex =>
  (kind, value) =>
    createHmac('sha256', key).update(`${kind}\n`).update(value).digest().subarray(0, 16);

/** One index for each contact the reporter gave. */
export function indexContacts(
  blindIndex: BlindIndex,
  identity: Identity | null,
): { readonly phone: Buffer | null; readonly email: Buffer | null; readonly account: Buffer | null } {
  return {
    phone: identity?.phone == null ? null : blindIndex('phone', identity.phone),
    email: identity?.email == null ? null : blindIndex('email', identity.email.toLowerCase()),
    account: identity?.account === undefined ? null : blindIndex('account', identity.account.id),
  };
}
