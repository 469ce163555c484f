import { hash } from 'node:crypto';
import type { Context } from './context.ts';
import { crashPoint } from './crash-points.ts';
import { isUnavailable } from './db/pool.ts';
import { type InboxEntry, insertReports, listAccepted } from './db/reports.ts';
import { processHalving } from './domain/batches.ts';
import type { Accepted, NewReport, ReportId } from './domain/report.ts';
import { AppError, describeFailure } from './errors.ts';
import { createGroupCommit } from './group-commit.ts';
import { newId, newReceipt } from './ids.ts';

/**
 * The one door in. Resolves once every report is durable in PostgreSQL, with their receipts in the same order; only
 * then may anybody be told that the report was taken. Throws `AppError` `unavailable` when it could not be stored;
 * sending it again is then safe, because a message accepted before gets the receipt it was given then.
 */
export type Accept = (reports: readonly NewReport[]) => Promise<readonly Accepted[]>;

/** A job that did not reach the queue is put there by the sweeper this long after the report was accepted. */
export const sweepAfterMs = 15_000;

/** PostgreSQL takes at most so many reports in one commit: enough to share the fsync, few enough to keep latency low. */
const maxPerCommit = 500;
/** Beyond this many the gateway is overloaded, and says so before its memory grows. */
const maxWaiting = 20_000;
/** And beyond this much of what was sent; one message alone always passes. */
const maxWaitingBytes = 32 * 1024 * 1024;

export function createAccept(context: Pick<Context, 'db' | 'enqueue' | 'clock' | 'log'>): Accept {
  const parts: StoreParts = { ...context, feedIntake: createIntakeFeed(context) };
  const commit = createGroupCommit((entries: readonly InboxEntry[]) => store(parts, entries), {
    maxItems: maxPerCommit,
    maxWriting: 1,
    maxWaiting,
    overflow,
  });
  let waitingBytes = 0;

  async function commitWithinBytes(report: NewReport): Promise<Outcome> {
    const size = report.original.body.length;
    if (waitingBytes > 0 && waitingBytes + size > maxWaitingBytes) throw overflow();
    waitingBytes += size;
    try {
      return await commit(toEntry(report));
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

/** One bad entry must not cost its neighbours in the commit their acceptance, so errors are told per entry. */
type Outcome = Accepted | { readonly error: unknown };

type StoreParts = Pick<Context, 'db' | 'clock' | 'log'> & {
  readonly feedIntake: ReturnType<typeof createIntakeFeed>;
};

async function store(parts: StoreParts, entries: readonly InboxEntry[]): Promise<readonly Outcome[]> {
  const outcomes = new Map<ReportId, Outcome>();
  try {
    await processHalving(
      // One order for all: two commits with the same external ids wait for each other and never in a circle.
      entries.toSorted((a, b) => (a.report.externalId < b.report.externalId ? -1 : 1)),
      async (part) => {
        for (const accepted of await insert(parts, part)) outcomes.set(accepted.entryId, accepted);
      },
      async (entry, error) => {
        parts.log.error({
          event: 'report_not_storable',
          channel: entry.report.channel,
          error: describeFailure(error),
        });
        outcomes.set(entry.id, { error });
      },
      isUnavailable,
    );
  } catch (cause) {
    // The spool takes over here: a sealed report on local disk while PostgreSQL is away (issue 3).
    const error = new AppError('unavailable', 'reports cannot be stored for the moment', { cause });
    return entries.map((entry) => outcomes.get(entry.id) ?? { error });
  }
  return entries.map((entry) => outcomes.get(entry.id) ?? { error: new Error('entry was not stored') });
}

async function insert(
  { db, clock, feedIntake }: StoreParts,
  entries: readonly InboxEntry[],
): Promise<readonly (Accepted & { readonly entryId: ReportId })[]> {
  const enqueueAfter = new Date(clock().getTime() + sweepAfterMs);
  crashPoint('accept:before-commit');
  const stored = await insertReports(db, entries, enqueueAfter);
  crashPoint('accept:after-commit');
  feedIntake(stored);
  const repeats = entries.filter((entry) => !stored.has(entry.id));
  const known = repeats.length === 0 ? [] : await listAccepted(db, repeats);

  const repeatOf = new Map(repeats.map((entry, index) => [entry.id, known[index]]));
  return entries.map((entry) => {
    const fresh = { reportId: entry.id, receipt: entry.receipt, repeated: false, sameContent: true };
    return { ...(repeatOf.get(entry.id) ?? fresh), entryId: entry.id };
  });
}

/** A job that long is filed in one transaction of some twenty milliseconds. */
const maxPerJob = 200;
/** A job costs the queue and the worker the same whether it names one report or a hundred. */
const gatherMs = 20;

/**
 * Puts accepted reports on the queue, in the background: they are safe already. One that comes alone goes at once; where
 * they come close together, ids gather for a moment, so a busy gateway makes few jobs. What the queue does not take is
 * left to the sweeper.
 */
function createIntakeFeed(
  context: Pick<Context, 'enqueue' | 'log'>,
): (reportIds: Iterable<ReportId>) => void {
  let waiting: ReportId[] = [];
  let feeding = false;

  async function feed(): Promise<void> {
    feeding = true;
    while (waiting.length > 0) {
      const reportIds = waiting.slice(0, maxPerJob);
      waiting = waiting.slice(maxPerJob);
      try {
        await context.enqueue('intake', { reportIds });
        crashPoint('accept:after-enqueue');
      } catch (error) {
        const count = reportIds.length + waiting.length;
        context.log.warn({ event: 'intake_not_enqueued', count, error: describeFailure(error) });
        waiting = [];
      }
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
    }
    feeding = false;
  }

  return (reportIds) => {
    waiting.push(...reportIds);
    if (!feeding) void feed();
  };
}

function toEntry(report: NewReport): InboxEntry {
  return {
    id: newId<ReportId>(),
    receipt: newReceipt(),
    contentHash: hash('sha256', report.original.body, 'buffer'),
    report,
  };
}
