import { describe, expect, it } from 'vitest';
import { judgeMinutes, type Minute } from './judge-minutes.ts';

const minute = (at: number, counted: number, taken: number, settled = 0): Minute => ({
  minute: at * 60_000,
  counted,
  taken,
  settled,
});
const againOf = (minutes: readonly Minute[], gaps = 0) =>
  judgeMinutes(minutes, gaps).again.map(({ minute: at }) => at / 60_000);

describe('what X counts beside what was taken', () => {
  it('is read again where X has more, and nowhere else', () => {
    expect(againOf([minute(1, 3, 3), minute(2, 3, 2), minute(3, 3, 4), minute(4, 1, 0)])).toEqual([2, 4]);
  });

  it('is read once for the same count, and anew for a greater one', () => {
    expect(againOf([minute(1, 3, 2, 3)])).toEqual([]);
    expect(againOf([minute(1, 2, 2, 3)])).toEqual([]);
    expect(againOf([minute(1, 4, 2, 3)])).toEqual([1]);
  });

  it('is told where reading again did not explain it', () => {
    const minutes = [minute(1, 5, 2, 5), minute(2, 4, 4, 5), minute(3, 6, 1), minute(4, 7, 2, 3)];
    expect(judgeMinutes(minutes, 0)).toMatchObject({ counted: 22, unexplained: 3 + 0 + 0 + 1 });
  });

  it('is read again for a page of known posts at most, beginning where fewest are', () => {
    const minutes = [minute(1, 81, 80), minute(2, 61, 60), minute(3, 500, 0), minute(4, 31, 30)];
    expect(againOf(minutes)).toEqual([2, 3, 4]);
  });

  it('is read again for a sixtieth of known posts where that is more', () => {
    expect(againOf([minute(1, 121, 120)])).toEqual([]);
    expect(againOf([minute(1, 121, 120), minute(2, 7_200, 7_200)])).toEqual([1]);
  });

  it('leaves the cursor room: the oldest stretches first, however long they are', () => {
    const stretch = Array.from({ length: 200 }, (_, at) => minute(at, 1, 0));
    const scattered = Array.from({ length: 60 }, (_, at) => minute(300 + 2 * at, 1, 0));
    const again = againOf([...scattered, ...stretch]);
    expect(again).toHaveLength(200 + 39);
    expect(again.at(-1)).toBe(300 + 2 * 38);
    expect(againOf([...scattered, ...stretch], 38)).toHaveLength(200 + 1);
    expect(againOf([...scattered, ...stretch], 50)).toEqual([]);
  });
});
