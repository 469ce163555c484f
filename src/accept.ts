import type { DoorContext } from './context.ts';
import type { Accepted, NewReport } from './domain/report.ts';
import { AppError } from './errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { toInboxEntry } from './inbox/entry.ts';
import type { Inbox } from './inbox/inbox.ts';
import type { Outcome } from './inbox/store.ts';

/**
 * The one door in. Resolves once every report is durable, with their receipts in the same order; only then may anybody be
 * told that the report was taken. Throws `AppError` `unavailable` when it could not be stored; sending it again is then
 * safe, because a message accepted before gets the receipt it was given then.
 */
export type Accept = (reports: readonly NewReport[]) => Promise<readonly Accepted[]>;

/** PostgreSQL takes at most so many reports in one commit: enough to share the fsync, few enough to keep latency low. */
const maxPerCommit = 500;
/** Beyond this many the gateway is overloaded, and says so before its memory grows. */
const maxWaiting = 20_000;
/** And beyond this much of what is to be stored; one message alone always passes. */
const maxWaitingBytes = 32 * 1024 * 1024;

export function createAccept(
  context: Pick<DoorContext, 'seal' | 'blindIndex' | 'clock'>,
  inbox: Inbox,
): Accept {
  const commit = createGroupCommit(inbox.store, {
    maxItems: maxPerCommit,
    maxWriting: 1,
    maxWaiting,
    overflow,
  });
  let waitingBytes = 0;

  async function commitWithinBytes(report: NewReport): Promise<Outcome> {
    // Looked at before it is sealed: refusing must cost less than taking.
    if (waitingBytes > 0 && waitingBytes + report.original.body.length > maxWaitingBytes) throw overflow();
    const entry = toInboxEntry(report, context);
    const size = entry.row.length;
    waitingBytes += size;
    try {
      return await commit(entry);
    } finally {
      waitingBytes -= size;
    }
  }

  return async (reports) => {
    const outcomes = await Promise.all(reports.map(commitWithinBytes));
    return outcomes.map((outcome) => {
      if ('error' in outcome) throw outcome.error;
      return outcome;
    });
  };
}

const overflow = () =>
  new AppError('unavailable', 'too many reports are waiting to be stored; try again shortly');
