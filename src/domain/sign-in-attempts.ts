/**
 * How those who guess are slowed down. Counted are: what one browser or address tries at one login, strictly; what all try at
 * one login, softly, so that strangers can shut nobody out; what one address tries at all; and codes tried with the right password.
 */

export type AttemptKind = 'pair' | 'login' | 'address' | 'code';

type Rule = {
  /** Failures without any wait; after each further one the wait doubles, from one second on. */
  readonly free: number;
  readonly longestWaitSeconds: number;
  /** After so long without an attempt all are forgotten. */
  readonly forgottenAfterHours: number;
};

const rules: Readonly<Record<AttemptKind, Rule>> = {
  pair: { free: 5, longestWaitSeconds: 15 * 60, forgottenAfterHours: 24 },
  // A browser that somebody has signed in with is not held to it.
  login: { free: 20, longestWaitSeconds: 20, forgottenAfterHours: 1 },
  // An office is behind one address.
  address: { free: 30, longestWaitSeconds: 15 * 60, forgottenAfterHours: 24 },
  code: { free: 5, longestWaitSeconds: 5 * 60, forgottenAfterHours: 24 },
};

export type Attempts = { readonly failures: number; readonly lastAt: Date; readonly waitUntil: Date };

/** Seconds until the next attempt is looked at; 0 where it is now. */
export const waitSeconds = ({ waitUntil }: Attempts, now: Date): number =>
  Math.max(0, Math.ceil((waitUntil.getTime() - now.getTime()) / 1000));

/** What is known after one more attempt, which counts as failed until it turns out not to be. */
export function countAttempt(kind: AttemptKind, known: Attempts, now: Date): Attempts {
  const { free, longestWaitSeconds, forgottenAfterHours } = rules[kind];
  const isForgotten = now.getTime() - known.lastAt.getTime() > forgottenAfterHours * 3_600_000;
  const failures = (isForgotten ? 0 : known.failures) + 1;
  const wait = failures < free ? 0 : Math.min(longestWaitSeconds, 2 ** Math.min(failures - free, 20));
  return { failures, lastAt: now, waitUntil: new Date(now.getTime() + wait * 1000) };
}
