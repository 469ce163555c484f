import type { FastifyRequest } from 'fastify';
import type { HttpContext } from '../../../context.ts';
import { transaction } from '../../../db/pool.ts';
import {
  forgetAttempts,
  lockAttempts,
  makeAttempts,
  sweepAttempts,
  writeAttempts,
} from '../../../db/staff-attempts.ts';
import { type AttemptKind, countAttempt, waitSeconds } from '../../../domain/sign-in-attempts.ts';
import type { StaffId } from '../../../domain/staff.ts';
import { AppError } from '../../../errors.ts';
import { findAddress } from '../../limits/addresses.ts';
import type { StaffSecrets } from './staff-secrets.ts';

/** What one attempt counts against. */
export type Counted = readonly { readonly kind: AttemptKind; readonly key: Buffer }[];

/** `device` is what a browser is known by that the same person has signed in with before; null of others. */
export function countedFor(
  secrets: StaffSecrets,
  request: FastifyRequest,
  login: string,
  device: string | null,
): Counted {
  const address = findAddress(request);
  const key = (...parts: readonly string[]) => secrets.sign(`attempt\n${parts.join('\n')}`);
  return [
    { kind: 'pair', key: device === null ? key('pair', address, login) : key('device', device, login) },
    { kind: 'address', key: key('address', address) },
    ...(device === null ? [{ kind: 'login' as const, key: key('login', login) }] : []),
  ];
}

export const countedForCode = (secrets: StaffSecrets, id: StaffId, device: string | null): Counted => [
  { kind: 'code', key: secrets.sign(`attempt\ncode\n${id}\n${device ?? ''}`) },
];

/**
 * Counts the attempt as failed, before anything is looked at, so that many at a time are counted too. Throws `AppError`
 * `too-many-requests`, and counts nothing, where the next one is to wait.
 */
export async function takeAttempt(
  { db, clock }: Pick<HttpContext, 'db' | 'clock'>,
  counted: Counted,
): Promise<void> {
  const keys = counted.map(({ key }) => key);
  const wait = await transaction(db, async (tx) => {
    const now = clock();
    await makeAttempts(tx, keys, now);
    const found = (await lockAttempts(tx, keys)).map((known) => {
      const kind = counted.find(({ key }) => key.equals(known.key))?.kind ?? 'pair';
      return { known, next: { key: known.key, ...countAttempt(kind, known, now) } };
    });
    const longest = Math.max(...found.map(({ known }) => waitSeconds(known, now)));
    if (longest === 0) {
      await writeAttempts(
        tx,
        found.map(({ next }) => next),
      );
    }
    return longest;
  });
  await sweepAttempts(db);
  if (wait === 0) return;
  throw new AppError('too-many-requests', 'too many attempts to sign in failed', {
    quota: { limit: 1, resetSeconds: wait },
  });
}

/** The attempt succeeded. */
export async function giveBackAttempt(
  { db, clock }: Pick<HttpContext, 'db' | 'clock'>,
  counted: Counted,
): Promise<void> {
  const isOwn = (kind: AttemptKind) => kind === 'pair' || kind === 'code';
  await forgetAttempts(
    db,
    counted.filter(({ kind }) => isOwn(kind)).map(({ key }) => key),
    counted.filter(({ kind }) => !isOwn(kind)).map(({ key }) => key),
    clock(),
  );
}
