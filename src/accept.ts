import type { DoorContext } from './context.ts';
import type { InboxEntry } from './db/reports.ts';
import type { Inbound } from './domain/message.ts';
import type { Accepted, NewReport } from './domain/report.ts';
import { AppError } from './errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { mayBeBundled, toBundles } from './inbox/bundle.ts';
import { toInboxEntry } from './inbox/entry.ts';
import type { Inbox } from './inbox/inbox.ts';
import type { Outcome } from './inbox/store.ts';

/**
 * The one door in. Resolves once every report and message is durable, with their receipts in the same order; only then may
 * anybody be told that it was taken. Throws `AppError` `unavailable` when it could not be stored; sending it again is then
 * safe, because a message accepted before gets the receipt it was given then.
 */
export type Accept = (inbound: readonly Inbound[]) => Promise<readonly Accepted[]>;

/** PostgreSQL takes at most so many reports in one commit: enough to share the fsync, few enough to keep latency low. */
const maxPerCommit = 500;
/** Beyond this many the gateway is overloaded, and says so before its memory grows. */
const maxWaiting = 20_000;
/** And once so much of what the channels got is waiting to be stored. */
const maxWaitingBytes = 24 * 1024 * 1024;

/** What is stored by itself, and what is bundled with others of its commit. */
type Waiting = InboxEntry | NewReport;

const isBundled = (waiting: Waiting): waiting is NewReport => !('table' in waiting);

export function createAccept(
  context: Pick<DoorContext, 'seal' | 'blindIndex' | 'clock'>,
  inbox: Pick<Inbox, 'store'>,
): Accept {
  const commit = createGroupCommit(store, {
    maxItems: maxPerCommit,
    maxWriting: 1,
    maxWaiting,
    overflow,
  });
  let waitingBytes = 0;

  async function store(those: readonly Waiting[]): Promise<readonly Outcome[]> {
    const reports = those.filter(isBundled);
    const entries = those.filter((waiting): waiting is InboxEntry => !isBundled(waiting));
    const outcomes = await inbox.store([...entries, ...toBundles(reports, context)]);
    let nextEntry = 0;
    let nextReport = entries.length;
    return those.map((waiting) => outcomes[isBundled(waiting) ? nextReport++ : nextEntry++] as Outcome);
  }

  return async (inbound) => {
    // Before anything is sealed, because refusing must cost less than taking; and whatever the size of this request, so
    // that a large one gets in as soon as there is any room.
    if (waitingBytes > maxWaitingBytes) throw overflow();
    const those = inbound.map((each) => (mayBeBundled(each) ? each : toInboxEntry(each, context)));
    const bytes = inbound.reduce((total, { original }) => total + original.body.length, 0);
    waitingBytes += bytes;
    try {
      return (await Promise.all(those.map(commit))).map((outcome) => {
        if ('error' in outcome) throw outcome.error;
        return outcome;
      });
    } finally {
      waitingBytes -= bytes;
    }
  };
}

const overflow = () =>
  new AppError('unavailable', 'too many reports are waiting to be stored; try again shortly');
