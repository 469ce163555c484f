import type { SendOutcome } from '../../../src/domain/notification.ts';
import { describeXFailure, type XFailure } from '../failure.ts';

/** What it comes to that X did not take an answer; nothing of X's own words is in it. */
export function toSendOutcome(failure: XFailure): SendOutcome {
  const reason = describeXFailure(failure);
  switch (failure.kind) {
    case 'in-doubt':
      return { kind: 'unknown', reason };
    case 'rate-limited':
      return { kind: 'retry', reason, retryAfter: failure.until.toUTCString() };
    // Of every answer alike, until somebody mends it.
    case 'unauthorized':
    case 'credits':
    case 'unreachable':
      return { kind: 'retry', reason, retryAfter: null };
    case 'not-found':
    case 'invalid':
      return { kind: 'refused', reason };
    case 'forbidden':
      return readForbidden(failure.reason) ?? { kind: 'retry', reason, retryAfter: null };
  }
}

/** Null where it is not because of this post. */
function readForbidden(reason: string | null): SendOutcome | null {
  switch (reason) {
    case 'not-summoned':
      return { kind: 'not_summoned', reason: 'X lets us answer only who mentions or quotes us' };
    case 'replies-restricted':
      return { kind: 'refused', reason: 'its author lets only some people reply' };
    case 'post-gone':
      return { kind: 'refused', reason: 'the post is deleted, or hidden from us' };
    default:
      return null;
  }
}
