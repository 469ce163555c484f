import type { Context } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import { describeFailure } from '../src/errors.ts';
import type { JobName, Payload } from '../src/queue/jobs.ts';
import type { Done } from './answer-message.ts';

/** What a message puts on the queue when it is done. */
export type Next = Pick<Done, 'reportIds' | 'deliveryIds' | 'notificationIds'>;

export const nothingNext: Next = { reportIds: [], deliveryIds: [], notificationIds: [] };

export const mergeNext = (all: readonly Next[]): Next => ({
  reportIds: all.flatMap(({ reportIds }) => reportIds),
  deliveryIds: all.flatMap(({ deliveryIds }) => deliveryIds),
  notificationIds: all.flatMap(({ notificationIds }) => notificationIds),
});

/** Never awaited: what is to be done are rows already, and the sweeper makes up for a queue that is away. */
export function enqueueNext(
  { enqueue, log }: Pick<Context, 'enqueue' | 'log'>,
  { reportIds, deliveryIds, notificationIds }: Next,
): void {
  const put = <Name extends JobName>(job: Name, payload: Payload<Name>) =>
    enqueue(job, payload).then(
      () => crashPoint('messages:after-enqueue'),
      (error: unknown) => log.warn({ event: `${job}_not_enqueued`, error: describeFailure(error) }),
    );
  if (reportIds.length > 0) void put('intake', { reportIds: [...reportIds] });
  if (deliveryIds.length > 0) void put('deliver', { deliveryIds: [...deliveryIds] });
  if (notificationIds.length > 0) void put('notify', { notificationIds: [...notificationIds] });
}
