import type { Context } from '../../context.ts';
import { listProgress } from '../../db/progress.ts';
import type { ProgressRecord } from '../../domain/progress.ts';
import type { ReportId } from '../../domain/report.ts';
import { describeFailure } from '../../errors.ts';

/** Tells how far a report is, each time somebody has looked; the answer ends it. */
export type WatchProgress = (reportId: ReportId, tell: (record: ProgressRecord) => void) => () => void;

const lookEveryMs = 1_000;
/** PostgreSQL is away: nobody gains by asking it more often. */
const lookAgainMs = 5_000;

/** All who watch share one query in flight: hundreds of them cost what one costs, and nobody who watches costs nothing. */
export function createWatchProgress(context: Pick<Context, 'db' | 'log'>): WatchProgress {
  const watchers = new Map<ReportId, Set<(record: ProgressRecord) => void>>();
  let looking = false;
  let away = false;

  async function look(): Promise<void> {
    looking = true;
    while (watchers.size > 0) {
      const records = await listProgress(context.db, [...watchers.keys()]).catch((error: unknown) => {
        if (!away) context.log.warn({ event: 'watch_failed', error: describeFailure(error) });
        return null;
      });
      away = records === null;
      for (const record of records ?? []) {
        for (const tell of watchers.get(record.reportId) ?? []) tell(record);
      }
      await new Promise((resolve) => setTimeout(resolve, away ? lookAgainMs : lookEveryMs).unref());
    }
    looking = false;
  }

  return (reportId, tell) => {
    const those = watchers.get(reportId) ?? new Set();
    watchers.set(reportId, those.add(tell));
    if (!looking) void look();
    return () => {
      those.delete(tell);
      if (those.size === 0 && watchers.get(reportId) === those) watchers.delete(reportId);
    };
  };
}
