import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingMessage } from '../channels/channel.ts';
import type { WorkerContext } from '../src/context.ts';
import { crashPoint } from '../src/crash-points.ts';
import { capNotification, lockContact } from '../src/db/contact-limits.ts';
import {
  beginSending,
  findDueNotifications,
  isToldInPrivate,
  type Notification,
  postponeNotification,
  recordSend,
  takeAbandoned,
} from '../src/db/notifications.ts';
import { isUnavailable, transaction } from '../src/db/pool.ts';
import { after } from '../src/domain/moment.ts';
import {
  type AttemptOutcome,
  type FoundOutcome,
  notificationText,
  type SendOutcome,
  type SendSettlement,
  settleFound,
  settleSend,
} from '../src/domain/notification.ts';
import { quietUntil } from '../src/domain/quiet-hours.ts';
import { measureSms } from '../src/domain/sms-text.ts';
import { createLanes } from '../src/outbound/lanes.ts';
import type { Handlers } from '../src/queue/jobs.ts';
import { findLimit } from './word-back-limits.ts';

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
  not_summoned: 'notification_not_summoned',
  parked: 'notification_parked',
  in_doubt: 'notification_in_doubt',
  capped: 'notification_capped',
  postponed: 'notification_postponed',
} as const satisfies { readonly [Outcome in AttemptOutcome]: string };

type Nobody = 'no contact' | 'the sealed contact does not open';

type NotifyContext = Pick<
  WorkerContext,
  | 'db'
  | 'config'
  | 'clock'
  | 'log'
  | 'channels'
  | 'call'
  | 'blindIndex'
  | 'revealSender'
  | 'countNotification'
>;

/**
 * Makes the handler of `notify` jobs: one attempt for each message of the list that is due, and a look into those that
 * somebody began to send and never settled. Nothing is sent twice by itself: an attempt is on record before the provider
 * is called, and what may have been sent is reconciled where the provider can be asked, if need be for a day, else parked
 * for staff. Nobody is
 * woken up in quiet hours, unless by the answer to what they have just written, and no number or address gets more in 24
 * hours than it may, of its own or because others ask. What staff decided to send again is above both.
 */
export function createNotify(context: NotifyContext): Handlers['notify'] {
  const { db, clock, log, channels, call, blindIndex, revealSender, countNotification } = context;
  const { config } = context;
  const { notifyQuietHours, notifyTimeZone } = config;
  const quietHours = notifyQuietHours && { ...notifyQuietHours, timeZone: notifyTimeZone };
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
    const until = mayWake(notification) ? null : quietUntil(quietHours, clock(), notification.askedAt);
    if (until !== null) return postpone(notification, until);
    if (channel.isPublic === true && (await isToldInPrivate(db, notification.reportId))) {
      return settle(notification, { kind: 'refused', reason: 'everybody could read whose report it is' });
    }
    const message = await compose(notification);
    if (typeof message === 'string') return settle(notification, { kind: 'refused', reason: message });

    const leaseUntil = after(clock(), leaseMs);
    const begun = await begin(notification, message, leaseUntil);
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

  /** Records that an attempt begins; null where another worker was first, or the contact has had its share. */
  async function begin(
    notification: Notification,
    { text }: OutgoingMessage,
    leaseUntil: Date,
  ): Promise<Notification | null> {
    const now = clock();
    const size = notification.channel === 'sms' ? measureSms(text) : null;
    const begun = await transaction(db, async (tx) => {
      const contactIndex = await lockContact(tx, notification);
      const reason = isStaffs(notification)
        ? null
        : await findLimit(tx, notification, contactIndex, config, now);
      if (reason !== null) {
        return (await capNotification(tx, notification, reason, now)) ? { reason } : null;
      }
      return beginSending(tx, notification, { now, leaseUntil, contactIndex, size });
    });
    if (begun === null || !('reason' in begun)) return begun;
    tell(notification, 'capped', { reason: begun.reason, nextAttemptAt: null });
    return null;
  }

  async function postpone(notification: Notification, until: Date): Promise<void> {
    const reason = 'waits for the end of quiet hours';
    await postponeNotification(db, notification, until, reason);
    tell(notification, 'postponed', { reason, nextAttemptAt: until });
  }

  async function lookInto(notification: Notification): Promise<void> {
    const reconcile = channels.find(({ name }) => name === notification.channel)?.reconcile;
    const message = reconcile === undefined ? null : await compose(notification);
    const found: FoundOutcome =
      reconcile === undefined || message === null || typeof message === 'string'
        ? { kind: 'unknown', reason: 'whoever sent it did not say what came of it' }
        : await reconcile(message, call);
    const now = clock();
    const attempt = { number: notification.roundAttempt, begunAt: notification.attemptedAt ?? now };
    await record(notification, settleFound(found, attempt, now, Math.random));
  }

  /** The message, or why there is nobody to send it to. */
  async function compose(notification: Notification): Promise<OutgoingMessage | Nobody> {
    const { id, recipientId, kind, params, language } = notification;
    const sender = await revealSender(recipientId);
    if (sender === 'unopenable') return 'the sealed contact does not open';
    if (sender === null) return 'no contact';
    const { identity: to, messageId: inReplyTo, summoned } = sender;
    const asked = summoned === undefined ? {} : { summoned };
    const text = notificationText(kind, params, language);
    return { id, to, inReplyTo, ...asked, text, kind, params, language };
  }

  function settle(notification: Notification, outcome: SendOutcome): Promise<void> {
    return record(notification, settleSend(outcome, notification.roundAttempt, clock(), Math.random));
  }

  async function record(notification: Notification, settlement: SendSettlement): Promise<void> {
    const { answeredAs, ...outcome } = settlement;
    const named = answeredAs === undefined ? {} : { answerIndex: blindIndex('post', answeredAs) };
    const state = await persistently(() => recordSend(db, notification, { ...outcome, ...named }, clock()));
    crashPoint('notify:after-mark');
    // The provider's receipt was here first, and knows better.
    const { verdict } = settlement;
    const shownSent = state === 'sent' && verdict !== 'sent';
    tell(
      notification,
      shownSent ? 'sent' : verdict,
      shownSent ? { reason: null, nextAttemptAt: null } : settlement,
    );
  }

  function tell(
    { id, reportId, kind, channel, attempt }: Notification,
    outcome: AttemptOutcome,
    { reason, nextAttemptAt }: Pick<SendSettlement, 'reason' | 'nextAttemptAt'>,
  ): void {
    countNotification(kind, outcome);
    log[outcome === 'parked' ? 'warn' : 'info']({
      event: events[outcome],
      notificationId: id,
      reportId,
      kind,
      channel,
      attempt,
      reason,
      nextAttemptAt,
    });
  }
}

/** Staff had it sent again. */
const isStaffs = ({ attempt, roundAttempt }: Notification): boolean => attempt > roundAttempt;

/** A mail wakes nobody up, nor does a post. */
const mayWake = (notification: Notification): boolean =>
  notification.channel === 'email' || notification.channel === 'twitter' || isStaffs(notification);

function park(reason: string): SendSettlement {
  return { verdict: 'parked', providerId: null, reason, nextAttemptAt: null };
}

/** What came of an attempt is known only here: a PostgreSQL that is away for a moment must not leave it in doubt. */
async function persistently<T>(write: () => Promise<T>): Promise<T> {
  for (const pause of recordAgainMs) {
    try {
      return await write();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await sleep(pause);
    }
  }
  return write();
}
