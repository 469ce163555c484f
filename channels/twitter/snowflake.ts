/** Ids of X hold the moment they were made: the milliseconds since this one, and 22 bits behind them that only tell apart. */
const firstMoment = 1_288_834_974_657n;

export const momentOf = (id: string): Date => new Date(Number((BigInt(id) >> 22n) + firstMoment));

/** The least id that can have been made at that moment; nothing need have it. */
export function firstIdAt(moment: Date): string {
  const since = BigInt(moment.getTime()) - firstMoment;
  return String(since > 0n ? since << 22n : 0n);
}

/** Ids are longer than a number holds, and later ones are not always longer words. */
export const compareIds = (a: string, b: string): number =>
  a.length === b.length ? (a < b ? -1 : Number(a > b)) : a.length - b.length;
