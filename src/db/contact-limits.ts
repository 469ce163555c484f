import type { ChannelName, NotificationId, ReportId } from '../domain/report.ts';
import type { Notification } from './notifications.ts';
import type { Db } from './pool.ts';

/**
 * The blind index of the number that the seal of this id gives, for e-mail of the address, for X of the account, locked until
 * the transaction ends, so that messages to one contact are counted and begun one after the other; null where it gives none.
 */
export async function lockContact(
  db: Db,
  { recipientId, channel }: { readonly recipientId: string; readonly channel: ChannelName },
): Promise<Buffer | null> {
  const { rows } = await db.query<{ contact_index: Buffer }>({
    name: 'lock-contact',
    text: `
      with contact as (
        select case $2 when 'email' then email_index when 'twitter' then account_index else phone_index end as contact_index
        from report_identities where report_id = $1
      )
      select contact_index, pg_advisory_xact_lock(hashtextextended(encode(contact_index, 'hex'), 1708))
      from contact where contact_index is not null`,
    values: [recipientId, channel],
  });
  return rows[0]?.contact_index ?? null;
}

/**
 * How many other messages were, or may have been, sent to the contact since then. Those that others asked for count only
 * for more of their kind: nobody can use up what a number gets of its own.
 */
export async function countSentTo(
  db: Db,
  contactIndex: Buffer,
  since: Date,
  besides: Pick<Notification, 'id' | 'askedByOther'>,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'count-sent-to',
    text: `
      select count(*)::int as count from notifications
      where contact_index = $1 and attempted_at > $2 and state in ('sending', 'sent', 'parked', 'dropped') and id <> $3
        and ($4 or not asked_by_other)`,
    values: [contactIndex, since, besides.id, besides.askedByOther],
  });
  return rows[0]?.count ?? 0;
}

/** What was, or may have been, sent by e-mail. */
const mailed = `channel = 'email' and state in ('sending', 'sent', 'parked', 'dropped')`;

/** Until the transaction ends nobody else counts mails about the report. */
export async function lockMailsAbout(db: Db, reportId: ReportId): Promise<void> {
  await db.query({
    name: 'lock-mails-about',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 25))',
    values: [reportId],
  });
}

/** How many other mails were, or may have been, sent about the report since then. */
export async function countMailedAbout(
  db: Db,
  reportId: ReportId,
  since: Date,
  besides: NotificationId,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'count-mailed-about',
    text: `
      select count(*)::int as count from notifications
      where report_id = $1 and attempted_at > $2 and ${mailed} and id <> $3`,
    values: [reportId, since, besides],
  });
  return rows[0]?.count ?? 0;
}

/** Until the transaction ends nobody else counts mails to anybody. */
export async function lockMailHour(db: Db): Promise<void> {
  await db.query({
    name: 'lock-mail-hour',
    text: `select pg_advisory_xact_lock(hashtextextended('mail hour', 25))`,
  });
}

/** How many other mails were, or may have been, sent to anybody since then. */
export async function countMailed(db: Db, since: Date, besides: NotificationId): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'count-mailed',
    text: `select count(*)::int as count from notifications where attempted_at > $1 and ${mailed} and id <> $2`,
    values: [since, besides],
  });
  return rows[0]?.count ?? 0;
}

/**
 * Whether anything was told of the report since then because somebody else than its reporter asked. Whoever asks waits for
 * each other until the transaction ends.
 */
export async function wasAskedByOther(db: Db, reportId: ReportId, since: Date): Promise<boolean> {
  await db.query({
    name: 'lock-asked-report',
    text: 'select pg_advisory_xact_lock(hashtextextended($1, 1708))',
    values: [reportId],
  });
  const { rowCount } = await db.query({
    name: 'was-asked-by-other',
    text: `select from notifications where report_id = $1 and created_at > $2 and asked_by_other limit 1`,
    values: [reportId, since],
  });
  return rowCount !== 0;
}

/** Holds a pending notification back for good, unless staff have it sent; false where it is pending no longer. */
export async function capNotification(
  db: Db,
  { id, attempt }: Notification,
  reason: string,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'cap-notification',
    text: `
      update notifications set state = 'capped', reason = $3, finished_at = $4
      where id = $1 and attempt_count = $2 and state = 'pending'`,
    values: [id, attempt, reason, now],
  });
  return rowCount === 1;
}
