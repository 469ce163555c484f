/** Many posts on one case within an hour. */
export type Surge = {
  /** When so many had come for the first time. */
  readonly since: Date;
  /** In the hour that had most. */
  readonly posts: number;
};

const withinMs = 60 * 60_000;

/** Null where so many posts never came within an hour, or the threshold is 0; in whatever order the moments come. */
export function findSurge(moments: readonly Date[], threshold: number): Surge | null {
  if (threshold === 0) return null;
  const sorted = moments.map((moment) => moment.getTime()).toSorted((a, b) => a - b);
  let first = 0;
  let posts = 0;
  let since: number | null = null;
  for (const [last, moment] of sorted.entries()) {
    while (moment - (sorted[first] ?? moment) > withinMs) first += 1;
    const count = last - first + 1;
    if (count >= threshold) since ??= moment;
    posts = Math.max(posts, count);
  }
  return since === null ? null : { since: new Date(since), posts };
}
