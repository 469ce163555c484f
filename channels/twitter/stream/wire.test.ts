import { describe, expect, it } from 'vitest';
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
const lost = (posts: number) => ({ posts, microdollars: posts * 20_000 });

const create = () => createWire({ post: 5_000, user: 10_000, answer: 15_000, count: 5_000 });

/** Of one that was open from noon on for a minute, and on which nothing came. */
function createBroken() {
  const wire = create();
  wire.open(at(0));
  wire.close(at(60), false);
  return wire;
}

describe('lost are', () => {
  it('those that the search took first, posted while the stream was open, once', () => {
    const wire = createBroken();
    const posts = [-30, 0, 30, 61, 90].map(postedAt);
    wire.found(posts, [first, first, again, first, first]);
    expect(wire.takeLost()).toEqual(lost(2));
    expect(wire.takeLost()).toEqual(lost(0));
  });

  it('those that the search took before the stream broke off', () => {
    const wire = create();
    wire.open(at(0));
    wire.found([postedAt(30)], [first]);
    expect(wire.takeLost()).toEqual(lost(0));
    wire.close(at(45), false);
    wire.open(at(46));
    expect(wire.takeLost()).toEqual(lost(1));
  });

  it('none that the stream brought later than the search', () => {
    const wire = create();
    wire.open(at(0));
    wire.found([postedAt(30), postedAt(31)], [first, first]);
    wire.came([postedAt(30)], at(40));
    wire.close(at(45), false);
    expect(wire.takeLost()).toEqual(lost(1));
  });

  it.each([
    ['a later post', () => [postedAt(60)]],
    ['a sign of life', () => []],
  ])('none that were posted long before %s came', (_, sent) => {
    const wire = create();
    wire.open(at(0));
    wire.found([postedAt(30)], [first]);
    wire.came(sent(), at(60));
    wire.close(at(70), false);
    wire.found([postedAt(31), postedAt(65)], [first, first]);
    expect(wire.takeLost()).toEqual(lost(1));
  });

  it('those of which it is asked only once the search has read far beyond them', () => {
    const wire = createBroken();
    wire.found([postedAt(30)], [first]);
    wire.readUpTo(noon + 600_000);
    wire.open(at(601));
    wire.came([], at(602));
    expect(wire.takeLost()).toEqual(lost(1));
    expect(wire.takeLost()).toEqual(lost(0));
  });

  it('those that were posted after one whose id is of tomorrow came', () => {
    const wire = create();
    wire.open(at(0));
    wire.came([postedAt(86_400)], at(60));
    wire.close(at(90), false);
    wire.found([postedAt(70)], [first]);
    expect(wire.takeLost()).toEqual(lost(1));
  });

  it('none where X opened no stream, or all was here that was sent', () => {
    const wire = create();
    wire.open(at(0));
    wire.found([postedAt(30)], [first]);
    wire.close(at(60), true);
    wire.found([postedAt(31)], [first]);
    expect(wire.takeLost()).toEqual(lost(0));
    expect(wire.isQuiet()).toBe(true);
  });

  it('those of connections that were tried in a row, though the last of them was refused', () => {
    const wire = createBroken();
    for (let second = 61; second < 200; second += 1) {
      wire.open(at(second));
      wire.close(at(second), second > 150);
    }
    wire.found([postedAt(30), postedAt(150), postedAt(190)], [first, first, first]);
    expect(wire.takeLost()).toEqual(lost(2));
  });
});

describe('it is quiet', () => {
  it('once the search has read what was posted until it closed, and a little later', () => {
    const wire = createBroken();
    wire.readUpTo(noon + 61_000);
    expect(wire.isQuiet()).toBe(false);
    wire.readUpTo(noon + 62_000);
    expect(wire.isQuiet()).toBe(true);
  });

  it('never while it is open', () => {
    const wire = createBroken();
    wire.open(at(120));
    wire.readUpTo(noon + 600_000);
    expect(wire.isQuiet()).toBe(false);
  });
});
