import type { DeliveryState, NotificationKind } from '../domain/notification.ts';
import type { ChannelName, NotificationId, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What staff see of notifications, and decide about them. */

export const notificationStates = [
  'pending',
  'sending',
  'sent',
  'refused',
  'parked',
  'dropped',
  'capped',
  'not_summoned',
] as const;
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
  /** SMS it took; null where it was not sent, or is no SMS. */
  readonly segments: number | null;
  /** What the provider said became of it, and when; null where it said nothing. */
  readonly delivery_state: DeliveryState | null;
  readonly delivery_detail: string | null;
  readonly delivery_at: Date | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
};

/** The latest `limit` notifications, newest first; only those in a state, or with such a receipt, where one is given. */
export async function listNotifications(
  db: Db,
  asked: {
    readonly state: NotificationState | null;
    readonly delivery: DeliveryState | null;
    readonly limit: number;
  },
): Promise<readonly NotificationLine[]> {
  const { rows } = await db.query<NotificationLine>({
    text: `
      select id, state, kind, channel, params->>'trackingId' as tracking_id, attempt_count - round_start as attempts,
        case when state = 'pending' then next_attempt_at end as next_attempt_at, reason, segments,
        delivery_state, delivery_detail, delivery_at, created_at, finished_at
      from notifications
      where ($1::text is null or state = $1) and ($2::text is null or delivery_state = $2)
      order by created_at desc, id desc
      limit $3`,
    values: [asked.state, asked.delivery, asked.limit],
  });
  return rows;
}

/** Where a notification stood before staff decided about it, for the audit log. */
export type DecidedFrom = {
  readonly state: NotificationState;
  readonly kind: NotificationKind;
  readonly reportId: ReportId | null;
};

/**
 * Makes a parked, refused, capped or not summoned notification, or one that never reached the phone, pending and due, with its
 * schedule begun afresh; null where it is none of these. The attempt that left it in doubt has no say in it any more.
 */
export async function resendNotification(db: Db, id: NotificationId, now: Date): Promise<DecidedFrom | null> {
  const { rows } = await db.query<DecidedFrom>({
    text: `
      with decided as (
        select id, state from notifications
        where id = $1 and (state in ('parked', 'refused', 'capped', 'not_summoned') or (state = 'sent' and delivery_state = 'failed'))
        for update
      )
      update notifications as notification
      set state = 'pending', next_attempt_at = $2, enqueue_after = $2, finished_at = null, reason = null,
        attempt_count = attempt_count + 1, round_start = attempt_count + 1
      from decided where notification.id = decided.id
      returning decided.state, notification.kind, notification.report_id as "reportId"`,
    values: [id, now],
  });
  return rows[0] ?? null;
}

/** Settles a parked notification for good without sending it; null where it is not parked. */
export async function dropNotification(db: Db, id: NotificationId, now: Date): Promise<DecidedFrom | null> {
  const { rows } = await db.query<DecidedFrom>({
    text: `
      update notifications set state = 'dropped', finished_at = $2 where id = $1 and state = 'parked'
      returning 'parked' as state, kind, report_id as "reportId"`,
    values: [id, now],
  });
  return rows[0] ?? null;
}
