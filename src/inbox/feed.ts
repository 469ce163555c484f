import type { Context } from '../context.ts';
import { crashPoint } from '../crash-points.ts';
import type { ReportId } from '../domain/report.ts';
import { describeFailure } from '../errors.ts';

/** A job of so many reports is filed in one transaction of some twenty milliseconds. */
const maxPerJob = 200;
/** A job costs the queue and the worker the same whether it names one report or a hundred. */
const gatherMs = 20;

export type Feed = (ids: Iterable<ReportId>) => void;

/**
 * Puts what was accepted on the queue, in the background: they are safe already. One that comes alone goes at once; where
 * they come close together, ids gather for a moment, so a busy gateway makes few jobs. What the queue does not take is
 * left to the sweeper.
 */
export function createFeed(
  job: 'intake' | 'messages',
  { enqueue, log }: Pick<Context, 'enqueue' | 'log'>,
): Feed {
  let waiting: ReportId[] = [];
  let feeding = false;

  async function feed(): Promise<void> {
    feeding = true;
    while (waiting.length > 0) {
      const ids = waiting.slice(0, maxPerJob);
      waiting = waiting.slice(maxPerJob);
      try {
        await (job === 'intake' ? enqueue(job, { reportIds: ids }) : enqueue(job, { messageIds: ids }));
        crashPoint('accept:after-enqueue');
      } catch (error) {
        const count = ids.length + waiting.length;
        log.warn({ event: `${job}_not_enqueued`, count, error: describeFailure(error) });
        waiting = [];
      }
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
    }
    feeding = false;
  }

  return (ids) => {
    waiting.push(...ids);
    if (!feeding && waiting.length > 0) void feed();
  };
}
