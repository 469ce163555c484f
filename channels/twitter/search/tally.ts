import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Accepted } from '../../../src/domain/report.ts';
import { type Payload, readGiven } from '../read/payload.ts';
import { momentOf } from '../snowflake.ts';

/**
 * How many different posts were taken of each minute, by the search and by the stream of this process. Who they are is kept
 * in memory alone; what is saved are figures. After a restart it may know of fewer than were taken: some are read again then.
 */
export type Tally = {
  /** Goes on from what was saved, by this process or another one. */
  readonly begin: (saved: unknown, now: number) => void;
  /** Once they are durable; `accepted` in the same order. */
  readonly note: (payloads: readonly Payload[], accepted: readonly Accepted[]) => void;
  readonly read: (minute: number) => MinuteTally;
  /** X counted so many, and the minute is read again: what is taken of it is counted from the beginning. */
  readonly settle: (minute: number, counted: number) => void;
  /** Of minutes that began before not all that was taken is known. */
  readonly since: () => number;
  /** Together with a cursor that is read up to there. */
  readonly save: (upTo: number, now: number) => SavedTally;
};

export type MinuteTally = {
  readonly taken: number;
  /** As many as X counted when it was read again last; 0: it never was. */
  readonly settled: number;
};

/** Under its name in the cursor of the search. Minutes are milliseconds since 1970, where they begin. */
export type SavedTally = {
  readonly since: number;
  /** No later post is counted in it. */
  readonly upTo: number;
  readonly minutes: readonly (readonly [minute: number, taken: number, settled: number])[];
};

export const minuteMs = 60_000;
/** What X finds later than that is not looked for. */
export const tallyMs = 6 * 60 * minuteMs;
/** More ids than these are more than anybody can pay to read again; some 20 MB. */
const mostIds = 200_000;

export const minuteOf = (at: number): number => at - (at % minuteMs);

const validator = Compile(
  Type.Object({
    tally: Type.Object({
      since: Type.Number(),
      upTo: Type.Number(),
      minutes: Type.Array(Type.Tuple([Type.Number(), Type.Number(), Type.Number()])),
    }),
  }),
);

export function createTally(): Tally {
  /** From before, of posts up to then. */
  const before = new Map<number, number>();
  let beforeUpTo = 0;
  const ids = new Map<number, Set<string>>();
  const settled = new Map<number, number>();
  const countedAnew = new Set<number>();
  let since = 0;
  let kept = 0;

  /** Whether it is one that the figures from before cannot hold already. */
  const isUncounted = (at: number, accepted: Accepted | undefined) =>
    at >= beforeUpTo || countedAnew.has(minuteOf(at)) || accepted?.repeated === false;

  function add(id: string, accepted: Accepted | undefined): void {
    const at = momentOf(id).getTime();
    const minute = minuteOf(at);
    if (minute + minuteMs <= since || !isUncounted(at, accepted)) return;
    const known = ids.get(minute) ?? new Set();
    ids.set(minute, known);
    kept += known.has(id) ? 0 : 1;
    known.add(id);
  }

  /** X counts the last version of a post alone. */
  function remove(id: string): void {
    if (ids.get(minuteOf(momentOf(id).getTime()))?.delete(id)) kept -= 1;
  }

  function forgetBefore(moment: number): void {
    since = Math.max(since, moment);
    for (const known of [before, ids, settled, countedAnew]) {
      for (const minute of known.keys()) if (minute + minuteMs <= since) known.delete(minute);
    }
    kept = [...ids.values()].reduce((sum, { size }) => sum + size, 0);
  }

  const read = (minute: number): MinuteTally => ({
    taken: (before.get(minute) ?? 0) + (ids.get(minute)?.size ?? 0),
    settled: settled.get(minute) ?? 0,
  });

  function countUpTo(minute: number, upTo: number): number {
    const all = [...(ids.get(minute) ?? [])];
    return (before.get(minute) ?? 0) + all.filter((id) => momentOf(id).getTime() < upTo).length;
  }

  return {
    begin: (saved, now) => {
      for (const known of [before, ids, settled, countedAnew]) known.clear();
      const { tally } = validator.Check(saved)
        ? (saved as { readonly tally: SavedTally })
        : { tally: { since: now, upTo: now, minutes: [] } };
      for (const [minute, taken, settledAt] of tally.minutes) {
        before.set(minute, taken);
        settled.set(minute, settledAt);
      }
      beforeUpTo = tally.upTo;
      since = tally.since;
      forgetBefore(now - tallyMs);
    },
    note: (payloads, accepted) => {
      for (const [index, { data }] of payloads.entries()) {
        add(data.id, accepted[index]);
        for (const version of readGiven(data).versionIds) if (version !== data.id) remove(version);
      }
      while (kept > mostIds) forgetBefore(Math.min(...ids.keys()) + minuteMs);
    },
    read,
    settle: (minute, counted) => {
      settled.set(minute, counted);
      kept -= ids.get(minute)?.size ?? 0;
      for (const taken of [before, ids]) taken.delete(minute);
      countedAnew.add(minute);
    },
    since: () => since,
    save: (upTo, now) => {
      forgetBefore(now - tallyMs);
      const minutes = [...new Set([...before.keys(), ...ids.keys(), ...settled.keys()])]
        .sort((a, b) => a - b)
        .map((minute) => {
          const { taken, settled: settledAt } = read(minute);
          const isOver = minute + minuteMs <= upTo;
          return [minute, isOver ? taken : countUpTo(minute, upTo), settledAt] as const;
        });
      return { since, upTo, minutes };
    },
  };
}
