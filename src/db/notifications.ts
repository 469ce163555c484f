import type {
  Language,
  NotificationKind,
  NotificationParams,
  SendSettlement,
} from '../domain/notification.ts';
import type { ChannelName, NotificationId, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** A notification still due this long after it was given out for the queue is given out again. */
const enqueueAgainMs = 30_000;

export type NewNotification = {
  readonly id: NotificationId;
  /** What brings it about, as an id: of the report that is filed, of the message that is answered. */
  readonly causeId: string;
  /** Whose sealed contact it goes to: a report's, or that of a message which is no report. */
  readonly recipientId: string;
  /** The report it tells of, if any. */
  readonly reportId: ReportId | null;
  readonly kind: NotificationKind;
  readonly params: NotificationParams;
  readonly language: Language;
  readonly channel: ChannelName;
};

/** Writes all in one statement, pending and due at once; what was told of a cause before is not told again. */
export async function insertNotifications(
  db: Db,
  notifications: readonly NewNotification[],
  now: Date,
): Promise<void> {
  await db.query({
    name: 'insert-notifications',
    text: `
      insert into notifications (
        id, cause_id, recipient_id, report_id, kind, params, language, channel, next_attempt_at, enqueue_after
      )
      select *, $9, $10
      from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[], $7::text[], $8::text[])
      on conflict (cause_id, kind) do nothing`,
    values: [
      notifications.map((notification) => notification.id),
      notifications.map((notification) => notification.causeId),
      notifications.map((notification) => notification.recipientId),
      notifications.map((notification) => notification.reportId),
      notifications.map((notification) => notification.kind),
      notifications.map((notification) => notification.params),
      notifications.map((notification) => notification.language),
      notifications.map((notification) => notification.channel),
      now,
      new Date(now.getTime() + enqueueAgainMs),
    ],
  });
}

/** A notification and how often it was tried: `attempt` in all, `roundAttempt` since it last became pending by staff's hand. */
export type Notification = {
  readonly id: NotificationId;
  readonly recipientId: string;
  readonly reportId: ReportId | null;
  readonly kind: NotificationKind;
  readonly params: NotificationParams;
  readonly language: Language;
  readonly channel: ChannelName;
  readonly attempt: number;
  readonly roundAttempt: number;
};

type Row = {
  id: NotificationId;
  recipient_id: string;
  report_id: ReportId | null;
  kind: NotificationKind;
  params: NotificationParams;
  language: Language;
  channel: ChannelName;
  attempt_count: number;
  round_attempt: number;
};

const toNotification = (row: Row): Notification => ({
  id: row.id,
  recipientId: row.recipient_id,
  reportId: row.report_id,
  kind: row.kind,
  params: row.params,
  language: row.language,
  channel: row.channel,
  attempt: row.attempt_count,
  roundAttempt: row.round_attempt,
});

const columns = `id, recipient_id, report_id, kind, params, language, channel, attempt_count,
  attempt_count - round_start as round_attempt`;

/** Those of the list that are pending and due. Nothing is taken: `beginSending` decides who sends. */
export async function findDueNotifications(
  db: Db,
  ids: readonly string[],
  now: Date,
): Promise<readonly Notification[]> {
  const { rows } = await db.query<Row>({
    name: 'find-due-notifications',
    text: `
      select ${columns}
      from notifications
      where id = any($1::uuid[]) and state = 'pending' and next_attempt_at <= $2
      order by next_attempt_at`,
    values: [ids, now],
  });
  return rows.map(toNotification);
}

/**
 * Records that the next attempt begins, and returns its notification as it is then; null where another worker began it
 * or it is pending no longer. One at a time and right before the call, so that a worker that dies leaves in doubt only
 * what it was sending. Past `leaseUntil` the attempt counts as abandoned.
 */
export async function beginSending(
  db: Db,
  notification: Notification,
  leaseUntil: Date,
): Promise<Notification | null> {
  const { rowCount } = await db.query({
    name: 'begin-sending',
    text: `
      update notifications
      set state = 'sending', attempt_count = attempt_count + 1, next_attempt_at = $3, enqueue_after = $3
      where id = $1 and attempt_count = $2 and state = 'pending'`,
    values: [notification.id, notification.attempt, leaseUntil],
  });
  if (rowCount === 0) return null;
  return {
    ...notification,
    attempt: notification.attempt + 1,
    roundAttempt: notification.roundAttempt + 1,
  };
}

/**
 * Those of the list that somebody began to send and never settled, taken so that no other worker looks into them before
 * `leaseUntil`. They stay attempts of whoever began them: a late word from there still counts.
 */
export async function takeAbandoned(
  db: Db,
  ids: readonly string[],
  now: Date,
  leaseUntil: Date,
): Promise<readonly Notification[]> {
  const { rows } = await db.query<Row>({
    name: 'take-abandoned-notifications',
    text: `
      update notifications
      set next_attempt_at = $3, enqueue_after = $3
      where id = any($1::uuid[]) and state = 'sending' and next_attempt_at <= $2
      returning ${columns}`,
    values: [ids, now, leaseUntil],
  });
  return rows.map(toNotification);
}

/**
 * Records what became of an attempt. Who made it knows best, so it holds also where the notification was parked
 * meanwhile for want of news; it changes nothing once another attempt began, or it is settled for good.
 */
export async function recordSend(
  db: Db,
  { id, attempt }: Notification,
  { verdict, providerId, reason, nextAttemptAt }: SendSettlement,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'record-send',
    text: `
      update notifications set
        state = $3, provider_id = $4, reason = $5,
        next_attempt_at = coalesce($6, next_attempt_at),
        enqueue_after = coalesce($6, enqueue_after),
        finished_at = case when $6::timestamptz is null then $7::timestamptz end
      where id = $1 and attempt_count = $2 and state in ('pending', 'sending', 'parked')`,
    values: [id, attempt, verdict === 'retry' ? 'pending' : verdict, providerId, reason, nextAttemptAt, now],
  });
}

/**
 * Up to `limit` notifications for the queue: due or abandoned, and not listed within the last half minute, so that a
 * backlog is not queued again and again.
 */
export async function listDueNotifications(
  db: Db,
  now: Date,
  limit: number,
): Promise<readonly NotificationId[]> {
  const { rows } = await db.query<{ id: NotificationId }>({
    name: 'list-due-notifications',
    text: `
      with due as (
        select id from notifications
        where state in ('pending', 'sending') and next_attempt_at <= $1 and enqueue_after <= $1
        order by next_attempt_at limit $3
      )
      update notifications as notification set enqueue_after = $2
      from due
      where notification.id = due.id and notification.state in ('pending', 'sending')
        and notification.enqueue_after <= $1
      returning notification.id`,
    values: [now, new Date(now.getTime() + enqueueAgainMs), limit],
  });
  return rows.map((row) => row.id);
}

export const notificationStates = ['pending', 'sending', 'sent', 'refused', 'parked', 'dropped'] as const;
export type NotificationState = (typeof notificationStates)[number];

/** A notification as staff see it; never who it goes to. */
export type NotificationLine = {
  readonly id: NotificationId;
  readonly state: NotificationState;
  readonly kind: NotificationKind;
  readonly channel: ChannelName;
  /** Of the report it tells of; null where it tells of none. */
  readonly tracking_id: string | null;
  readonly attempts: number;
  readonly next_attempt_at: Date | null;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
};

/** The latest `limit` notifications, newest first; in every state where `state` is null. */
export async function listNotifications(
  db: Db,
  state: NotificationState | null,
  limit: number,
): Promise<readonly NotificationLine[]> {
  const { rows } = await db.query<NotificationLine>({
    text: `
      select id, state, kind, channel, params->>'trackingId' as tracking_id, attempt_count - round_start as attempts,
        case when state = 'pending' then next_attempt_at end as next_attempt_at, reason, created_at, finished_at
      from notifications
      where $1::text is null or state = $1
      order by created_at desc, id desc
      limit $2`,
    values: [state, limit],
  });
  return rows;
}

/**
 * Makes a parked or refused notification pending and due, with its schedule begun afresh; false where it is neither. The
 * attempt that left it in doubt has no say in it any more.
 */
export async function resendNotification(db: Db, id: NotificationId, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      update notifications
      set state = 'pending', next_attempt_at = $2, enqueue_after = $2, finished_at = null,
        attempt_count = attempt_count + 1, round_start = attempt_count + 1
      where id = $1 and state in ('parked', 'refused')`,
    values: [id, now],
  });
  return rowCount === 1;
}

/** Settles a parked notification for good without sending it; false where it is not parked. */
export async function dropNotification(db: Db, id: NotificationId, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `update notifications set state = 'dropped', finished_at = $2 where id = $1 and state = 'parked'`,
    values: [id, now],
  });
  return rowCount === 1;
}
