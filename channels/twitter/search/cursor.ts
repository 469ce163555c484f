import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * Up to where was read, in milliseconds since 1970 by the clock of X, and not by posts: so an hour without any moves on as
 * well, and costs nothing to look at again.
 */
export type Cursor = {
  /** All that was posted before was read, but for the gaps. */
  readonly upTo: number;
  /** The newest first. */
  readonly gaps: readonly Gap[];
  /** What could not be read in time, and when that was found; null: nothing, or long ago. */
  readonly lost: Lost | null;
};

/** Posts from `after` on and before `before` that were not read yet. */
export type Gap = {
  readonly after: number;
  readonly before: number;
  /** The page to go on with; null: it is asked for anew. */
  readonly rest: Ask | null;
};

/** One page of what is searched for; `before` is null where it has no end, `token` where it is the first one. */
export type Ask = {
  readonly after: number;
  readonly before: number | null;
  readonly token: string | null;
};

export type Lost = { readonly after: number; readonly before: number; readonly foundAt: number };

/** What came of asking for a page. */
export type PageFacts = {
  /** X's clock as it answered. */
  readonly at: number;
  /** When the newest post on it was posted; null where it has none. */
  readonly newest: number | null;
  /** Token of the page behind it; null: it was the last one. */
  readonly next: string | null;
};

const dayMs = 24 * 60 * 60_000;
/** Recent search knows seven days (docs.x.com/x-api/posts/search/introduction), and refuses to go a second further. */
const windowMs = 7 * dayMs - 60_000;
/** A day before it is too late. */
const behindMs = 6 * dayMs;
/** More than so many are not worth their tokens. */
const mostGaps = 50;

const moment = Type.Number();
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);
const validator = Compile(
  Type.Object({
    upTo: moment,
    gaps: Type.Array(
      Type.Object({
        after: moment,
        before: moment,
        rest: nullable(
          Type.Object({ after: moment, before: nullable(moment), token: nullable(Type.String()) }),
        ),
      }),
    ),
    lost: nullable(Type.Object({ after: moment, before: moment, foundAt: moment })),
  }),
);

/** Where to go on; where nothing was ever read, from now on: older posts were not meant for us. */
export const resume = (saved: unknown, now: number): Cursor =>
  validator.Check(saved) ? (saved as Cursor) : { upTo: now, gaps: [], lost: null };

/** With what can no longer be searched for taken out of it, and noted as lost; the same one where there is nothing such. */
export function giveUpTooOld(cursor: Cursor, now: number): Cursor {
  const oldest = now - windowMs;
  const lost = [
    ...cursor.gaps.filter(({ after }) => after < oldest),
    ...(cursor.upTo < oldest ? [{ after: cursor.upTo, before: oldest }] : []),
  ].map(({ after, before }) => ({ after, before: Math.min(before, oldest) }));
  // After a week nobody need be told of it any more.
  const known = cursor.lost !== null && cursor.lost.foundAt > now - windowMs ? cursor.lost : null;
  if (lost.length === 0) return known === cursor.lost ? cursor : { ...cursor, lost: known };
  const all = known === null ? lost : [...lost, known];
  return {
    upTo: Math.max(cursor.upTo, oldest),
    gaps: cursor.gaps.filter(({ before }) => before > oldest).map((gap) => cutGap(gap, oldest)),
    lost: {
      after: Math.min(...all.map(({ after }) => after)),
      before: Math.max(...all.map(({ before }) => before)),
      foundAt: now,
    },
  };
}

/** A token belongs to the question it was given for, which X no longer takes. */
const cutGap = (gap: Gap, oldest: number): Gap => ({
  after: Math.max(gap.after, oldest),
  before: gap.before,
  rest: gap.rest !== null && gap.rest.after < oldest ? null : gap.rest,
});

/** For what is new, and once more for what X may have found late. */
export const askForNews = ({ upTo }: Cursor, overlapMs: number, now: number): Ask => ({
  after: Math.max(upTo - overlapMs, now - windowMs),
  before: null,
  token: null,
});

export const askForGap = ({ after, before, rest }: Gap): Ask => rest ?? { after, before, token: null };

/** Once the first page of what is new is durable; what is behind it is a gap from now on. */
export function afterNews(cursor: Cursor, ask: Ask, { at, next }: PageFacts): Cursor {
  const gap = { after: ask.after, before: at, rest: { ...ask, token: next } };
  return {
    ...cursor,
    upTo: Math.max(cursor.upTo, at),
    gaps: next === null ? cursor.gaps : joinGaps([gap, ...cursor.gaps]),
  };
}

/**
 * Once a page of a gap is durable. Should its token be of no use one day, what is newer than that page need not be read
 * again, apart from the overlap: pages may be out of order.
 */
export function afterGap(cursor: Cursor, gap: Gap, { newest, next }: PageFacts, overlapMs: number): Cursor {
  const others = cursor.gaps.filter((each) => each !== gap);
  if (next === null) return { ...cursor, gaps: others };
  const before = newest === null ? gap.before : Math.min(gap.before, newest + overlapMs);
  const left = { after: gap.after, before, rest: { ...askForGap(gap), token: next } };
  return { ...cursor, gaps: joinGaps([left, ...others]) };
}

/** With these minutes to be read once more. */
export const withMinutes = (cursor: Cursor, minutes: readonly number[], minuteMs: number): Cursor => ({
  ...cursor,
  gaps: joinGaps([
    ...minutes.map((minute) => ({ after: minute, before: minute + minuteMs, rest: null })),
    ...cursor.gaps,
  ]),
});

/** X does not take its token. */
export const withoutToken = (cursor: Cursor, gap: Gap): Cursor => ({
  ...cursor,
  gaps: joinGaps(cursor.gaps.map((each) => (each === gap ? { ...gap, rest: null } : each))),
});

/** Nothing posted before is left to be read. */
export const unreadSince = ({ upTo, gaps }: Cursor): number =>
  Math.min(upTo, ...gaps.map(({ after }) => after));

/** Whether a day is left, or less, until posts cannot be read any more. */
export const isBehind = (cursor: Cursor, now: number): boolean => unreadSince(cursor) < now - behindMs;

/** When that is. */
export const lastsUntil = (cursor: Cursor): number => unreadSince(cursor) + windowMs;

/** The newest first, those that touch as one; a gap with a token stays alone, unless there are too many. */
function joinGaps(gaps: readonly Gap[]): readonly Gap[] {
  const joined: Gap[] = [];
  for (const gap of gaps.toSorted((a, b) => b.before - a.before)) {
    const last = joined.at(-1);
    const isJoined =
      last !== undefined && last.rest === null && gap.rest === null && gap.before >= last.after;
    if (isJoined) joined.splice(-1, 1, span(last, gap));
    else joined.push(gap);
  }
  if (joined.length <= mostGaps) return joined;
  const kept = joined.slice(0, mostGaps - 1);
  return [...kept, joined.slice(mostGaps - 1).reduce(span)];
}

const span = (a: Gap, b: Gap): Gap => ({
  after: Math.min(a.after, b.after),
  before: Math.max(a.before, b.before),
  rest: null,
});
