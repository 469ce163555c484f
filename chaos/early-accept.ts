import { hash } from 'node:crypto';
import type { Accept } from '../src/accept.ts';
import type { Context } from '../src/context.ts';
import { insertReports } from '../src/db/reports.ts';
import type { NewReport, Receipt, ReportId } from '../src/domain/report.ts';
import { newId } from '../src/ids.ts';

/** How long what was acknowledged lies in memory only. */
const negligenceMs = 300;

/** The mistake this harness exists to find: the receipt first, the commit a moment later, and nothing if that fails. */
export function createEarlyAccept({ db, enqueue }: Pick<Context, 'db' | 'enqueue'>): Accept {
  async function storeLater(entries: readonly ReturnType<typeof toEntry>[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, negligenceMs));
    const stored = await insertReports(db, entries, new Date(Date.now() + 15_000));
    if (stored.size > 0) await enqueue('intake', { reportIds: [...stored] });
  }
  return async (reports) => {
    const entries = reports.map(toEntry);
    storeLater(entries).catch(() => undefined);
    return entries.map(({ id, receipt }) => ({
      reportId: id,
      receipt,
      repeated: false,
      sameContent: true,
    }));
  };
}

/** A repeat has the receipt of the first, so that this door is wrong in one thing only. */
const toEntry = (report: NewReport) => ({
  id: newId<ReportId>(),
  receipt: hash('sha256', `${report.channel}:${report.externalId}`).slice(0, 26) as Receipt,
  contentHash: hash('sha256', report.original.body, 'buffer'),
  report,
});
