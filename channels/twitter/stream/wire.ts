import type { TwitterPrices } from '../../../src/config/twitter.ts';
import { addCosts, type Cost, nothingSpent } from '../../../src/domain/budget.ts';
import type { Accepted } from '../../../src/domain/report.ts';
import { costOf } from '../cost.ts';
import type { Payload } from '../read/payload.ts';
import { momentOf } from '../snowflake.ts';

/**
 * The wire between X and us, on which posts get lost: where a connection breaks off, X has sent some that never come, and bills
 * them. The search finds them, so what it took first of those that were posted while the stream was open counts as sent by the
 * stream as well.
 */
export type Wire = {
  /** X may send something from now on. */
  readonly open: (at: Date) => void;
  /** It does not any more; `wasRefused`: it never did. */
  readonly close: (at: Date, wasRefused: boolean) => void;
  /** The search took these; `accepted` in the same order. */
  readonly found: (payloads: readonly Payload[], accepted: readonly Accepted[]) => void;
  /** The search has read all that was posted before that moment, in milliseconds since 1970. */
  readonly readUpTo: (moment: number) => void;
  /** What the posts cost that were lost since this was asked for last. */
  readonly takeLost: () => Cost;
  /** It is closed, and all that was lost on it is known. */
  readonly isQuiet: () => boolean;
};

/** In milliseconds since 1970; endless while it is open. */
type Opening = { readonly from: number; readonly to: number };

/** So much later than it is posted the stream has a post, clocks that differ included. */
const lateMs = 20_000;

export function createWire(prices: TwitterPrices): Wire {
  /** The last one last; of what was posted in them not all is read yet. */
  let openings: readonly Opening[] = [];
  let lost = nothingSpent;

  const mayHaveSent = (moment: number): boolean =>
    openings.some(({ from, to }) => moment >= from - lateMs && moment < to + lateMs);

  return {
    open: (at) => {
      openings = [...openings, { from: at.getTime(), to: Number.POSITIVE_INFINITY }];
    },
    close: (at, wasRefused) => {
      const last = openings.at(-1);
      if (last === undefined) return;
      const others = openings.slice(0, -1);
      openings = wasRefused ? others : join(others, { ...last, to: at.getTime() });
    },
    found: (payloads, accepted) => {
      lost = payloads
        .filter(
          ({ data }, index) =>
            accepted[index]?.repeated === false && mayHaveSent(momentOf(data.id).getTime()),
        )
        .map((payload) => costOf(payload, prices))
        .reduce(addCosts, lost);
    },
    readUpTo: (moment) => {
      openings = openings.filter(({ to }) => to + lateMs > moment);
    },
    takeLost: () => {
      const taken = lost;
      lost = nothingSpent;
      return taken;
    },
    isQuiet: () => openings.length === 0,
  };
}

/** Those that follow at once as one: X may be out of reach a thousand times in a row. */
function join(openings: readonly Opening[], next: Opening): readonly Opening[] {
  const last = openings.at(-1);
  return last !== undefined && next.from - last.to <= lateMs
    ? [...openings.slice(0, -1), { from: last.from, to: next.to }]
    : [...openings, next];
}
