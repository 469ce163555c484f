import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingMessage } from '../channels/channel.ts';
import type { WorkerContext } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import {
  beginSending,
  findDueNotifications,
  type Notification,
  recordSend,
  takeAbandoned,
} from '../src/db/notifications.ts';
import { isUnavailable } from '../src/db/pool.ts';
import { after } from '../src/domain/moment.ts';
import {
  notificationText,
  type SendOutcome,
  type SendSettlement,
  settleSend,
} from '../src/domain/notification.ts';
import { createLanes } from '../src/outbound/lanes.ts';
import type { Handlers } from '../src/queue/jobs.ts';

/** Messages under way at once in this process, and of them by one channel. */
const lanes = { total: 32, perLane: 8 } as const;

/** A job begins to send for this long and leaves the rest as it is, so that one slow provider cannot hold it. */
const startWithinMs = 10_000;

/**
 * Past its lease an attempt counts as abandoned. A worker that wakes up late, with less left than the longest call
 * takes (17 s), does not make the call any more: somebody else may be looking into it by the time it comes back.
 */
const leaseMs = 60_000;
const longestCallMs = 20_000;

/** Pauses between tries to record an outcome while PostgreSQL is away. */
const recordAgainMs = [250, 1_000, 2_000, 4_000, 8_000] as const;

const events = {
  sent: 'notification_sent',
  retry: 'notification_retry',
  refused: 'notification_refused',
  parked: 'notification_parked',
} as const;

type Nobody = 'no contact' | 'the sealed contact does not open';

type NotifyContext = Pick<
  WorkerContext,
  'db' | 'clock' | 'log' | 'channels' | 'call' | 'revealIdentity' | 'countNotification'
>;

/**
 * Makes the handler of `notify` jobs: one attempt for each message of the list that is due, and a look into those that
 * somebody began to send and never settled. Nothing is sent twice by itself: an attempt is on record before the provider
 * is called, and what may have been sent is reconciled where the provider can be asked, else parked for staff.
 */
export function createNotify(context: NotifyContext): Handlers['notify'] {
  const { db, clock, log, channels, call, revealIdentity, countNotification } = context;
  const inLane = createLanes(lanes);

  return async ({ notificationIds }) => {
    const now = clock();
    const startBy = after(now, startWithinMs);
    const due = await findDueNotifications(db, notificationIds, now);
    const abandoned = await takeAbandoned(db, notificationIds, now, after(now, leaseMs));
    const inTime = (notification: Notification, work: (notification: Notification) => Promise<void>) =>
      inLane(notification.channel, async () => {
        if (clock() <= startBy) await work(notification);
      });
    const results = await Promise.allSettled([
      ...due.map((notification) => inTime(notification, attempt)),
      ...abandoned.map((notification) => inTime(notification, lookInto)),
    ]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  };

  async function attempt(notification: Notification): Promise<void> {
    const channel = channels.find(({ name }) => name === notification.channel);
    if (channel?.send === undefined)
      return record(notification, park('not sent: the channel cannot send any more'));
    const message = await compose(notification);
    if (typeof message === 'string') return settle(notification, { kind: 'refused', reason: message });

    const leaseUntil = after(clock(), leaseMs);
    const begun = await beginSending(db, notification, leaseUntil);
    if (begun === null) return;
    if (after(clock(), longestCallMs) > leaseUntil) {
      return settle(begun, { kind: 'retry', reason: 'not sent: the worker was held up', retryAfter: null });
    }
    crashPoint('notify:before-send');
    const outcome = await channel.send(message, call);
    crashPoint('notify:after-send');
    // The provider needs a moment to know it, too: it is asked when the lease has run out.
    if (outcome.kind === 'unknown' && channel.reconcile !== undefined) return;
    await settle(begun, outcome);
  }

  async function lookInto(notification: Notification): Promise<void> {
    const reconcile = channels.find(({ name }) => name === notification.channel)?.reconcile;
    const message = reconcile === undefined ? null : await compose(notification);
    const outcome: SendOutcome =
      reconcile === undefined || message === null || typeof message === 'string'
        ? { kind: 'unknown', reason: 'whoever sent it did not say what came of it' }
        : await reconcile(message, call);
    await settle(notification, outcome);
  }

  /** The message, or why there is nobody to send it to. */
  async function compose({ id, recipientId, kind, params }: Notification): Promise<OutgoingMessage | Nobody> {
    const to = await revealIdentity(recipientId);
    if (to === 'unopenable') return 'the sealed contact does not open';
    return to === null ? 'no contact' : { id, to, text: notificationText(kind, params) };
  }

  function settle(notification: Notification, outcome: SendOutcome): Promise<void> {
    return record(notification, settleSend(outcome, notification.roundAttempt, clock(), Math.random));
  }

  async function record(notification: Notification, settlement: SendSettlement): Promise<void> {
    await persistently(() => recordSend(db, notification, settlement, clock()));
    crashPoint('notify:after-mark');
    const { verdict, reason, nextAttemptAt } = settlement;
    countNotification(notification.kind, verdict);
    log[verdict === 'parked' ? 'warn' : 'info']({
      event: events[verdict],
      notificationId: notification.id,
      reportId: notification.reportId,
      kind: notification.kind,
      channel: notification.channel,
      attempt: notification.attempt,
      reason,
      nextAttemptAt,
    });
  }
}

function park(reason: string): SendSettlement {
  return { verdict: 'parked', providerId: null, reason, nextAttemptAt: null };
}

/** What came of an attempt is known only here: a PostgreSQL that is away for a moment must not leave it in doubt. */
async function persistently(write: () => Promise<void>): Promise<void> {
  for (const pause of recordAgainMs) {
    try {
      return await write();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await sleep(pause);
    }
  }
  await write();
}
