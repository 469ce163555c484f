import type { JourneyRow } from '../../db/journeys.ts';
import type { Message } from './send.ts';

/** One message and how far its report has come. */
export type Journey = {
  /** As the view counts them, from 1. */
  readonly number: number;
  readonly message: Message;
  /** Number of the journey with the same message, sent before; null for the first. */
  readonly repeats: number | null;
  readonly sentAt: number | null;
  readonly acceptedAt: number | null;
  readonly receipt: string | null;
  /** When it was posted, by which its report is found; empty for what was no post. */
  readonly postedAt: readonly Date[];
  /** From sending until somebody could know the tracking ID. */
  readonly idAfterMs: number | null;
  readonly seen: JourneyRow | null;
  /** The gateway did not take it: what it said. */
  readonly failure: string | null;
};

/** The same story is the same message, so that the gateway can notice. */
export function planJourneys(messages: readonly Message[]): readonly Journey[] {
  return messages.map((message, index) => {
    const first = messages.indexOf(message);
    return {
      number: index + 1,
      message,
      repeats: first === index ? null : first + 1,
      sentAt: null,
      acceptedAt: null,
      receipt: null,
      postedAt: [],
      idAfterMs: null,
      seen: null,
      failure: null,
    };
  });
}

/** Where it stands, in the words of the view. */
export type Stage =
  | 'planned'
  | 'sending'
  | 'accepted'
  | 'on its way'
  | 'delivered'
  | 'waits'
  | 'held'
  | 'failed';

export function stageOf({ sentAt, acceptedAt, seen, failure }: Journey): Stage {
  if (failure !== null || seen?.quarantined || seen?.delivery === 'refused') return 'failed';
  if (sentAt === null) return 'planned';
  if (acceptedAt === null) return 'sending';
  if (seen?.held_for != null) return 'held';
  if (seen?.delivery == null) return 'accepted';
  if (seen.delivery === 'delivered') return 'delivered';
  return seen.delivery === 'waiting' && !seen.endpoint ? 'waits' : 'on its way';
}

/** Nothing more happens to it while the demo runs. */
export const isSettled = (journey: Journey): boolean =>
  ['delivered', 'waits', 'held', 'failed'].includes(stageOf(journey));

/** It came as far as it can: with an ID to its agency, and into its hands where that takes webhooks. */
export const hasArrived = (journey: Journey): boolean =>
  ['delivered', 'waits'].includes(stageOf(journey)) && journey.seen?.tracking_id != null;

/** The gateway's OUTBOUND_ALLOW does not hold the agency of the demo. */
export const isBlocked = ({ seen }: Journey): boolean =>
  seen?.delivery === 'refused' && (seen.error ?? '').startsWith('blocked:');

/** Why it failed, for a person. */
export function explainFailure({ failure, seen }: Journey): string {
  if (failure !== null) return failure;
  return seen?.quarantined ? 'in quarantine: npm run lapor -- report quarantine' : (seen?.error ?? 'refused');
}

/** The journey of the first report of the case, or of the message this one repeats or copies. */
export function findSame(journey: Journey, all: readonly Journey[]): Journey | null {
  if (journey.repeats !== null) return all[journey.repeats - 1] ?? null;
  const copied = journey.seen?.copy_of ?? null;
  if (copied !== null) return all.find(({ seen }) => seen?.receipt === copied) ?? null;
  const first = journey.seen?.duplicate_of ?? null;
  return first === null ? null : (all.find(({ seen }) => seen?.tracking_id === first) ?? null);
}
