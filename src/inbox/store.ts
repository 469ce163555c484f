import type { Context } from '../context.ts';
import { crashPoint } from '../crash-points.ts';
import { insertMessages, listAcceptedMessages } from '../db/messages.ts';
import { isUnavailable } from '../db/pool.ts';
import { type InboxEntry, insertReports, listAccepted } from '../db/reports.ts';
import { processHalving } from '../domain/batches.ts';
import type { Accepted, ReportId } from '../domain/report.ts';
import { describeFailure } from '../errors.ts';
import type { Feed } from './feed.ts';

/** One bad entry must not cost its neighbours in the commit their acceptance, so errors are told per entry. */
export type Outcome = Accepted | { readonly error: unknown };

/** A job that did not reach the queue is put there by the sweeper this long after the report was accepted. */
export const sweepAfterMs = 15_000;

export type StoreParts = Pick<Context, 'db' | 'clock' | 'log'> & {
  /** Puts what was stored on the queue, each kind on its own. */
  readonly feeds: { readonly [Table in InboxEntry['table']]: Feed };
};

const statements = {
  reports: { insert: insertReports, listAccepted },
  messages: { insert: insertMessages, listAccepted: listAcceptedMessages },
} as const;

/**
 * Commits the entries to PostgreSQL and puts them on the queue; what became of each, in their order. Throws what
 * `isUnavailable` knows where PostgreSQL is away: then any of them may or may not be stored.
 */
export async function storeEntries(
  parts: StoreParts,
  entries: readonly InboxEntry[],
): Promise<readonly Outcome[]> {
  const outcomes = new Map<ReportId, Outcome>();
  // Nearly always there are only reports.
  for (const table of ['reports', 'messages'] as const) {
    await processHalving(
      // One order for all: two commits with the same external ids wait for each other and never in a circle.
      entries
        .filter((entry) => entry.table === table)
        .toSorted((a, b) => compare(a.externalId ?? '', b.externalId ?? '')),
      async (part) => {
        for (const [id, accepted] of await commit(parts, table, part)) outcomes.set(id, accepted);
      },
      async (entry, error) => {
        const { channel } = entry;
        parts.log.error({ event: 'report_not_storable', channel, error: describeFailure(error) });
        outcomes.set(entry.id, { error });
      },
      isUnavailable,
    );
  }
  return entries.map((entry) => outcomes.get(entry.id) ?? { error: new Error('entry was not stored') });
}

async function commit(
  { db, clock, feeds }: StoreParts,
  table: InboxEntry['table'],
  entries: readonly InboxEntry[],
): Promise<ReadonlyMap<ReportId, Accepted>> {
  const enqueueAfter = new Date(clock().getTime() + sweepAfterMs);
  crashPoint('accept:before-commit');
  const stored = await statements[table].insert(db, entries, enqueueAfter);
  crashPoint('accept:after-commit');
  feeds[table](stored);
  const repeats = entries.filter((entry) => !stored.has(entry.id));
  const known = repeats.length === 0 ? none : await statements[table].listAccepted(db, repeats);
  return new Map(
    entries.flatMap(({ id, receipt }) => {
      const fresh = { reportId: id, receipt, repeated: false, sameContent: true };
      const accepted = stored.has(id) ? fresh : known.get(id);
      return accepted === undefined ? [] : [[id, accepted] as const];
    }),
  );
}

const none: ReadonlyMap<ReportId, Accepted> = new Map();
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
