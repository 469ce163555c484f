import { parseRetryAfter, planRetry } from './retry.ts';

/**
 * How a hand-over to an agency is judged and when it is tried again. Pure: the outcome of the POST, the time and the
 * randomness are given.
 */

/** What came of one POST to an agency. None of its words are those of request or answer: they may name the reporter. */
export type PostOutcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The header as sent: seconds or a date (RFC 9110, 10.2.3). */
      readonly retryAfter: string | null;
    }
  /** `blocked`: the address is none we may reach. `timeout`, `network`: no answer came. */
  | { readonly kind: 'blocked' | 'timeout' | 'network'; readonly detail: string };

/** `gone`: the agency closed this endpoint for good. `refused`: trying again would not help; staff must look. */
export type Verdict = 'accepted' | 'retry' | 'refused' | 'gone';

/** Request timeout, too early (RFC 8470), too many requests: the agency asks to be asked again. */
const passingStatuses: readonly number[] = [408, 425, 429];

export function judgeAttempt(outcome: PostOutcome): Verdict {
  if (outcome.kind === 'blocked') return 'refused';
  if (outcome.kind !== 'answer') return 'retry';
  const { status } = outcome;
  if (status >= 200 && status < 300) return 'accepted';
  if (status === 410) return 'gone';
  return status >= 500 || passingStatuses.includes(status) ? 'retry' : 'refused';
}

/** Why the attempt was not accepted, in words for staff; null where it was. */
function explainOutcome(outcome: PostOutcome): string | null {
  if (outcome.kind !== 'answer') return `${outcome.kind}: ${outcome.detail}`;
  const { status } = outcome;
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) {
    return `answered ${status}: redirects are not followed, register the final address`;
  }
  if (status === 410) return 'answered 410: the agency closed this endpoint';
  return `answered ${status}`;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** What lies between one attempt and the next, in milliseconds: quick while it may be a hiccup, then for three days. */
const retryDelays: readonly number[] = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  1 * hour,
  2 * hour,
  4 * hour,
  6 * hour,
  10 * hour,
  12 * hour,
  12 * hour,
  12 * hour,
  12 * hour,
];

/** When to try again after the `attempt`th attempt of a round, or null when the schedule is used up. */
export const nextAttemptAt = (attempt: number, now: Date, random: () => number, retryAfter: Date | null) =>
  planRetry(retryDelays, attempt, now, random, retryAfter);

/** What an attempt comes to. */
export type Settlement = {
  readonly verdict: Verdict;
  /** In words for staff; null where the report was accepted. */
  readonly error: string | null;
  /** When the delivery is due again; null where it is finished. */
  readonly nextAttemptAt: Date | null;
  /** The agency could not take anything just now, this report or another. */
  readonly agencyAway: boolean;
  /** Until when the agency asks to be left alone. */
  readonly retryAfter: Date | null;
};

/** Settles the `attempt`th attempt of a round: what the schedule no longer holds is refused, so that staff see it. */
export function settleAttempt(
  outcome: PostOutcome,
  attempt: number,
  now: Date,
  random: () => number,
): Settlement {
  const verdict = judgeAttempt(outcome);
  const error = explainOutcome(outcome);
  if (verdict !== 'retry') {
    // An agency that moved to another endpoint meanwhile gets there at once what the old one turned away.
    const at = verdict === 'gone' ? now : null;
    return { verdict, error, nextAttemptAt: at, agencyAway: false, retryAfter: null };
  }
  const retryAfter = outcome.kind === 'answer' ? parseRetryAfter(outcome.retryAfter, now) : null;
  const at = nextAttemptAt(attempt, now, random, retryAfter);
  return at === null
    ? {
        verdict: 'refused',
        error: `given up after ${attempt} attempts, the last: ${error}`,
        nextAttemptAt: null,
        agencyAway: true,
        retryAfter,
      }
    : { verdict, error, nextAttemptAt: at, agencyAway: true, retryAfter };
}

/** Failures in a row before an endpoint rests. */
const patience = 5;
const shortestRest = 30 * second;
const longestRest = 15 * minute;

/**
 * Until when nothing is sent to an endpoint that failed `failures` times in a row, doubling with every failure;
 * null while it may be chance. An agency that named a time itself is left alone until then.
 */
export function restUntil(failures: number, now: Date, retryAfter: Date | null): Date | null {
  if (failures < patience) return retryAfter;
  const rest = Math.min(shortestRest * 2 ** Math.min(failures - patience, 20), longestRest);
  return new Date(Math.max(now.getTime() + rest, retryAfter?.getTime() ?? 0));
}
