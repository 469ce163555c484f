import type { WorkerContext } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import { insertBundle, setBundleAside, takeBundles } from '../src/db/bundles.ts';
import { sweepAfterMs } from '../src/db/inbox.ts';
import { type Db, isUnavailable, transaction } from '../src/db/pool.ts';
import { insertReports } from '../src/db/reports.ts';
import { processHalving, splitBySize } from '../src/domain/batches.ts';
import { after } from '../src/domain/moment.ts';
import type { ReportId } from '../src/domain/report.ts';
import { AppError, describeFailure } from '../src/errors.ts';
import { openBundle, type PackedReport, sealBundle } from '../src/inbox/bundle.ts';
import { indexReport, toReportEntry } from '../src/inbox/entry.ts';
import type { Seal } from '../src/sealing/seal.ts';

export type UnpackContext = Pick<WorkerContext, 'db' | 'open' | 'sealAgain' | 'blindIndex' | 'clock' | 'log'>;

/**
 * Makes of each report in the bundles a report of its own in the inbox, masked and sealed for whom it is meant; their
 * ids. A bundle is there or its reports are, never both and never neither, so a job may come twice. A report that cannot
 * be stored is set aside in a bundle of its own, under its id, with the error; a bundle that does not open, likewise.
 */
export async function unpackBundles(
  context: UnpackContext,
  bundleIds: readonly string[],
): Promise<readonly ReportId[]> {
  const unpacked: ReportId[] = [];
  await processHalving(
    bundleIds,
    async (ids) => {
      unpacked.push(...(await transaction(context.db, (db) => unpack(context, db, ids))));
      crashPoint('unpack:after-commit');
    },
    async (id, error) => {
      if (error instanceof Unopenable) await setAside(context, id, error);
      else unpacked.push(...(await transaction(context.db, (db) => unpackEach(context, db, id))));
    },
    isNoFaultOfBundle,
  );
  return unpacked;
}

/** Some tens of milliseconds of PostgreSQL: far from what a statement may take. */
const maxBytesPerStatement = 4 * 1024 * 1024;

const isNoFaultOfBundle = (error: unknown): boolean =>
  isUnavailable(error) || (error instanceof AppError && error.code === 'config');

async function unpack(context: UnpackContext, db: Db, ids: readonly string[]): Promise<readonly ReportId[]> {
  const taken = await takeBundles(db, ids);
  const opened = await Promise.all(taken.map((bundle) => openTaken(context, bundle)));
  const entries = opened.flatMap(({ packed, seal }) =>
    packed.map((report) => toEntry(context, report, seal)),
  );
  if (entries.length === 0) return [];
  for (const part of splitBySize(entries, ({ row }) => row.length, maxBytesPerStatement)) {
    await insertReports(db, part, after(context.clock(), sweepAfterMs));
  }
  crashPoint('unpack:before-commit');
  return entries.map(({ id }) => id);
}

/** The same of one bundle, in which something is that cannot be stored: that is set aside, and the others go through. */
async function unpackEach(context: UnpackContext, db: Db, id: string): Promise<readonly ReportId[]> {
  const unpacked: ReportId[] = [];
  for (const bundle of await takeBundles(db, [id])) {
    const { packed, seal } = await openTaken(context, bundle);
    for (const report of packed) {
      await db.query('savepoint one');
      try {
        await insertReports(db, [toEntry(context, report, seal)], after(context.clock(), sweepAfterMs));
        unpacked.push(report.id);
      } catch (error) {
        if (isNoFaultOfBundle(error)) throw error;
        await db.query('rollback to savepoint one');
        const now = context.clock();
        context.log.error({
          event: 'report_quarantined',
          reportId: report.id,
          error: describeFailure(error),
        });
        await insertBundle(db, sealBundle([report], report.id, seal), now, {
          at: now,
          error: describeFailure(error),
        });
      }
    }
  }
  return unpacked;
}

const toEntry = ({ blindIndex }: UnpackContext, { report, id, receipt }: PackedReport, seal: Seal) =>
  toReportEntry(report, indexReport(report, blindIndex), seal, { id, receipt });

async function openTaken(
  { open, sealAgain }: UnpackContext,
  bundle: Awaited<ReturnType<typeof takeBundles>>[number],
): Promise<{ readonly packed: readonly PackedReport[]; readonly seal: Seal }> {
  const packed = await openBundle(open, bundle);
  if (packed === null)
    throw new Unopenable('it does not open: sealed for a key that was given up, or damaged');
  return { packed, seal: await sealAgain(bundle.sealed.keyId) };
}

class Unopenable extends Error {
  override readonly name = 'Unopenable';
}

async function setAside({ db, log }: UnpackContext, id: string, error: Unopenable): Promise<void> {
  log.error({ event: 'bundle_set_aside', bundleId: id, error: error.message });
  await setBundleAside(db, id, error.message);
}
