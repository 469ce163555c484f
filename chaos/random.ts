import { createHash } from 'node:crypto';

/** Chance that a seed repeats: each part of a run draws from a stream of its own, so that none disturbs the others. */
export type Random = {
  /** From 0 up to, not including, 1. */
  readonly next: () => number;
  /** A whole number from `min` to `max`, both included. */
  readonly integer: (min: number, max: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(list: readonly [T, ...T[]]) => T;
  readonly shuffle: <T>(list: readonly T[]) => T[];
};

/** The stream that `seed` and the name of the part give; mulberry32, whose 32 bits are plenty here. */
export function createRandom(seed: number, stream: string): Random {
  let state = createHash('sha256').update(`${seed}\n${stream}`).digest().readInt32LE();

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    chance: (share) => next() < share,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    shuffle: (list) =>
      list
        .map((item) => ({ item, key: next() }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ item }) => item),
  };
}

/** Words no one else writes: letters and digits, to be found again wherever they turn up. */
export function drawLetters(random: Random, count: number): string {
  const alphabet = 'abcdefghijkmnpqrstuvwyz23456789';
  return Array.from({ length: count }, () => alphabet[random.integer(0, alphabet.length - 1)]).join('');
}
