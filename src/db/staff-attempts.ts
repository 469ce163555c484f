import type { Attempts } from '../domain/sign-in-attempts.ts';
import type { Db } from './pool.ts';

/** Makes room for the attempts under these keys, sorted so that two who share some wait for each other in one order. */
export async function makeAttempts(db: Db, keys: readonly Buffer[], now: Date): Promise<void> {
  await db.query({
    text: `
      insert into staff_attempts (key, last_at, wait_until) select key, $2, $2 from unnest($1::bytea[]) as key order by key
      on conflict (key) do nothing`,
    values: [keys, now],
  });
}

/** What is known under these keys, in no order, kept from others until the transaction ends. */
export async function lockAttempts(
  db: Db,
  keys: readonly Buffer[],
): Promise<readonly (Attempts & { readonly key: Buffer })[]> {
  const { rows } = await db.query<{ key: Buffer; failures: number; last_at: Date; wait_until: Date }>({
    text: `
      select key, failures, last_at, wait_until from staff_attempts where key = any($1) order by key for update`,
    values: [keys],
  });
  return rows.map(({ key, failures, last_at, wait_until }) => ({
    key,
    failures,
    lastAt: last_at,
    waitUntil: wait_until,
  }));
}

export async function writeAttempts(
  db: Db,
  attempts: readonly (Attempts & { readonly key: Buffer })[],
): Promise<void> {
  await db.query({
    text: `
      update staff_attempts as known
      set failures = new.failures, last_at = new.last_at, wait_until = new.wait_until
      from unnest($1::bytea[], $2::int[], $3::timestamptz[], $4::timestamptz[])
        as new (key, failures, last_at, wait_until)
      where known.key = new.key`,
    values: [
      attempts.map(({ key }) => key),
      attempts.map(({ failures }) => failures),
      attempts.map(({ lastAt }) => lastAt),
      attempts.map(({ waitUntil }) => waitUntil),
    ],
  });
}

/**
 * All is forgotten under `own`; under `shared` the one attempt that was no failure. Taken in the order of the keys, as above: else
 * two who sign in at a time could wait for each other for ever.
 */
export async function forgetAttempts(
  db: Db,
  own: readonly Buffer[],
  shared: readonly Buffer[],
  now: Date,
): Promise<void> {
  await db.query({
    text: `
      with known as materialized (
        select key from staff_attempts where key = any($1::bytea[] || $2::bytea[]) order by key for update
      ), gone as (
        delete from staff_attempts where key in (select key from known) and key = any($1)
      )
      update staff_attempts set failures = greatest(0, failures - 1), wait_until = least(wait_until, $3)
      where key in (select key from known) and key = any($2) and not key = any($1)`,
    values: [own, shared, now],
  });
}

/** A few of those that mean nothing any more: each attempt takes more away than it adds. */
export async function sweepAttempts(db: Db): Promise<void> {
  await db.query(`
    delete from staff_attempts where key in (
      select key from staff_attempts where last_at < now() - interval '2 days'
      order by last_at limit 20 for update skip locked
    )`);
}
