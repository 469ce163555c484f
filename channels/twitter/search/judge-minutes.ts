import { type MinuteTally, minuteMs } from './tally.ts';

/**
 * Which minutes to read again, because X counts more posts of them than were taken: it had not found all of them yet when they
 * were read.
 */
export type Judgement = {
  /** In their order. */
  readonly again: readonly Minute[];
  /** Posts that X counts, of all minutes together. */
  readonly counted: number;
  /** Of those so many were not given out by the search, not even when it was asked again. */
  readonly unexplained: number;
};

export type Minute = MinuteTally & { readonly minute: number; readonly counted: number };

/** What may be read in vain: posts that are known, in each minute that is read again. A page, or a tenth of an hour's posts. */
const fewestInVain = 100;
const shareInVain = 1 / 60;
/** Stretches of minutes, with the gaps that there are; a cursor has room for some more. */
const mostStretches = 40;

/**
 * X's counts "will not always match", because posts are taken out of the search that still count: those deleted, or of accounts
 * that are protected now (docs.x.com/x-api/x-api-v2/tweets/tweet-counts). So a minute is read again for a count once, and anew
 * only where X counts more.
 */
export function judgeMinutes(minutes: readonly Minute[], gaps: number): Judgement {
  const counted = sum(minutes.map((minute) => minute.counted));
  const mostInVain = Math.max(fewestInVain, counted * shareInVain);
  let inVain = 0;
  const affordable = minutes
    .filter((minute) => minute.counted > Math.max(minute.taken, minute.settled))
    .toSorted((a, b) => a.taken - b.taken)
    .filter(({ taken }) => {
      inVain += taken;
      return inVain <= mostInVain;
    })
    .toSorted((a, b) => a.minute - b.minute);
  return {
    again: firstStretches(affordable, Math.max(0, mostStretches - gaps)),
    counted,
    unexplained: sum(
      minutes.map((minute) => Math.max(0, Math.min(minute.counted, minute.settled) - minute.taken)),
    ),
  };
}

/** The oldest: they are soon too old to be looked for. */
function firstStretches(minutes: readonly Minute[], most: number): readonly Minute[] {
  const starts = minutes.filter(({ minute }, index) => minutes[index - 1]?.minute !== minute - minuteMs);
  const end = starts[most]?.minute ?? Number.POSITIVE_INFINITY;
  return minutes.filter(({ minute }) => minute < end);
}

const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);
