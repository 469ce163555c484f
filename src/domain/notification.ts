import { en } from './notifications/en.ts';
import { id } from './notifications/id.ts';
import type { Status } from './progress.ts';
import type { ReportId } from './report.ts';
import { parseRetryAfter, planRetry } from './retry.ts';
import { toGsm7 } from './sms-text.ts';

/**
 * Word back to a reporter: what it says, and what an attempt to send it comes to. Pure: the outcome of the attempt, the
 * time and the randomness are given.
 */

/** The language a reporter is answered in. */
export type Language = 'id' | 'en';

/** The report that is told of; 12 digits. */
type OfReport = { readonly trackingId: string };

/** What was taken in: so many of the files that came with it could not be; left out where all were. */
type Taken = OfReport & { readonly filesNotTaken?: number };

/** Everything a reporter is told, with what its template needs besides words; never what leads to a person. */
export type ParamsOf = {
  /** The report is filed under this ID. */
  readonly tracking_id: Taken;
  /** Likewise, and others have reported the same event. */
  readonly linked: Taken;
  /** How far the report has come; with the agency, once there is one. */
  readonly status: OfReport & { readonly status: Status; readonly agencyName?: string | null };
  /** What was said besides is on record. */
  readonly added: Taken;
  readonly rated: OfReport & { readonly rating: number };
  /** What one may send. */
  readonly help: object;
  /** A digit of the ID is wrong, as the check digit tells. */
  readonly wrong_id: object;
  /** No report has the ID, or none that one may be told of. */
  readonly not_found: object;
  /** The rating was no number from 1 to 5. */
  readonly rating_range: object;
};

export type NotificationKind = keyof ParamsOf;
export type NotificationParams = ParamsOf[NotificationKind];

/** One language: for each kind a few words that fit into one SMS of GSM-7. */
export type Templates = { readonly [Kind in NotificationKind]: (params: ParamsOf[Kind]) => string };

const templates: { readonly [Name in Language]: Templates } = { id, en };

/** What the reporter reads; `params` are those of the kind. */
export function notificationText(
  kind: NotificationKind,
  params: NotificationParams,
  language: Language,
): string {
  const template = templates[language][kind] as (params: NotificationParams) => string;
  return toGsm7(template(params));
}

/**
 * What became of a message once the provider had it, in their order: a later word never takes an earlier one back.
 * What the phone has, it has, whatever else was said of an attempt before.
 */
export const deliveryStates = ['accepted', 'buffered', 'failed', 'delivered'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What the reporter is told of a filing. Nobody may learn that there is another confidential report. */
export function kindOfFiling(filing: {
  readonly duplicateOf: ReportId | null;
  readonly confidential: boolean;
}): NotificationKind {
  return filing.duplicateOf === null || filing.confidential ? 'tracking_id' : 'linked';
}

/** What came of one attempt to send. A `reason` is for staff and logs: never the recipient, never the text. */
export type SendOutcome =
  | {
      readonly kind: 'sent';
      readonly providerId: string | null;
      /** By what an answer to it names it, where that leads to a person: kept as a blind index. */
      readonly answeredAs?: string;
    }
  /** It certainly was not sent, and trying again may help; not before what a Retry-After header says, seconds or a date. */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfter: string | null }
  /** It certainly was not sent, and trying again would not help. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It certainly was not sent: the platform lets us answer only those who call us, and this one did not. */
  | { readonly kind: 'not_summoned'; readonly reason: string }
  /** It may have been sent. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What came of asking the provider about an attempt; `ask_again`: it could not be asked now. */
export type FoundOutcome = SendOutcome | { readonly kind: 'ask_again'; readonly reason: string };

/** `in_doubt`: it may have been sent, and the provider is asked again. */
export type SendVerdict = 'sent' | 'retry' | 'refused' | 'not_summoned' | 'parked' | 'in_doubt';

/** `capped`: the number or address has had its share. `postponed`: until the end of quiet hours. */
export type AttemptOutcome = SendVerdict | 'capped' | 'postponed';

/** What an attempt comes to. */
export type SendSettlement = {
  readonly verdict: SendVerdict;
  readonly providerId: string | null;
  /** See `SendOutcome`. */
  readonly answeredAs?: string;
  /** In words for staff; null where it was sent. */
  readonly reason: string | null;
  /** When the notification is due again, or asked about again; null where it is finished. */
  readonly nextAttemptAt: Date | null;
};

const minute = 60_000;
const hour = 60 * minute;

/** What lies between one attempt and the next, in milliseconds; in all about a day, after which nobody waits for it. */
const retryDelays: readonly number[] = [
  minute / 6,
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  1 * hour,
  2 * hour,
  4 * hour,
  8 * hour,
  8 * hour,
];

/** Settles the `attempt`th attempt of a round. What may have been sent is never sent again, except by staff. */
export function settleSend(
  outcome: SendOutcome,
  attempt: number,
  now: Date,
  random: () => number,
): SendSettlement {
  if (outcome.kind === 'sent') {
    const { providerId, answeredAs } = outcome;
    const named = answeredAs === undefined ? {} : { answeredAs };
    return { verdict: 'sent', providerId, ...named, reason: null, nextAttemptAt: null };
  }
  const finished = { providerId: null, nextAttemptAt: null };
  if (outcome.kind === 'refused' || outcome.kind === 'not_summoned') {
    return { ...finished, verdict: outcome.kind, reason: outcome.reason };
  }
  if (outcome.kind === 'unknown') {
    return { ...finished, verdict: 'parked', reason: `it may have been sent: ${outcome.reason}` };
  }
  const { reason } = outcome;
  const notBefore = parseRetryAfter(outcome.retryAfter, now);
  const nextAttemptAt = planRetry(retryDelays, attempt, now, random, notBefore);
  return nextAttemptAt === null
    ? {
        ...finished,
        verdict: 'parked',
        reason: `not sent, given up after ${attempt} attempts, the last: ${reason}`,
      }
    : { verdict: 'retry', providerId: null, reason, nextAttemptAt };
}

/** A provider that could not be asked about an attempt for so long is not asked any more: then staff decide. */
const askForMs = 24 * hour;

/**
 * Settles what was found out about an attempt that began then. Nothing is sent while the provider cannot be asked: it is
 * asked again after as long as it could not be, but at least once an hour.
 */
export function settleFound(
  found: FoundOutcome,
  attempt: { readonly number: number; readonly begunAt: Date },
  now: Date,
  random: () => number,
): SendSettlement {
  if (found.kind !== 'ask_again') return settleSend(found, attempt.number, now, random);
  const inDoubtMs = now.getTime() - attempt.begunAt.getTime();
  if (inDoubtMs >= askForMs) return settleSend({ ...found, kind: 'unknown' }, attempt.number, now, random);
  const pause = Math.min(Math.max(inDoubtMs, minute), hour);
  return {
    verdict: 'in_doubt',
    providerId: null,
    reason: `it may have been sent, and is asked about again: ${found.reason}`,
    nextAttemptAt: planRetry([pause], 1, now, random, null),
  };
}
