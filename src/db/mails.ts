import type { MailFate } from '../domain/mail-filing.ts';
import type { MessageId } from '../domain/message.ts';
import type { AgencyCode, NotificationId, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** E-mails among the messages: what workers and staff do with them. */

/** The report that one of our mails told of, as far as an answer depends on it. */
export type AnsweredReport = {
  readonly reportId: ReportId;
  readonly trackingId: string;
  readonly anonymous: boolean;
  readonly confidential: boolean;
};

/**
 * The report that one of these notifications told of whose contact has this index, the first of them first; null where there is
 * none: whoever else got hold of a notification's name learns nothing, and changes nothing.
 */
export async function findAnsweredReport(
  db: Db,
  notificationIds: readonly NotificationId[],
  emailIndex: Buffer,
): Promise<AnsweredReport | null> {
  const { rows } = await db.query<AnsweredReport>({
    name: 'find-answered-report',
    text: `
      select report.id as "reportId", filing.tracking_id as "trackingId", report.anonymous, report.confidential
      from unnest($1::uuid[]) with ordinality as named (id, position)
      join notifications as notification on notification.id = named.id and notification.report_id is not null
      join reports as report on report.id = notification.report_id
      join filings as filing on filing.report_id = report.id
      join report_identities as person on person.report_id = report.id and person.email_index = $2
      order by named.position limit 1`,
    values: [notificationIds, emailIndex],
  });
  return rows[0] ?? null;
}

/** The agency of the active member of staff who signs in with this address; null where nobody does. */
export async function findOfficeOf(db: Db, address: string): Promise<AgencyCode | null> {
  const { rows } = await db.query<{ agency_code: AgencyCode }>({
    name: 'find-office-of',
    text: 'select agency_code from staff where login = lower($1) and active',
    values: [address],
  });
  return rows[0]?.agency_code ?? null;
}

/** An e-mail that is no report, as staff see it; never what it says or who wrote it. */
export type KeptMail = {
  readonly id: MessageId;
  readonly mailbox: string;
  readonly agency: AgencyCode;
  readonly receivedAt: Date;
  readonly finishedAt: Date;
  readonly bytes: number;
  /** Null where it was set aside before that was known. */
  readonly fileCount: number | null;
  /** What it was taken for; null where it was set aside. */
  readonly fate: MailFate | null;
  readonly outcome: string;
};

/** The e-mails that are no reports, newest first: of these agencies, or of all where it is null, behind `before`. */
export async function listKeptMails(
  db: Db,
  asked: {
    readonly agencies: readonly AgencyCode[] | null;
    readonly before: { readonly finishedAt: Date; readonly id: string } | null;
    readonly limit: number;
  },
): Promise<readonly KeptMail[]> {
  const { rows } = await db.query<KeptMail>({
    name: 'list-kept-mails',
    text: `
      select id, mailbox, agency_code as agency, received_at as "receivedAt", finished_at as "finishedAt", bytes,
        file_count as "fileCount", fate, outcome
      from messages
      where form = 'mail' and state <> 'pending' and report_id is null
        and ($1::text[] is null or agency_code = any($1))
        and ($2::timestamptz is null or (finished_at, id) < ($2, $3::uuid))
      order by finished_at desc, id desc limit $4`,
    values: [asked.agencies, asked.before?.finishedAt ?? null, asked.before?.id ?? null, asked.limit],
  });
  return rows;
}

/** How an e-mail stands that staff wanted filed. */
export type OrderedMail = {
  readonly state: 'pending' | 'done' | 'set_aside';
  /** Of its report, once that is filed. */
  readonly trackingId: string | null;
  /** No report after all. */
  readonly isKept: boolean;
};

/** Null where no e-mail of these agencies, or of any where they are null, has this id and was to be filed whatever it is. */
export async function findOrderedMail(
  db: Db,
  id: string,
  agencies: readonly AgencyCode[] | null,
): Promise<OrderedMail | null> {
  const { rows } = await db.query<OrderedMail>({
    name: 'find-ordered-mail',
    text: `
      select message.state, filing.tracking_id as "trackingId", message.report_id is null as "isKept"
      from messages as message left join filings as filing on filing.report_id = message.report_id
      where message.id = $1 and message.form = 'mail' and message.file_anyway
        and ($2::text[] is null or message.agency_code = any($2))`,
    values: [id, agencies],
  });
  return rows[0] ?? null;
}

/** Whose mailbox an e-mail came to; null where there is no such e-mail. */
export async function findAgencyOfMail(db: Db, id: string): Promise<AgencyCode | null> {
  const { rows } = await db.query<{ agency_code: AgencyCode }>({
    name: 'find-agency-of-mail',
    text: `select agency_code from messages where id = $1 and form = 'mail'`,
    values: [id],
  });
  return rows[0]?.agency_code ?? null;
}
