const epoch = 1_288_834_974_657n;

/** The smallest id that a post of this moment can have. */
export const firstIdOf = (ms: number): bigint => {
  const since = BigInt(Math.floor(ms)) - epoch;
  return since > 0n ? since << 22n : 0n;
};

export const momentOf = (id: bigint): number => Number((id >> 22n) + epoch);
