import type { MailFate } from '../domain/mail-filing.ts';
import type { MessageId } from '../domain/message.ts';
import type { AgencyCode, NotificationId, ReportId } from '../domain/report.ts';
import { largeWithinMs, type StoredMessage } from './messages.ts';
import { type Db, type Pool, transaction } from './pool.ts';

/** E-mails among the messages: what workers and staff do with them. */

/** Those of the list that are e-mails and wait, with their sizes in bytes. */
export async function listWaitingMails(
  db: Db,
  ids: readonly string[],
): Promise<readonly { readonly id: MessageId; readonly bytes: number }[]> {
  const { rows } = await db.query<{ id: MessageId; bytes: number }>({
    name: 'list-waiting-mails',
    text: `
      select id, bytes from messages
      where id = any($1::uuid[]) and form = 'mail' and state = 'pending'
      order by accepted_at, id`,
    values: [ids],
  });
  return rows;
}

/** A mail that one worker reads, with its seal. */
export type TakenMail = StoredMessage & {
  readonly agency: AgencyCode;
  /** Staff want it filed as a report, whatever it is. */
  readonly fileAnyway: boolean;
  /** How often somebody began to read it, this time included, and did not say what came of it. */
  readonly takeCount: number;
};

/**
 * Takes a mail that waits, so that nobody else reads it before `takenUntil`; null where somebody has it, or it waits no longer.
 * Reading takes long, so there is no transaction yet: who finishes it locks it.
 */
export async function takeMail(
  db: Pool,
  id: MessageId,
  now: Date,
  takenUntil: Date,
): Promise<TakenMail | null> {
  const { rows } = await db.query<Omit<TakenMail, 'bytes'> & { readonly size: number }>({
    name: 'take-mail',
    text: `
      with taken as (
        update messages set taken_until = $3, take_count = take_count + 1, due_at = $3
        where id = $1 and form = 'mail' and state = 'pending' and coalesce(taken_until <= $2, true)
        returning *
      )
      select taken.id, taken.receipt, taken.channel, taken.external_id as "externalId",
        taken.received_at as "receivedAt", taken.accepted_at as "acceptedAt", person.key_id as "keyId",
        person.phone_index as "phoneIndex", taken.agency_code as agency,
        taken.file_anyway as "fileAnyway", taken.take_count as "takeCount", octet_length(person.sealed) as size
      from taken join report_identities as person on person.report_id = taken.id`,
    values: [id, now, takenUntil],
  });
  const [mail] = rows;
  if (mail === undefined) return null;
  const { size, ...taken } = mail;
  const bytes = await readSeal(db, id, size).catch(async (error: unknown) => {
    // Else it would wait for the end of a lease that nobody uses.
    await giveMailBack(db, id, now).catch(() => undefined);
    throw error;
  });
  return { ...taken, bytes };
}

/** A seal of more has time to come: 60 MB take longer than a statement may where the machine is busy. */
const largeSeal = 4 * 1024 * 1024;

async function readSeal(db: Pool, id: MessageId, size: number): Promise<Buffer> {
  const read = {
    name: 'read-seal-of-mail',
    text: 'select sealed as bytes from report_identities where report_id = $1',
    values: [id],
  };
  const { rows } =
    size <= largeSeal
      ? await db.query<{ bytes: Buffer }>(read)
      : await transaction(db, async (tx) => {
          await tx.query(`set local statement_timeout = ${largeWithinMs}`);
          return tx.query<{ bytes: Buffer }>({ ...read, query_timeout: largeWithinMs } as typeof read);
        });
  return rows[0]?.bytes ?? Buffer.alloc(0);
}

/** Gives a mail back that could not be read for no fault of its own; it is due again then. */
export async function giveMailBack(db: Db, id: MessageId, dueAt: Date): Promise<void> {
  await db.query({
    name: 'give-mail-back',
    text: `
      update messages set taken_until = null, take_count = greatest(take_count - 1, 0), due_at = $2
      where id = $1 and form = 'mail' and state = 'pending'`,
    values: [id, dueAt],
  });
}

/**
 * True where the mail still waits; it is locked until the transaction ends. Waits for whoever has it locked: who gave up would leave
 * it to the end of its lease, for the sweep puts rows off as well.
 */
export async function lockMail(db: Db, id: MessageId): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'lock-mail',
    text: `
      select from messages where id = $1 and form = 'mail' and state = 'pending' for update`,
    values: [id],
  });
  return rowCount === 1;
}

export type FinishedMail = {
  readonly fate: MailFate;
  /** The report that it became, or was added to. */
  readonly reportId: ReportId | null;
  readonly outcome: string;
  readonly fileCount: number;
  readonly filesNotTaken: number;
};

export async function finishMail(
  db: Db,
  id: MessageId,
  { fate, reportId, outcome, fileCount, filesNotTaken }: FinishedMail,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'finish-mail',
    text: `
      update messages set state = 'done', finished_at = $2, taken_until = null, fate = $3, report_id = $4, outcome = $5,
        file_count = least($6::int, 32767), files_not_taken = least($7::int, 32767)
      where id = $1 and state = 'pending'`,
    values: [id, now, fate, reportId, outcome, fileCount, filesNotTaken],
  });
}

/** How many files that came with each of these reports could not be taken; those with none are left out. */
export async function listFilesNotTaken(
  db: Db,
  reportIds: readonly ReportId[],
): Promise<ReadonlyMap<ReportId, number>> {
  const { rows } = await db.query<{ reportId: ReportId; count: number }>({
    name: 'list-files-not-taken',
    text: `
      select report_id as "reportId", files_not_taken as count from messages
      where report_id = any($1::uuid[]) and files_not_taken > 0 and fate <> 'addition'`,
    values: [reportIds],
  });
  return new Map(rows.map(({ reportId, count }) => [reportId, count]));
}

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

/** Has an e-mail that is no report filed as one, whatever it is; false where it is none of these. */
export async function orderFiling(db: Db, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'order-filing',
    text: `
      update messages set state = 'pending', file_anyway = true, finished_at = null, outcome = null, fate = null,
        due_at = $2, taken_until = null, take_count = 0
      where id = $1 and form = 'mail' and state <> 'pending' and report_id is null`,
    values: [id, now],
  });
  return rowCount === 1;
}

/** The e-mail with this id, or that which became, or added to, the report with it, the first of them; null where there is none. */
export async function findMailOf(db: Db, id: string): Promise<MessageId | null> {
  const { rows } = await db.query<{ id: MessageId }>({
    text: `
      select id from messages where form = 'mail' and (id = $1 or report_id = $1)
      order by id = $1 desc, id limit 1`,
    values: [id],
  });
  return rows[0]?.id ?? null;
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

export type MailFigure = { readonly mailbox: string; readonly fate: string; readonly count: number };

/** What became of the e-mails of the last 24 hours, by any worker. */
export async function countMails(db: Db): Promise<readonly MailFigure[]> {
  const { rows } = await db.query<MailFigure>({
    name: 'count-mails',
    text: `
      select mailbox, coalesce(fate, 'set_aside') as fate, count(*)::int as count from messages
      where form = 'mail' and finished_at > now() - interval '24 hours'
      group by mailbox, coalesce(fate, 'set_aside')`,
  });
  return rows;
}
