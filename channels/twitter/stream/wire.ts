import type { TwitterPrices } from '../../../src/config/twitter.ts';
import { addCosts, type Cost, nothingSpent } from '../../../src/domain/budget.ts';
import type { Accepted } from '../../../src/domain/report.ts';
import { costOf } from '../cost.ts';
import type { Payload } from '../read/payload.ts';
import { momentOf } from '../snowflake.ts';

/**
 * The wire between X and us, on which posts get lost: where a connection breaks off, X has sent some that never come, and bills
 * them. The search finds them, so what it took first, of those that were posted since the stream was last heard of, counts as
 * sent by the stream as well.
 */
export type Wire = {
  /** X may send something from now on. */
  readonly open: (at: Date) => void;
  /** These came, or nothing but a sign of life: so there was nothing to send. */
  readonly came: (payloads: readonly Payload[], at: Date) => void;
  /** Nothing comes any more; `isAllHere`: nor was anything on its way. */
  readonly close: (at: Date, isAllHere: boolean) => void;
  /** The search took these; `accepted` in the same order. */
  readonly found: (payloads: readonly Payload[], accepted: readonly Accepted[]) => void;
  /** The search has read all that was posted before that moment, in milliseconds since 1970. */
  readonly readUpTo: (moment: number) => void;
  /** What the posts cost that were lost since this was asked for last. */
  readonly takeLost: () => Cost;
  /** It is closed, and all that was lost on it is known. */
  readonly isQuiet: () => boolean;
};

/** What was posted then may be on the wire. In milliseconds since 1970; endless while it is open. */
type Span = { readonly from: number; readonly to: number };
type Post = { readonly at: number; readonly cost: Cost };

/** So much later than it is posted the stream has a post, at most. */
const lateMs = 20_000;
/** Clocks differ by less. */
const skewMs = 2_000;

const isWithin = (at: number, { from, to }: Span): boolean => at >= from - lateMs && at < to + skewMs;

export function createWire(prices: TwitterPrices): Wire {
  let open: Span | null = null;
  /** The last one last; of what was posted in them not all is read yet. */
  let closed: readonly Span[] = [];
  /** By id, what the search has and the stream does not. */
  const missing = new Map<string, Post>();
  let lost = nothingSpent;

  const mayHaveSent = (at: number): boolean =>
    (open === null ? closed : [open, ...closed]).some((span) => isWithin(at, span));

  function forgetOthers(): void {
    for (const [id, { at }] of missing) if (!mayHaveSent(at)) missing.delete(id);
  }

  /** What is not of one that is closed may still come. */
  function giveUp(): void {
    for (const [id, { at, cost }] of missing) {
      if (!closed.some((span) => isWithin(at, span))) continue;
      missing.delete(id);
      lost = addCosts(lost, cost);
    }
  }

  return {
    open: (at) => {
      open = { from: at.getTime(), to: Number.POSITIVE_INFINITY };
    },
    came: (payloads, at) => {
      for (const { data } of payloads) missing.delete(data.id);
      if (open === null) return;
      // In the order they were posted, more or less: who lags behind has not heard of later ones.
      const moments = payloads.map(({ data }) => momentOf(data.id).getTime());
      const heardUpTo = moments.length === 0 ? at.getTime() : Math.min(at.getTime(), Math.max(...moments));
      open = { ...open, from: Math.max(open.from, heardUpTo) };
      forgetOthers();
    },
    close: (at, isAllHere) => {
      if (open !== null && !isAllHere) closed = join(closed, { ...open, to: at.getTime() });
      open = null;
      forgetOthers();
    },
    found: (payloads, accepted) => {
      for (const [index, payload] of payloads.entries()) {
        const { id } = payload.data;
        const at = momentOf(id).getTime();
        const isFirst = accepted[index]?.repeated === false;
        if (isFirst && mayHaveSent(at)) missing.set(id, { at, cost: costOf(payload, prices) });
      }
    },
    readUpTo: (moment) => {
      // The stream may pause for minutes, and asks for what was lost only once it goes on.
      giveUp();
      closed = closed.filter(({ to }) => to + skewMs > moment);
    },
    takeLost: () => {
      giveUp();
      const taken = lost;
      lost = nothingSpent;
      return taken;
    },
    isQuiet: () => open === null && closed.length === 0,
  };
}

/** Those that follow at once as one: X may be out of reach a thousand times in a row. */
function join(spans: readonly Span[], next: Span): readonly Span[] {
  const last = spans.at(-1);
  return last !== undefined && next.from - last.to <= lateMs
    ? [...spans.slice(0, -1), { from: last.from, to: next.to }]
    : [...spans, next];
}
