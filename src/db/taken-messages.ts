import type { MailFate } from '../domain/mail-filing.ts';
import type { MessageId } from '../domain/message.ts';
import type { PostFate } from '../domain/post-filing.ts';
import type { AgencyCode, ReportId } from '../domain/report.ts';
import { largeWithinMs, type StoredMessage } from './messages.ts';
import { type Db, type Pool, transaction } from './pool.ts';

/**
 * E-mails and posts among the messages. To find out what they say takes long, and others are asked for what came with them: so
 * one worker takes each for a while, and there is no transaction before all is known.
 */

/** What comes in such messages. */
export const takenForms = ['mail', 'post'] as const;
export type TakenForm = (typeof takenForms)[number];

export type WaitingMessage = {
  readonly id: MessageId;
  readonly form: TakenForm;
  /** Of an e-mail; null of what is small. */
  readonly bytes: number | null;
};

/** Those of the list that are to be taken and wait. */
export async function listToTake(db: Db, ids: readonly string[]): Promise<readonly WaitingMessage[]> {
  const { rows } = await db.query<WaitingMessage>({
    name: 'list-to-take',
    text: `
      select id, form, bytes from messages
      where id = any($1::uuid[]) and form in ('mail', 'post') and state = 'pending'
      order by accepted_at, id`,
    values: [ids],
  });
  return rows;
}

/** A message that one worker has, with its seal. */
export type TakenMessage = StoredMessage & {
  readonly form: TakenForm;
  /** Whose mailbox an e-mail came to; null of a post. */
  readonly agency: AgencyCode | null;
  /** Staff want it filed as a report, whatever it is. */
  readonly fileAnyway: boolean;
  /** How often somebody began with it, this time included, and did not say what came of it. */
  readonly takeCount: number;
};

/**
 * Takes a message that waits, so that nobody else begins with it before `takenUntil`; null where somebody has it, or it waits no
 * longer. Who finishes it locks it.
 */
export async function takeMessage(
  db: Pool,
  id: MessageId,
  now: Date,
  takenUntil: Date,
): Promise<TakenMessage | null> {
  const { rows } = await db.query<Omit<TakenMessage, 'bytes'> & { readonly size: number }>({
    name: 'take-message',
    text: `
      with taken as (
        update messages set taken_until = $3, take_count = take_count + 1, due_at = $3
        where id = $1 and form in ('mail', 'post') and state = 'pending' and coalesce(taken_until <= $2, true)
        returning *
      )
      select taken.id, taken.form, taken.receipt, taken.channel, taken.external_id as "externalId",
        taken.received_at as "receivedAt", taken.accepted_at as "acceptedAt", person.key_id as "keyId",
        person.phone_index as "phoneIndex", taken.agency_code as agency,
        taken.file_anyway as "fileAnyway", taken.take_count as "takeCount", octet_length(person.sealed) as size
      from taken join report_identities as person on person.report_id = taken.id`,
    values: [id, now, takenUntil],
  });
  const [message] = rows;
  if (message === undefined) return null;
  const { size, ...taken } = message;
  const bytes = await readSeal(db, id, size).catch(async (error: unknown) => {
    // Else it would wait for the end of a lease that nobody uses.
    await giveMessageBack(db, id, now).catch(() => undefined);
    throw error;
  });
  return { ...taken, bytes };
}

/** A seal of more has time to come: 60 MB take longer than a statement may where the machine is busy. */
const largeSeal = 4 * 1024 * 1024;

async function readSeal(db: Pool, id: MessageId, size: number): Promise<Buffer> {
  const read = {
    name: 'read-seal-of-message',
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

/** Gives a message back that nothing could be done with for no fault of its own; it is due again then. */
export async function giveMessageBack(db: Db, id: MessageId, dueAt: Date): Promise<void> {
  await db.query({
    name: 'give-message-back',
    text: `
      update messages set taken_until = null, take_count = greatest(take_count - 1, 0), due_at = $2
      where id = $1 and form in ('mail', 'post') and state = 'pending'`,
    values: [id, dueAt],
  });
}

/**
 * Whether staff want it filed, by now; null where the message waits no longer. It is locked until the transaction ends. Waits for whoever has it locked: who gave up would leave
 * it to the end of its lease, for the sweep puts rows off as well.
 */
export async function lockTaken(db: Db, id: MessageId): Promise<Pick<TakenMessage, 'fileAnyway'> | null> {
  const { rows } = await db.query<Pick<TakenMessage, 'fileAnyway'>>({
    name: 'lock-taken',
    text: `
      select file_anyway as "fileAnyway" from messages
      where id = $1 and form in ('mail', 'post') and state = 'pending' for update`,
    values: [id],
  });
  return rows[0] ?? null;
}

export type FinishedMessage = {
  readonly fate: MailFate | PostFate;
  /** The report that it became, or was added to. */
  readonly reportId: ReportId | null;
  readonly outcome: string;
  readonly fileCount: number;
  readonly filesNotTaken: number;
};

export async function finishTaken(
  db: Db,
  id: MessageId,
  { fate, reportId, outcome, fileCount, filesNotTaken }: FinishedMessage,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'finish-taken',
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
      where report_id = any($1::uuid[]) and files_not_taken > 0 and fate in ('report', 'held')`,
    values: [reportIds],
  });
  return new Map(rows.map(({ reportId, count }) => [reportId, count]));
}

/** Has a message of these that is no report filed as one, whatever it is; false where it is none. */
export async function orderFiling(db: Db, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'order-filing',
    text: `
      update messages set state = 'pending', file_anyway = true, finished_at = null, outcome = null, fate = null,
        due_at = $2, taken_until = null, take_count = 0
      where id = $1 and form in ('mail', 'post') and state <> 'pending' and report_id is null`,
    values: [id, now],
  });
  return rowCount === 1;
}

/** The message of these with this id, or that which became, or added to, the report with it, the first of them; null where there is none. */
export async function findTakenOf(db: Db, id: string): Promise<MessageId | null> {
  const { rows } = await db.query<{ id: MessageId }>({
    text: `
      select id from messages where form in ('mail', 'post') and (id = $1 or report_id = $1)
      order by id = $1 desc, id limit 1`,
    values: [id],
  });
  return rows[0]?.id ?? null;
}

export type FateFigure = {
  readonly form: TakenForm;
  /** Of e-mails alone. */
  readonly mailbox: string | null;
  readonly fate: string;
  readonly count: number;
};

/** What became of those of the last 24 hours, by any worker. */
export async function countFates(db: Db): Promise<readonly FateFigure[]> {
  const { rows } = await db.query<FateFigure>({
    name: 'count-fates',
    text: `
      select form, mailbox, coalesce(fate, 'set_aside') as fate, count(*)::int as count from messages
      where form in ('mail', 'post') and finished_at > now() - interval '24 hours'
      group by form, mailbox, coalesce(fate, 'set_aside')`,
  });
  return rows;
}
