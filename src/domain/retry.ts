/** When something that failed is tried again. Pure: the time and the randomness are given. */

const second = 1_000;
const hour = 3_600 * second;

/** The longest anybody can put us off with Retry-After: a typing error there must not park work for months. */
const longestRetryAfter = 6 * hour;

/**
 * When to try again after the `attempt`th attempt (the first is 1), or null when the schedule, in milliseconds, is used
 * up. Spread by a fifth either way, so that what failed together does not come back together; never earlier than
 * `notBefore`.
 */
export function planRetry(
  delays: readonly number[],
  attempt: number,
  now: Date,
  random: () => number,
  notBefore: Date | null,
): Date | null {
  const delay = delays[attempt - 1];
  if (delay === undefined) return null;
  const planned = now.getTime() + delay * (0.8 + 0.4 * random());
  const asked = notBefore === null ? 0 : notBefore.getTime() + 10 * second * random();
  return new Date(Math.max(planned, asked));
}

/** The moment a Retry-After header means, not past the longest we accept; null where it is absent or unreadable. */
export function parseRetryAfter(header: string | null, now: Date): Date | null {
  const value = header?.trim() ?? '';
  const at = /^\d+$/.test(value)
    ? now.getTime() + Number(value) * second
    : /^[A-Z][a-z]+, .+ GMT$/.test(value)
      ? Date.parse(value)
      : Number.NaN;
  if (Number.isNaN(at)) return null;
  return new Date(Math.min(Math.max(at, now.getTime()), now.getTime() + longestRetryAfter));
}
