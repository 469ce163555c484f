import { describe, expect, it } from 'vitest';
import {
  afterGap,
  afterNews,
  askForGap,
  askForNews,
  type Cursor,
  type Gap,
  giveUpTooOld,
  isBehind,
  resume,
  withoutToken,
} from './cursor.ts';

const day = 24 * 60 * 60_000;
const minute = 60_000;
const now = Date.parse('2026-11-22T10:00:00Z');
const overlap = 30_000;
const cursorAt = (upTo: number, ...gaps: readonly Gap[]): Cursor => ({ upTo, gaps, lost: null });
const gapOf = (after: number, before: number, token: string | null = null): Gap => ({
  after,
  before,
  rest: token === null ? null : { after, before, token },
});

describe('the cursor of the search', () => {
  it('begins now where nothing is known, and goes on where it was', () => {
    expect(resume(null, now)).toEqual(cursorAt(now));
    expect(resume({ upTo: 'yesterday' }, now)).toEqual(cursorAt(now));
    const saved = cursorAt(now - day, gapOf(1, 2, 'b26'));
    expect(resume(JSON.parse(JSON.stringify(saved)), now)).toEqual(saved);
  });

  it('moves on with the clock of X, also where nobody posted, and never back', () => {
    const cursor = cursorAt(now);
    const ask = askForNews(cursor, overlap, now);
    expect(ask).toEqual({ after: now - overlap, before: null, token: null });
    expect(afterNews(cursor, ask, { at: now + minute, newest: null, next: null }).upTo).toBe(now + minute);
    expect(afterNews(cursor, ask, { at: now - minute, newest: null, next: null }).upTo).toBe(now);
  });

  it('keeps what is behind the first page as a gap, and goes on in it page by page', () => {
    const ask = askForNews(cursorAt(now - day), overlap, now);
    const first = afterNews(cursorAt(now - day), ask, { at: now, newest: now - minute, next: 'two' });
    const [gap] = first.gaps as [Gap];
    expect(askForGap(gap)).toEqual({ ...ask, token: 'two' });
    const second = afterGap(first, gap, { at: now, newest: now - 5 * minute, next: 'three' }, overlap);
    const [rest] = second.gaps as [Gap];
    expect(askForGap(rest)).toEqual({ ...ask, token: 'three' });
    expect(afterGap(second, rest, { at: now, newest: null, next: null }, overlap)).toEqual(cursorAt(now));
  });

  it('asks anew for what is left of a gap where a token is of no use', () => {
    const gap = gapOf(now - day, now, 'two');
    const page = { at: now, newest: now - 5 * minute, next: 'three' };
    const cursor = afterGap(cursorAt(now, gap), gap, page, overlap);
    const [anew] = withoutToken(cursor, cursor.gaps[0] as Gap).gaps as [Gap];
    expect(askForGap(anew)).toEqual({ after: now - day, before: now - 5 * minute + overlap, token: null });
  });

  it('has gaps that touch as one, and the newest first', () => {
    const gaps = [gapOf(now - 50, now - 40), gapOf(now - 30, now - 20, 'x'), gapOf(now - 45, now - 35)];
    const cursor = withoutToken(cursorAt(now, ...gaps), gaps[1] as Gap);
    expect(cursor.gaps).toEqual([gapOf(now - 30, now - 20), gapOf(now - 50, now - 35)]);
  });

  it('does not grow without end, and loses nothing by that', () => {
    let cursor = cursorAt(now);
    for (let poll = 1; poll <= 200; poll += 1) {
      const at = now + poll * minute;
      const ask = askForNews(cursor, overlap, at);
      cursor = afterNews(cursor, ask, { at, newest: at, next: `token ${poll}` });
    }
    expect(cursor.gaps).toHaveLength(50);
    const covered = cursor.gaps.toReversed().reduce((until, { after, before }) => {
      expect(after).toBeLessThanOrEqual(until);
      return Math.max(until, before);
    }, now - overlap);
    expect(covered).toBe(cursor.upTo);
  });

  it('gives up what X searches no longer, and remembers for a week what that was', () => {
    const old = cursorAt(now - 8 * day, gapOf(now - 10 * day, now - 9 * day, 'x'));
    const cursor = giveUpTooOld(old, now);
    const oldest = now - 7 * day + minute;
    expect(cursor).toEqual({
      upTo: oldest,
      gaps: [],
      lost: { after: now - 10 * day, before: oldest, foundAt: now },
    });
    expect(askForNews(cursor, overlap, now).after).toBe(oldest);
    const followed = { ...cursor, upTo: now + 7 * day };
    expect(giveUpTooOld(followed, now + 6 * day)).toBe(followed);
    expect(giveUpTooOld(followed, now + 8 * day).lost).toBeNull();
  });

  it('cuts a gap that is partly too old, with the token that belongs to all of it', () => {
    const cursor = giveUpTooOld(cursorAt(now, gapOf(now - 8 * day, now - day, 'x')), now);
    expect(cursor.gaps).toEqual([gapOf(now - 7 * day + minute, now - day)]);
    const young = cursorAt(now, gapOf(now - 6 * day, now - day, 'x'));
    expect(giveUpTooOld(young, now)).toBe(young);
  });

  it('is behind a day before it is too late', () => {
    expect(isBehind(cursorAt(now - 6 * day + minute), now)).toBe(false);
    expect(isBehind(cursorAt(now - 6 * day - minute), now)).toBe(true);
    expect(isBehind(cursorAt(now, gapOf(now - 6.5 * day, now - 6 * day)), now)).toBe(true);
  });
});
