import type { ReportId } from '../domain/report.ts';
import type { Notification } from './notifications.ts';
import type { Db } from './pool.ts';

/**
 * The blind index of the number that the seal of this id gives, locked until the transaction ends, so that messages to
 * one number are counted and begun one after the other; null where it gives none.
 */
export async function lockContact(db: Db, recipientId: string): Promise<Buffer | null> {
  const { rows } = await db.query<{ phone_index: Buffer }>({
    name: 'lock-contact',
    text: `
      select phone_index, pg_advisory_xact_lock(hashtextextended(encode(phone_index, 'hex'), 1708))
      from report_identities where report_id = $1 and phone_index is not null`,
    values: [recipientId],
  });
  return rows[0]?.phone_index ?? null;
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
