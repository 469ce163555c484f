import { describe, expect, it } from 'vitest';
import type { Accepted } from '../../../src/domain/report.ts';
import type { Payload } from '../read/payload.ts';
import { firstIdAt } from '../snowflake.ts';
import { createTally, tallyMs } from './tally.ts';

const minute = 60_000;
const now = Date.parse('2026-11-22T10:00:00Z');
const idOf = (at: number, number = 0) => String(BigInt(firstIdAt(new Date(at))) + BigInt(number));
const postOf = (id: string, ...versions: readonly string[]): Payload => ({
  data: { id, edit_history_tweet_ids: [...versions, id] },
  includes: {},
});
const accepted = (repeated: boolean) => ({ repeated }) as Accepted;
const begun = (saved: unknown = null, at = now) => {
  const tally = createTally();
  tally.begin(saved, at);
  return tally;
};
const note = (tally: ReturnType<typeof begun>, id: string, repeated = false) =>
  tally.note([postOf(id)], [accepted(repeated)]);

describe('the tally', () => {
  it('counts each post once, in the minute it was posted, whoever took it first', () => {
    const tally = begun();
    for (const repeated of [false, true]) note(tally, idOf(now + 1), repeated);
    note(tally, idOf(now + 1, 1), true);
    note(tally, idOf(now + minute));
    expect(tally.read(now)).toEqual({ taken: 2, settled: 0 });
    expect(tally.read(now + minute).taken).toBe(1);
  });

  it('counts the last version of a post alone, as X does', () => {
    const tally = begun();
    note(tally, idOf(now));
    tally.note([postOf(idOf(now + minute), idOf(now))], [accepted(false)]);
    expect([tally.read(now).taken, tally.read(now + minute).taken]).toEqual([0, 1]);
  });

  it('goes on after a restart, and counts nothing twice by that', () => {
    const first = begun();
    for (const at of [1, 2, 40_000]) note(first, idOf(now + at));
    const saved = JSON.parse(JSON.stringify({ upTo: 1, tally: first.save(now + 30_000, now + minute) }));
    expect(saved.tally.minutes).toEqual([[now, 2, 0]]);
    const second = begun(saved, now + minute);
    expect(second.since()).toBe(now);
    note(second, idOf(now + 2), true);
    expect(second.read(now)).toEqual({ taken: 2, settled: 0 });
    note(second, idOf(now + 3), false);
    note(second, idOf(now + 40_000), true);
    expect(second.read(now).taken).toBe(4);
  });

  it('counts a minute from the beginning that is read again', () => {
    const tally = begun({ tally: { since: now, upTo: now + minute, minutes: [[now, 5, 0]] } });
    note(tally, idOf(now + 1), true);
    expect(tally.read(now)).toEqual({ taken: 5, settled: 0 });
    tally.settle(now, 7);
    for (const number of [1, 2, 2, 3]) note(tally, idOf(now + number), true);
    expect(tally.read(now)).toEqual({ taken: 3, settled: 7 });
    expect(tally.save(now + minute, now + minute).minutes).toEqual([[now, 3, 7]]);
  });

  it('knows nothing of before where nothing was saved, or nothing that can be read', () => {
    for (const saved of [null, { upTo: 1 }, { tally: { since: 'then', minutes: [] } }]) {
      expect(begun(saved).since()).toBe(now);
    }
  });

  it('forgets what is too old to be looked for', () => {
    const tally = begun();
    note(tally, idOf(now));
    note(tally, idOf(now + 2 * minute));
    const later = now + tallyMs + minute;
    const minutes = [[now + 2 * minute, 1, 0]];
    expect(tally.save(later, later)).toEqual({ since: now + minute, upTo: later, minutes });
    note(tally, idOf(now));
    expect(tally.read(now).taken).toBe(0);
  });

  it('forgets the oldest minutes where there are more posts than it can keep', () => {
    const tally = begun();
    for (let batch = 0; batch < 3; batch += 1) {
      const payloads = Array.from({ length: 70_000 }, (_, index) =>
        postOf(idOf(now + batch * minute, index)),
      );
      tally.note(
        payloads,
        payloads.map(() => accepted(false)),
      );
    }
    expect(tally.since()).toBe(now + minute);
    expect([0, 1, 2].map((batch) => tally.read(now + batch * minute).taken)).toEqual([0, 70_000, 70_000]);
  });
});
