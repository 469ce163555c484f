import type {
  Language,
  NotificationKind,
  NotificationParams,
  SendSettlement,
} from '../domain/notification.ts';
import type { ChannelName, NotificationId, ReportId } from '../domain/report.ts';
import type { SmsSize } from '../domain/sms-text.ts';
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
  /** When the person wrote what this answers: now, where left out; null: nobody asked, so it may wait for the morning. */
  readonly askedAt?: Date | null;
  /** Somebody else than the reporter asked for it; false, where left out. */
  readonly askedByOther?: boolean;
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
        id, cause_id, recipient_id, report_id, kind, params, language, channel, asked_at, asked_by_other,
        next_attempt_at, enqueue_after
      )
      select *, $11, $12
      from unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[], $7::text[], $8::text[],
        $9::timestamptz[], $10::boolean[]
      )
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
      notifications.map(({ askedAt = now }) => askedAt),
      notifications.map(({ askedByOther = false }) => askedByOther),
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
  readonly askedAt: Date | null;
  readonly askedByOther: boolean;
  readonly attempt: number;
  readonly roundAttempt: number;
  /** When the latest attempt began; null before the first one. */
  readonly attemptedAt: Date | null;
};

type Row = {
  id: NotificationId;
  recipient_id: string;
  report_id: ReportId | null;
  kind: NotificationKind;
  params: NotificationParams;
  language: Language;
  channel: ChannelName;
  asked_at: Date | null;
  asked_by_other: boolean;
  attempt_count: number;
  round_attempt: number;
  attempted_at: Date | null;
};

const toNotification = (row: Row): Notification => ({
  id: row.id,
  recipientId: row.recipient_id,
  reportId: row.report_id,
  kind: row.kind,
  params: row.params,
  language: row.language,
  channel: row.channel,
  askedAt: row.asked_at,
  askedByOther: row.asked_by_other,
  attempt: row.attempt_count,
  roundAttempt: row.round_attempt,
  attemptedAt: row.attempted_at,
});

const columns = `id, recipient_id, report_id, kind, params, language, channel, asked_at, asked_by_other,
  attempt_count, attempt_count - round_start as round_attempt, attempted_at`;

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

/** Nobody but its reporter may learn whose report this is. Without a report there is nothing to learn. */
export async function isToldInPrivate(db: Db, reportId: ReportId | null): Promise<boolean> {
  if (reportId === null) return false;
  const { rowCount } = await db.query({
    name: 'is-told-in-private',
    text: 'select from reports where id = $1 and (anonymous or confidential)',
    values: [reportId],
  });
  return rowCount !== 0;
}

/** What is recorded of an attempt when it begins. */
export type Beginning = {
  readonly now: Date;
  /** Past it the attempt counts as abandoned. */
  readonly leaseUntil: Date;
  /** Blind index of the contact; null where it has none. */
  readonly contactIndex: Buffer | null;
  /** Null where it is no SMS. */
  readonly size: SmsSize | null;
};

/**
 * Records that the next attempt begins, and returns its notification as it is then; null where another worker began it
 * or it is pending no longer. One at a time and right before the call, so that a worker that dies leaves in doubt only
 * what it was sending.
 */
export async function beginSending(
  db: Db,
  notification: Notification,
  { now, leaseUntil, contactIndex, size }: Beginning,
): Promise<Notification | null> {
  const { rowCount } = await db.query({
    name: 'begin-sending',
    text: `
      update notifications
      set state = 'sending', attempt_count = attempt_count + 1, next_attempt_at = $3, enqueue_after = $3,
        attempted_at = $4, contact_index = $5, segments = $6, encoding = $7,
        delivery_state = null, delivery_detail = null, delivery_at = null
      where id = $1 and attempt_count = $2 and state = 'pending'`,
    values: [
      notification.id,
      notification.attempt,
      leaseUntil,
      now,
      contactIndex,
      size?.segments ?? null,
      size?.encoding ?? null,
    ],
  });
  if (rowCount === 0) return null;
  return {
    ...notification,
    attempt: notification.attempt + 1,
    roundAttempt: notification.roundAttempt + 1,
    attemptedAt: now,
  };
}

/** Makes a pending notification due later, without an attempt; nothing where it is pending no longer. */
export async function postponeNotification(
  db: Db,
  { id, attempt }: Notification,
  until: Date,
  reason: string,
): Promise<void> {
  await db.query({
    name: 'postpone-notification',
    text: `
      update notifications set next_attempt_at = $3, enqueue_after = $3, reason = $4
      where id = $1 and attempt_count = $2 and state = 'pending'`,
    values: [id, attempt, until, reason],
  });
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
 * Records what became of an attempt, and returns how the notification stands then; null where it changed nothing, because
 * another attempt began or it is settled for good. Who made the attempt knows best, so it holds also where the
 * notification was parked meanwhile for want of news; what is still in doubt is no news. Only the provider's own receipt knows better: what it says the
 * phone has was sent, and what it says it took is no longer in doubt.
 */
export async function recordSend(
  db: Db,
  { id, attempt }: Notification,
  {
    verdict,
    providerId,
    answerIndex,
    reason,
    nextAttemptAt,
  }: Omit<SendSettlement, 'answeredAs'> & {
    /** Blind index of what an answer would name it by; null where it has none. */
    readonly answerIndex?: Buffer;
  },
  now: Date,
): Promise<SettledState | null> {
  const shownSent = `(
    $3 <> 'sent' and delivery_state is not null and (
      delivery_state = 'delivered' or ($3 in ('parked', 'sending') and delivery_state in ('accepted', 'buffered'))
    )
  )`;
  const { rows } = await db.query<{ state: SettledState }>({
    name: 'record-send',
    text: `
      update notifications set
        state = case when ${shownSent} then 'sent' else $3 end,
        provider_id = $4,
        answer_index = coalesce($8, answer_index),
        reason = case when ${shownSent} then null else $5 end,
        next_attempt_at = coalesce($6, next_attempt_at),
        enqueue_after = coalesce($6, enqueue_after),
        finished_at = case when $3 not in ('pending', 'sending') or ${shownSent} then $7::timestamptz end
      where id = $1 and attempt_count = $2
        and (state = 'sending' or ($3 <> 'sending' and state in ('pending', 'parked')))
      returning state`,
    values: [id, attempt, stateOf(verdict), providerId, reason, nextAttemptAt, now, answerIndex ?? null],
  });
  return rows[0]?.state ?? null;
}

type SettledState = 'pending' | 'sending' | 'sent' | 'refused' | 'not_summoned' | 'parked';

const stateOf = (verdict: SendSettlement['verdict']): SettledState =>
  verdict === 'retry' ? 'pending' : verdict === 'in_doubt' ? 'sending' : verdict;

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
