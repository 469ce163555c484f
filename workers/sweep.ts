import type { Context } from '../src/context.ts';
import { listRoutedAdditions } from '../src/db/additions.ts';
import { insertAdditionDelivery, listDueDeliveries, wakeWaitingDeliveries } from '../src/db/deliveries.ts';
import { listPostsDue } from '../src/db/gone-posts.ts';
import { listOverdueBundles, listOverdueReports } from '../src/db/inbox.ts';
import { listDueMessages } from '../src/db/messages.ts';
import { listDueNotifications } from '../src/db/notifications.ts';
import { splitBySize } from '../src/domain/batches.ts';
import { looksForGonePosts } from '../src/domain/post.ts';
import type { DeliveryId } from '../src/domain/report.ts';
import { describeFailure } from '../src/errors.ts';
import { newId } from '../src/ids.ts';

type SweepContext = Pick<Context, 'config' | 'db' | 'enqueue' | 'clock'>;

/**
 * Puts on the queue what PostgreSQL says is due and the queue has not done: reports and bundles of them whose job never
 * arrived or was lost with Redis, messages likewise or whose other parts did not come in time, deliveries and notifications whose next
 * attempt has come or was abandoned, posts of which it is time to look whether they are still there. What was added to a report before any agency had it is handed over from here as well.
 * Driven by a timer and not by the queue, so that a Redis that lost everything is filled again from here.
 */
export async function sweep({ config, db, enqueue, clock }: SweepContext): Promise<void> {
  const now = clock();
  await enqueueInBatches(await listOverdueReports(db, now, mostPerTurn), (reportIds) =>
    enqueue('intake', { reportIds }),
  );
  for (const bundles of splitBySize(
    await listOverdueBundles(db, now, mostPerTurn),
    ({ size }) => size,
    batch,
  )) {
    await enqueue('intake', { bundleIds: bundles.map(({ id }) => id) });
  }
  const longestWait = (Math.max(config.smsPartsWaitMinutes, config.twitter.threadMinutes) + 1) * 60_000;
  await enqueueInBatches(await listDueMessages(db, now, longestWait, mostPerTurn), (messageIds) =>
    enqueue('messages', { messageIds }),
  );
  await wakeWaitingDeliveries(db, now, batch);
  await enqueueInBatches(await handOverAdditions(db, now), (deliveryIds) =>
    enqueue('deliver', { deliveryIds }),
  );
  await enqueueInBatches(await listDueDeliveries(db, now, mostPerTurn), (deliveryIds) =>
    enqueue('deliver', { deliveryIds }),
  );
  await enqueueInBatches(await listDueNotifications(db, now, mostPerTurn), (notificationIds) =>
    enqueue('notify', { notificationIds }),
  );
  if (looksForGonePosts(config.twitter)) {
    const reportIds = [...(await listPostsDue(db, now, mostPerTurn))];
    if (reportIds.length > 0) await enqueue('withdraw', { reportIds });
  }
}

/** A backlog stays in PostgreSQL and trickles onto the queue, so that an hour's outage does not flood it at once. */
const mostPerTurn = 1_000;
const batch = 200;

async function handOverAdditions(db: SweepContext['db'], now: Date): Promise<readonly DeliveryId[]> {
  const pending: DeliveryId[] = [];
  for (const addition of await listRoutedAdditions(db, batch)) {
    const id = await insertAdditionDelivery(db, { id: newId<DeliveryId>(), ...addition }, now);
    if (id !== null) pending.push(id);
  }
  return pending;
}

async function enqueueInBatches<Id>(
  ids: readonly Id[],
  enqueue: (batch: Id[]) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < ids.length; start += batch) await enqueue(ids.slice(start, start + batch));
}

/** Sweeps once a second until stopped; an outage of either side is logged and the next turn tries again. */
export function startSweeping(context: SweepContext & Pick<Context, 'log'>): {
  readonly stop: () => Promise<void>;
} {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const turn = () => {
    running = sweep(context)
      .catch((error: unknown) => {
        context.log.warn({ event: 'sweep_failed', error: describeFailure(error) });
      })
      .then(() => {
        if (!stopped) timer = setTimeout(turn, 1_000);
      });
  };
  turn();

  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
