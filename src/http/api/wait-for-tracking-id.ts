import type { Context } from '../../context.ts';
import { listTrackingIds } from '../../db/filings.ts';
import type { Accepted, ReportId } from '../../domain/report.ts';
import { describeFailure } from '../../errors.ts';

/** The tracking ID as soon as the report is filed; null when it is not within `ms`. With 0 it looks once, for repeats only. */
export type WaitForTrackingId = (accepted: Accepted, ms: number) => Promise<string | null>;

const pollEveryMs = 20;
/** How long a repeat that does not wait may take to be looked up. */
const lookOnceMs = 500;

/**
 * All who wait share one query in flight: a thousand of them cost what one costs. PostgreSQL is asked rather than the
 * queue, because it is right also when Redis is away.
 */
export function createWaitForTrackingId(context: Pick<Context, 'db' | 'log'>): WaitForTrackingId {
  type Waiter = { readonly resolve: (trackingId: string | null) => void };
  const waiters = new Map<ReportId, Set<Waiter>>();
  let polling = false;

  async function poll(): Promise<void> {
    polling = true;
    while (waiters.size > 0) {
      const found = await listTrackingIds(context.db, [...waiters.keys()]).catch((error: unknown) => {
        context.log.warn({ event: 'wait_failed', error: describeFailure(error) });
        return null;
      });
      for (const [reportId, trackingId] of found ?? []) {
        for (const waiter of waiters.get(reportId) ?? []) waiter.resolve(trackingId);
        waiters.delete(reportId);
      }
      // many who wait, or an outage, make it look less often
      const pauseMs = found === null ? 1_000 : pollEveryMs + waiters.size / 20;
      if (waiters.size > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    polling = false;
  }

  return (accepted, ms) => {
    // A report taken this instant is not filed yet: nobody who does not wait pays for a look.
    if (ms === 0 && !accepted.repeated) return Promise.resolve(null);
    return new Promise((resolve) => {
      const waiting = waiters.get(accepted.reportId) ?? new Set<Waiter>();
      const waiter = { resolve };
      waiters.set(accepted.reportId, waiting.add(waiter));
      // A clock of its own: a database that does not answer must not hold back a receipt.
      const giveUp = () => {
        waiting.delete(waiter);
        if (waiting.size === 0 && waiters.get(accepted.reportId) === waiting)
          waiters.delete(accepted.reportId);
        resolve(null);
      };
      setTimeout(giveUp, Math.max(ms, lookOnceMs)).unref();
      if (!polling) void poll();
    });
  };
}
