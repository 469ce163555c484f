import type { Context } from '../../context.ts';
import { listTrackingIds } from '../../db/filings.ts';
import type { Accepted, ReportId } from '../../domain/report.ts';
import { describeFailure } from '../../errors.ts';

/** The tracking ID as soon as the report is filed; null when it is not within `ms`. With 0 it looks once, for repeats only. */
export type WaitForTrackingId = (accepted: Accepted, ms: number) => Promise<string | null>;

const pollEveryMs = 20;

/**
 * All who wait share one query in flight: a thousand of them cost what one costs. PostgreSQL is asked rather than the
 * queue, because it is right also when Redis is away.
 */
export function createWaitForTrackingId(context: Pick<Context, 'db' | 'log'>): WaitForTrackingId {
  type Waiter = { readonly deadline: number; readonly resolve: (trackingId: string | null) => void };
  const waiters = new Map<ReportId, Set<Waiter>>();
  let polling = false;

  async function poll(): Promise<void> {
    polling = true;
    while (waiters.size > 0) {
      const found = await listTrackingIds(context.db, [...waiters.keys()]).catch((error: unknown) => {
        context.log.warn({ event: 'wait_failed', error: describeFailure(error) });
        return new Map<ReportId, string>();
      });
      const now = performance.now();
      for (const [reportId, waiting] of waiters) {
        for (const waiter of waiting) {
          const trackingId = found.get(reportId);
          if (trackingId === undefined && now < waiter.deadline) continue;
          waiting.delete(waiter);
          waiter.resolve(trackingId ?? null);
        }
        if (waiting.size === 0) waiters.delete(reportId);
      }
      if (waiters.size > 0) await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
    }
    polling = false;
  }

  return (accepted, ms) => {
    // A report taken this instant is not filed yet: nobody who does not wait pays for a look.
    if (ms === 0 && !accepted.repeated) return Promise.resolve(null);
    return new Promise((resolve) => {
      const waiting = waiters.get(accepted.reportId) ?? new Set<Waiter>();
      waiters.set(accepted.reportId, waiting.add({ deadline: performance.now() + ms, resolve }));
      if (!polling) void poll();
    });
  };
}
