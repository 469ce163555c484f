import type { XFailure } from '../failure.ts';

/** How a connection to the stream ended, or why there was none. */
export type StreamEnd =
  | { readonly kind: 'dropped'; readonly openMs: number; readonly delivered: boolean }
  /** X counts as many connections of ours as it allows: another program has one, or X has not noticed that ours is gone. */
  | { readonly kind: 'crowded' }
  | { readonly kind: 'failed'; readonly failure: XFailure };

/** What was tried in vain in a row, all of it for like reasons. */
export type Attempts = { readonly reason: Reason; readonly times: number };

type Reason = 'none' | 'network' | 'answer' | 'limit' | 'crowd' | 'refusal';

export const noAttempts: Attempts = { reason: 'none', times: 0 };

export type Reconnection = { readonly attempts: Attempts; readonly pauseMs: number };

const second = 1_000;
const minute = 60 * second;

/** X sends something as often as that, so a connection that was open for longer worked. */
export const heartbeatMs = 20 * second;

/**
 * When it is connected again after such an end, as X documents it (docs.x.com/x-api/fundamentals/handling-disconnections): at
 * once where it was connected; else 250 ms later each time, up to 16 s, while the network fails; after 5 s, doubling to 320 s,
 * where X does; after a minute, doubling, where X asks for patience. Another reason starts anew.
 */
export function planReconnection(before: Attempts, end: StreamEnd, now: Date): Reconnection {
  if (end.kind === 'dropped') {
    // One that comes and goes counts on, so that a connection that is of no use is not asked for without end.
    const isNew = end.openMs >= heartbeatMs || (end.delivered && before.reason !== 'network');
    const times = isNew || before.reason === 'none' ? 0 : countOn(before, 'network');
    return { attempts: { reason: 'network', times }, pauseMs: Math.min(16 * second, 250 * times) };
  }
  const reason = end.kind === 'crowded' ? 'crowd' : reasonOf(end.failure);
  const times = countOn(before, reason);
  return { attempts: { reason, times }, pauseMs: pauseAfter(end, reason, times, now) };
}

const countOn = (before: Attempts, reason: Reason): number =>
  before.reason === reason ? before.times + 1 : 1;

function pauseAfter(end: StreamEnd, reason: Reason, times: number, now: Date): number {
  switch (reason) {
    case 'none':
      return 0;
    case 'network':
      return Math.min(16 * second, 250 * times);
    case 'answer':
      return doubling(5 * second, times, 320 * second);
    case 'limit': {
      const until = end.kind === 'failed' && end.failure.kind === 'rate-limited' ? end.failure.until : now;
      return Math.max(doubling(minute, times, 16 * minute), until.getTime() - now.getTime());
    }
    case 'crowd':
      // What took our place may be gone soon, and with it all reason to wait long.
      return doubling(minute, times, 4 * minute);
    case 'refusal':
      // Somebody has to do something first: pay, or ask for another plan.
      return 15 * minute;
  }
}

const doubling = (first: number, times: number, longest: number): number =>
  Math.min(longest, first * 2 ** (times - 1));

function reasonOf({ kind }: XFailure): Reason {
  switch (kind) {
    case 'unreachable':
      return 'network';
    case 'rate-limited':
      return 'limit';
    case 'unauthorized':
    case 'forbidden':
    case 'credits':
      return 'refusal';
    case 'not-found':
    case 'invalid':
    case 'in-doubt':
      return 'answer';
  }
}
