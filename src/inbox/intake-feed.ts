import type { Context } from '../context.ts';
import { crashPoint } from '../crash-points.ts';
import type { ReportId } from '../domain/report.ts';
import { describeFailure } from '../errors.ts';

/** A job that long is filed in one transaction of some twenty milliseconds. */
const maxPerJob = 200;
/** A job costs the queue and the worker the same whether it names one report or a hundred. */
const gatherMs = 20;

export type IntakeFeed = (reportIds: Iterable<ReportId>) => void;

/**
 * Puts accepted reports on the queue, in the background: they are safe already. One that comes alone goes at once; where
 * they come close together, ids gather for a moment, so a busy gateway makes few jobs. What the queue does not take is
 * left to the sweeper.
 */
export function createIntakeFeed({ enqueue, log }: Pick<Context, 'enqueue' | 'log'>): IntakeFeed {
  let waiting: ReportId[] = [];
  let feeding = false;

  async function feed(): Promise<void> {
    feeding = true;
    while (waiting.length > 0) {
      const reportIds = waiting.slice(0, maxPerJob);
      waiting = waiting.slice(maxPerJob);
      try {
        await enqueue('intake', { reportIds });
        crashPoint('accept:after-enqueue');
      } catch (error) {
        const count = reportIds.length + waiting.length;
        log.warn({ event: 'intake_not_enqueued', count, error: describeFailure(error) });
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
