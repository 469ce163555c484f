import { describe, expect, it } from 'vitest';
import type { XFailure } from '../failure.ts';
import { type Attempts, noAttempts, planReconnection, type StreamEnd } from './reconnect.ts';

const now = new Date('2026-11-22T10:00:00Z');
const failed = (failure: XFailure): StreamEnd => ({ kind: 'failed', failure });
const dropped = (openMs: number, delivered = true): StreamEnd => ({ kind: 'dropped', openMs, delivered });
const unreachable = failed({ kind: 'unreachable' });
const inDoubt = failed({ kind: 'in-doubt', answered: false });
const crowded: StreamEnd = { kind: 'crowded' };

/** Seconds waited after each of these ends, one after the other. */
function pausesAfter(ends: readonly StreamEnd[]): readonly number[] {
  let attempts: Attempts = noAttempts;
  return ends.map((end) => {
    const next = planReconnection(attempts, end, now);
    attempts = next.attempts;
    return next.pauseMs / 1_000;
  });
}
const repeat = (end: StreamEnd, times: number) => Array<StreamEnd>(times).fill(end);

describe('the stream is connected again', () => {
  it('at once after a connection that worked', () => {
    expect(pausesAfter(repeat(dropped(3_600_000), 3))).toEqual([0, 0, 0]);
  });

  it('at once after the first one that broke off early, and later each time while they do', () => {
    expect(pausesAfter(repeat(dropped(100), 4))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(pausesAfter(repeat(dropped(0, false), 80)).at(-1)).toBe(16);
    expect(pausesAfter([...repeat(dropped(100), 4), dropped(21_000), dropped(100)])).toEqual([
      0, 0.25, 0.5, 0.75, 0, 0.25,
    ]);
  });

  it('250 ms later each time, up to 16 s, while the network fails', () => {
    expect(pausesAfter(repeat(unreachable, 70)).slice(0, 4)).toEqual([0.25, 0.5, 0.75, 1]);
    expect(pausesAfter(repeat(unreachable, 70)).slice(62)).toEqual([15.75, 16, 16, 16, 16, 16, 16, 16]);
    expect(pausesAfter([dropped(30_000), unreachable, unreachable])).toEqual([0, 0.25, 0.5]);
  });

  it('after 5 s, doubling to 320 s, while X fails', () => {
    expect(pausesAfter(repeat(inDoubt, 9))).toEqual([5, 10, 20, 40, 80, 160, 320, 320, 320]);
    expect(pausesAfter([inDoubt, inDoubt, failed({ kind: 'not-found' })])).toEqual([5, 10, 20]);
  });

  it('after a minute, doubling, where X asks for patience, and not before it says', () => {
    const limited = failed({ kind: 'rate-limited', until: now });
    expect(pausesAfter(repeat(limited, 6))).toEqual([60, 120, 240, 480, 960, 960]);
    const until = new Date('2026-11-22T10:14:00Z');
    expect(pausesAfter([failed({ kind: 'rate-limited', until })])).toEqual([14 * 60]);
  });

  it('within four minutes once another connection of ours is gone', () => {
    expect(pausesAfter(repeat(crowded, 4))).toEqual([60, 120, 240, 240]);
  });

  it('after a quarter of an hour where somebody has to do something first', () => {
    for (const failure of [
      { kind: 'unauthorized' },
      { kind: 'credits' },
      { kind: 'forbidden', reason: null },
    ] satisfies readonly XFailure[]) {
      expect(pausesAfter(repeat(failed(failure), 2))).toEqual([900, 900]);
    }
  });

  it('anew for every other reason, and for all after a connection that delivered', () => {
    expect(pausesAfter([inDoubt, inDoubt, unreachable, inDoubt, crowded])).toEqual([5, 10, 0.25, 5, 60]);
    expect(pausesAfter([inDoubt, inDoubt, dropped(100), inDoubt])).toEqual([5, 10, 0, 5]);
    expect(pausesAfter([crowded, dropped(100, false), crowded])).toEqual([60, 0.25, 60]);
  });
});
