import type { Context } from '../context.ts';
import { crashPoint } from '../crash-points.ts';
import { splitBySize } from '../domain/batches.ts';
import { describeFailure } from '../errors.ts';
import type { JobName } from '../queue/jobs.ts';

/** A job of so many reports is filed in one transaction of some twenty milliseconds. */
const maxPerJob = 200;
/** A job costs the queue and the worker the same whether it names one report or a hundred. */
const gatherMs = 20;

/** What a job is to name, and how many reports that is. */
export type Fed = { readonly id: string; readonly size: number };

export type Feed = (fed: Iterable<Fed>) => void;

/**
 * Puts what was accepted on the queue, in the background: it is safe already. What comes alone goes at once; where much
 * comes close together, ids gather for a moment, so a busy gateway makes few jobs. What the queue does not take is left
 * to the sweeper.
 */
export function createFeed(
  job: JobName,
  enqueue: (ids: string[]) => Promise<void>,
  log: Context['log'],
): Feed {
  let waiting: Fed[] = [];
  let feeding = false;

  async function feed(): Promise<void> {
    feeding = true;
    while (waiting.length > 0) {
      const [those = []] = splitBySize(waiting, ({ size }) => size, maxPerJob);
      waiting = waiting.slice(those.length);
      try {
        await enqueue(those.map(({ id }) => id));
        crashPoint('accept:after-enqueue');
      } catch (error) {
        const count = sum(those) + sum(waiting);
        log.warn({ event: `${job}_not_enqueued`, count, error: describeFailure(error) });
        waiting = [];
      }
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
    }
    feeding = false;
  }

  return (fed) => {
    waiting.push(...fed);
    if (!feeding && waiting.length > 0) void feed();
  };
}

const sum = (fed: readonly Fed[]): number => fed.reduce((total, { size }) => total + size, 0);
