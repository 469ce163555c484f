import type { SourceDoor } from '../../channel.ts';
import { countMinutes } from './count-minutes.ts';
import type { Cursor } from './cursor.ts';
import { judgeMinutes } from './judge-minutes.ts';
import type { ReadParts } from './read-page.ts';
import { minuteMs, minuteOf, type Tally, tallyMs } from './tally.ts';
import { tellOfUnexplained } from './words.ts';

/**
 * Finds the minutes of which X has posts that nobody was given: returns those to be read again, the oldest first; none where it
 * is not time to look, or X does not say.
 */
export type Recount = (
  reading: ReadParts,
  door: SourceDoor,
  cursor: Cursor,
  now: number,
) => Promise<readonly number[]>;

const firstAfterMs = 10 * minuteMs;
const everyMs = 60 * minuteMs;
/** A younger minute is not judged: X is about to find the last of its posts. */
const settlingMs = 5 * minuteMs;

/** Asks X once an hour. `overlapMs`: what is younger is searched again by itself. */
export function createRecount(tally: Tally, overlapMs: number): Recount {
  let dueAt: number | null = null;

  return async (reading, door, { upTo, gaps }, now) => {
    dueAt ??= now + firstAfterMs;
    if (now < dueAt) return [];
    dueAt = now + everyMs;
    const from = minuteOf(Math.max(tally.since() + minuteMs - 1, now - tallyMs + minuteMs));
    const until = minuteOf(Math.min(upTo, now - settlingMs) - overlapMs);
    if (from >= until) return [];
    const counts = await countMinutes(reading, from, until);
    if (counts.kind === 'unknown') {
      door.log.info({ event: 'posts_not_recounted', reason: counts.reason });
      return [];
    }
    // What is left to be read needs no finding.
    const isRead = (minute: number) =>
      gaps.every(({ after, before }) => before <= minute || after >= minute + minuteMs);
    const minutes = [...counts.byMinute]
      .filter(([minute]) => isRead(minute))
      .map(([minute, counted]) => ({ minute, counted, ...tally.read(minute) }));
    const { again, counted, unexplained } = judgeMinutes(minutes, gaps.length);
    for (const minute of again) tally.settle(minute.minute, minute.counted);
    door.log.info({ event: 'posts_recounted', counted, unexplained, minutesAgain: again.length });
    door.alarm('missing', tellOfUnexplained({ counted, unexplained, from, until }));
    return again.map(({ minute }) => minute);
  };
}
