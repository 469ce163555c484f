import { expect, it } from 'vitest';
import type { Accepted } from '../../../src/domain/report.ts';
import { firstIdAt } from '../snowflake.ts';
import { createWire } from './wire.ts';

const noon = Date.parse('2026-11-22T12:00:00Z');
const at = (seconds: number) => new Date(noon + seconds * 1_000);
const postedAt = (seconds: number) => ({
  data: { id: firstIdAt(at(seconds)) },
  includes: { users: [{ id: '5' }], media: [{}] },
});
const first = { repeated: false } as Accepted;
const again = { repeated: true } as Accepted;
const nothing = { posts: 0, microdollars: 0 };
const one = { posts: 1, microdollars: 20_000 };

/** Of one that was open from noon on for a minute, unless it is told otherwise. */
function createBroken(wasRefused = false) {
  const wire = createWire({ post: 5_000, user: 10_000, answer: 15_000, count: 5_000 });
  wire.open(at(0));
  wire.close(at(60), wasRefused);
  return wire;
}

it('loses what the search took first of those that were posted while it was open, once', () => {
  const wire = createBroken();
  const posts = [-30, 0, 30, 70, 90].map(postedAt);
  wire.found(posts, [first, first, again, first, first]);
  expect(wire.takeLost()).toEqual({ posts: 2, microdollars: 2 * one.microdollars });
  expect(wire.takeLost()).toEqual(nothing);
});

it('loses nothing where X opened no stream', () => {
  const wire = createBroken(true);
  wire.found([postedAt(30)], [first]);
  expect(wire.takeLost()).toEqual(nothing);
  expect(wire.isQuiet()).toBe(true);
});

it('is quiet once the search has read what was posted until it closed, and a little later', () => {
  const wire = createBroken();
  wire.readUpTo(noon + 60_000);
  expect(wire.isQuiet()).toBe(false);
  wire.readUpTo(noon + 80_000);
  expect(wire.isQuiet()).toBe(true);
});

it('is not quiet while it is open, however far was read', () => {
  const wire = createBroken();
  wire.open(at(120));
  wire.readUpTo(noon + 600_000);
  expect(wire.isQuiet()).toBe(false);
  wire.found([postedAt(30), postedAt(600)], [first, first]);
  expect(wire.takeLost()).toEqual(one);
});

it('knows of those before it that were tried in a row, though the last of them was refused', () => {
  const wire = createBroken();
  for (let second = 61; second < 200; second += 1) {
    wire.open(at(second));
    wire.close(at(second), second > 150);
  }
  wire.found([postedAt(30), postedAt(150), postedAt(190)], [first, first, first]);
  expect(wire.takeLost()).toEqual({ posts: 2, microdollars: 2 * one.microdollars });
});
