import { tooManyRequests } from './problem.ts';
import type { Clock } from './server.ts';

const windowMs = 15 * 60_000;

export type RateLimits = ReturnType<typeof createRateLimits>;

/** Counts requests to each endpoint in windows of 15 minutes, as the headers of every answer tell. */
export function createRateLimits(clock: Clock) {
  const windows = new Map<string, { readonly endsAt: number; used: number }>();
  return {
    /** Hands the headers to `tell` first, as a refusal has them too. Throws a `Problem` once more than `limit` came. */
    use: (endpoint: string, limit: number, tell: (name: string, value: string) => void): void => {
      const known = windows.get(endpoint);
      const window = known && known.endsAt > clock() ? known : { endsAt: clock() + windowMs, used: 0 };
      windows.set(endpoint, window);
      window.used += 1;
      tell('x-rate-limit-limit', String(limit));
      tell('x-rate-limit-remaining', String(Math.max(0, limit - window.used)));
      tell('x-rate-limit-reset', String(Math.ceil(window.endsAt / 1_000)));
      if (window.used > limit) throw tooManyRequests();
    },
  };
}
