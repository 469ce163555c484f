import type { Context } from '../context.ts';
import { crashPoint } from '../crash-points.ts';
import { type Bundle, insertBundle } from '../db/bundles.ts';
import { sweepAfterMs } from '../db/inbox.ts';
import { insertMessages, listAcceptedMessages } from '../db/messages.ts';
import { isUnavailable } from '../db/pool.ts';
import { type InboxEntry, insertReports, listAccepted } from '../db/reports.ts';
import { processHalving } from '../domain/batches.ts';
import { after } from '../domain/moment.ts';
import type { Accepted, ReportId } from '../domain/report.ts';
import { describeFailure } from '../errors.ts';
import type { ReportNames } from './entry.ts';
import type { Feed } from './feed.ts';

/** What is stored at once: a report or message by itself, or many reports under one seal. */
export type Storable = InboxEntry | Bundle;

/** One bad entry must not cost its neighbours in the commit their acceptance, so errors are told for each. */
export type Outcome = Accepted | { readonly error: unknown };

export type StoreParts = Pick<Context, 'db' | 'clock' | 'log'> & {
  /** Puts what was stored on the queue, each kind on its own. */
  readonly feeds: { readonly [Table in Storable['table']]: Feed };
};

const statements = {
  reports: { insert: insertReports, listAccepted },
  messages: { insert: insertMessages, listAccepted: listAcceptedMessages },
} as const;

/**
 * Commits all to PostgreSQL and puts it on the queue; what became of each report and message, in their order. Throws what
 * `isUnavailable` knows where PostgreSQL is away: then any of them may or may not be stored.
 */
export async function storeEntries(
  parts: StoreParts,
  storables: readonly Storable[],
): Promise<readonly Outcome[]> {
  const outcomes = new Map<ReportId, Outcome>();
  const bundles = storables.filter((storable) => storable.table === 'bundles');
  const entries = storables.filter((storable) => storable.table !== 'bundles');
  for (const bundle of bundles) await storeBundle(parts, bundle, outcomes);
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
        parts.log.error({
          event: 'report_not_storable',
          channel: entry.channel,
          error: describeFailure(error),
        });
        outcomes.set(entry.id, { error });
      },
      isUnavailable,
    );
  }
  return storables
    .flatMap(listReports)
    .map(({ id }) => outcomes.get(id) ?? { error: new Error('entry was not stored') });
}

/** What somebody waits for a receipt for. */
export const listReports = (storable: Storable): readonly ReportNames[] =>
  storable.table === 'bundles' ? storable.reports : [storable];

/** Nothing that anybody wrote is looked at: whatever keeps it from being stored has nothing to do with what is in it. */
async function storeBundle(
  { db, clock, feeds, log }: StoreParts,
  bundle: Bundle,
  outcomes: Map<ReportId, Outcome>,
): Promise<void> {
  try {
    crashPoint('accept:before-commit');
    await insertBundle(db, bundle, after(clock(), sweepAfterMs));
    crashPoint('accept:after-commit');
    feeds.bundles([{ id: bundle.id, size: bundle.reports.length }]);
    for (const names of bundle.reports) outcomes.set(names.id, acceptedNow(names));
  } catch (error) {
    if (isUnavailable(error)) throw error;
    log.error({ event: 'bundle_not_storable', error: describeFailure(error) });
    for (const { id } of bundle.reports) outcomes.set(id, { error });
  }
}

/** What its sender is told of a report that is stored for the first time. */
export const acceptedNow = ({ id, receipt }: ReportNames): Accepted => ({
  reportId: id,
  receipt,
  repeated: false,
  sameContent: true,
});

async function commit(
  { db, clock, feeds }: StoreParts,
  table: InboxEntry['table'],
  entries: readonly InboxEntry[],
): Promise<ReadonlyMap<ReportId, Accepted>> {
  const enqueueAfter = after(clock(), sweepAfterMs);
  crashPoint('accept:before-commit');
  const stored = await statements[table].insert(db, entries, enqueueAfter);
  crashPoint('accept:after-commit');
  feeds[table]([...stored].map((id) => ({ id, size: 1 })));
  const repeats = entries.filter((entry) => !stored.has(entry.id));
  const known = repeats.length === 0 ? none : await statements[table].listAccepted(db, repeats);
  return new Map(
    entries.flatMap((entry) => {
      const accepted = stored.has(entry.id) ? acceptedNow(entry) : known.get(entry.id);
      return accepted === undefined ? [] : [[entry.id, accepted] as const];
    }),
  );
}

const none: ReadonlyMap<ReportId, Accepted> = new Map();
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
