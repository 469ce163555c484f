import type { MessageId } from '../domain/message.ts';
import type { Accepted, ChannelName, Receipt, ReportId } from '../domain/report.ts';
import { type Db, type Pool, transaction } from './pool.ts';
import type { InboxEntry } from './reports.ts';

/** A seal of more is sent as bytes, and has time: as JSON, 60 MB take PostgreSQL longer than a statement may. */
const largeRow = 4 * 1024 * 1024;
/** What PostgreSQL is given to take such a seal, or to give it back. */
export const largeWithinMs = 120_000;

/**
 * As `insertReports`: message and seal together or not at all, and the ids that are new. The large ones are a transaction
 * each.
 */
export async function insertMessages(
  db: Pool,
  entries: readonly InboxEntry[],
  dueAt: Date,
): Promise<ReadonlySet<ReportId>> {
  const ids = new Set<ReportId>();
  const small = entries.filter(({ row }) => row.length <= largeRow);
  if (small.length > 0) for (const id of await insertTogether(db, small, dueAt)) ids.add(id);
  for (const entry of entries) {
    if (entry.row.length > largeRow && (await insertLarge(db, entry, dueAt))) ids.add(entry.id);
  }
  return ids;
}

const insertStatement = (sealed: string) => `
  with entry as (
    select * from json_to_recordset($1) as entry (
      id uuid, receipt text, channel text, external_id text, form text, part_key text, part_number smallint,
      part_total smallint, mailbox text, agency_code text, bytes integer, origin_index text, thread_index text, received_at timestamptz,
      key_id text,
      sealed text, phone_index text, email_index text, account_index text, content_index text,
      copy_index text
    )
  ), message as (
    insert into messages (
      id, receipt, channel, external_id, form, part_key, part_number, part_total, mailbox, agency_code, bytes,
      origin_index, thread_index, received_at, due_at
    )
    select id, receipt, channel, external_id, form, decode(part_key, 'base64'), part_number, part_total,
      mailbox, agency_code, bytes, decode(origin_index, 'base64'), decode(thread_index, 'base64'), received_at, $2
    from entry
    on conflict do nothing
    returning id
  ), identity as (
    insert into report_identities (
      report_id, key_id, sealed, phone_index, email_index, account_index, content_index, copy_index
    )
    select message.id, entry.key_id, ${sealed}, decode(entry.phone_index, 'base64'),
      decode(entry.email_index, 'base64'), decode(entry.account_index, 'base64'), decode(entry.content_index, 'base64'), decode(entry.copy_index, 'base64')
    from message join entry using (id)
  )
  select id from message`;
const insertManyStatement = insertStatement("decode(entry.sealed, 'base64')");
const insertLargeStatement = insertStatement('$3');

async function insertTogether(
  db: Db,
  entries: readonly InboxEntry[],
  dueAt: Date,
): Promise<readonly ReportId[]> {
  const { rows } = await db.query<{ id: ReportId }>({
    name: 'insert-messages',
    text: insertManyStatement,
    values: [`[${entries.map((entry) => entry.row).join(',')}]`, dueAt],
  });
  return rows.map(({ id }) => id);
}

async function insertLarge(db: Pool, entry: InboxEntry, dueAt: Date): Promise<boolean> {
  const { sealed, ...row } = JSON.parse(entry.row) as { readonly sealed: string };
  const statement = {
    name: 'insert-large-message',
    text: insertLargeStatement,
    values: [JSON.stringify([row]), dueAt, Buffer.from(sealed, 'base64')],
    query_timeout: largeWithinMs,
  };
  return transaction(db, async (tx) => {
    await tx.query(`set local statement_timeout = ${largeWithinMs}`);
    const { rowCount } = await tx.query(statement);
    return rowCount === 1;
  });
}

/** As `listAccepted`, of messages. */
export async function listAcceptedMessages(
  db: Db,
  entries: readonly InboxEntry[],
): Promise<ReadonlyMap<ReportId, Accepted>> {
  const { rows } = await db.query<{
    entry_id: ReportId;
    id: ReportId;
    receipt: Receipt;
    same_content: boolean;
  }>({
    name: 'list-accepted-messages',
    text: `
      select entry.id as entry_id, message.id, message.receipt,
        message.id = entry.id or person.content_index = decode(entry.content_index, 'base64') as same_content
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as entry (id, channel, external_id, content_index)
      join lateral (
        select id, receipt from messages where id = entry.id
        union all
        select id, receipt from messages where channel = entry.channel and external_id = entry.external_id
        limit 1
      ) as message on true
      left join report_identities as person on person.report_id = message.id`,
    values: [
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.channel),
      entries.map((entry) => entry.externalId),
      entries.map((entry) => entry.contentIndex),
    ],
  });
  return new Map(
    rows.map(({ entry_id, id, receipt, same_content }) => [
      entry_id,
      { reportId: id, receipt, repeated: true, sameContent: same_content },
    ]),
  );
}

/** A message that is to be worked on, with its seal. */
export type StoredMessage = {
  readonly id: MessageId;
  readonly receipt: Receipt;
  readonly channel: ChannelName;
  readonly externalId: string;
  readonly receivedAt: Date;
  readonly acceptedAt: Date;
  readonly keyId: string;
  readonly bytes: Buffer;
  readonly phoneIndex: Buffer | null;
};

const selectMessage = `
  select message.id, message.receipt, message.channel, message.external_id as "externalId",
    message.received_at as "receivedAt", message.accepted_at as "acceptedAt", person.key_id as "keyId",
    person.sealed as bytes, person.phone_index as "phoneIndex", person.copy_index as "copyIndex",
    message.part_number as number,
    message.assembly_id as "assemblyId", message.report_id as "reportId", message.state
  from messages as message join report_identities as person on person.report_id = message.id`;

/** A command that nobody has done yet, locked until the transaction ends; null where somebody has, or is at it. */
export async function lockMessage(db: Db, id: string): Promise<StoredMessage | null> {
  const { rows } = await db.query<StoredMessage>({
    name: 'lock-message',
    text: `${selectMessage} where message.id = $1 and message.state = 'pending' and message.form not in ('part', 'mail', 'post') for update of message skip locked`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** To which parts the part of this id belongs; null where it is none that waits. */
export async function findPartKey(
  db: Db,
  id: string,
): Promise<{ readonly key: Buffer; readonly total: number; readonly acceptedAt: Date } | null> {
  const { rows } = await db.query<{ key: Buffer; total: number; acceptedAt: Date }>({
    name: 'find-part-key',
    text: `
      select part_key as key, part_total as total, accepted_at as "acceptedAt" from messages
      where id = $1 and part_key is not null and state = 'pending'`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Has all who work on the parts of this key wait for each other until the transaction ends. */
export async function lockParts(db: Db, key: Buffer): Promise<void> {
  await db.query({
    name: 'lock-parts',
    text: `select pg_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 1708))`,
    values: [key],
  });
}

export type StoredPartRow = StoredMessage & {
  readonly number: number;
  /** Blind index of who sent it and what it says; null where it is never a copy. */
  readonly copyIndex: Buffer | null;
  readonly assemblyId: MessageId | null;
  readonly reportId: ReportId | null;
  readonly state: 'pending' | 'done';
};

/** The parts of this key accepted since then, those that were put together already among them. */
export async function listParts(db: Db, key: Buffer, since: Date): Promise<readonly StoredPartRow[]> {
  const { rows } = await db.query<StoredPartRow>({
    name: 'list-parts',
    text: `
      ${selectMessage}
      where message.part_key = $1 and message.accepted_at >= $2 and message.state <> 'set_aside'
      order by message.accepted_at, message.id`,
    values: [key, since],
  });
  return rows;
}

export type Finish = {
  /** The report that they became, or were added to. */
  readonly reportId: ReportId | null;
  readonly assemblyId: MessageId | null;
  readonly outcome: string;
};

export async function finishMessages(
  db: Db,
  ids: readonly MessageId[],
  { reportId, assemblyId, outcome }: Finish,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'finish-messages',
    text: `
      update messages set state = 'done', finished_at = $2, report_id = $3, assembly_id = $4, outcome = $5
      where id = any($1::uuid[]) and state = 'pending'`,
    values: [ids, now, reportId, assemblyId, outcome],
  });
}

/** Lets the receipts given for these messages lead to the report, and those given for their repeats while spooled. */
export async function leadReceiptsTo(db: Db, reportId: ReportId, ids: readonly MessageId[]): Promise<void> {
  await db.query({
    name: 'lead-receipts-to',
    text: `
      with repeats as (
        update receipt_aliases set report_id = $1 where report_id = any($2::uuid[])
      )
      insert into receipt_aliases (receipt, report_id)
      select receipt, $1 from messages where id = any($2::uuid[])
      on conflict (receipt) do nothing`,
    values: [reportId, ids],
  });
}

/** Parts that are not all there are looked at again then, unless another one comes before. */
export async function putOffMessages(db: Db, ids: readonly MessageId[], until: Date): Promise<void> {
  await db.query({
    name: 'put-off-messages',
    text: `update messages set due_at = $2 where id = any($1::uuid[]) and state = 'pending'`,
    values: [ids, until],
  });
}

/** Sets messages aside for staff, who see why. */
export async function setAsideMessages(
  db: Db,
  ids: readonly MessageId[],
  error: string,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'set-aside-messages',
    text: `
      update messages set state = 'set_aside', finished_at = $3, outcome = $2
      where id = any($1::uuid[]) and state = 'pending'`,
    values: [ids, error, now],
  });
}

/** A message still due so long after it was given out for the queue is given out again. */
const dueAgainMs = 30_000;

/**
 * Up to `limit` messages for the queue. One put off for longer than `longestMs` was put off by a process whose clock ran
 * ahead.
 */
export async function listDueMessages(
  db: Db,
  now: Date,
  longestMs: number,
  limit: number,
): Promise<readonly MessageId[]> {
  const { rows } = await db.query<{ id: MessageId }>({
    name: 'list-due-messages',
    text: `
      update messages set due_at = $2
      where id in (
        select id from messages where state = 'pending' and (due_at <= $1 or due_at > $4)
        order by due_at limit $3 for update skip locked
      )
      returning id`,
    values: [now, new Date(now.getTime() + dueAgainMs), limit, new Date(now.getTime() + longestMs)],
  });
  return rows.map(({ id }) => id);
}

/** The report somebody means, as far as an answer depends on it. */
export type AskedReport = {
  readonly reportId: ReportId;
  readonly receipt: Receipt;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  /** The phone number on file is the asker's. */
  readonly fromReporter: boolean;
  /** There is a phone number on file. */
  readonly reachable: boolean;
};

/** Null where no report is filed under this ID. */
export async function findAskedReport(
  db: Db,
  trackingId: string,
  phoneIndex: Buffer | null,
): Promise<AskedReport | null> {
  const { rows } = await db.query<AskedReport>({
    name: 'find-asked-report',
    text: `
      select report.id as "reportId", report.receipt, report.anonymous, report.confidential,
        coalesce(person.phone_index = $2, false) as "fromReporter", person.phone_index is not null as reachable
      from filings as filing
      join reports as report on report.id = filing.report_id
      left join report_identities as person on person.report_id = report.id
      where filing.tracking_id = $1`,
    values: [trackingId, phoneIndex],
  });
  return rows[0] ?? null;
}

/** A message for staff; never what it says or who sent it. */
export type SetAsideMessage = {
  readonly id: MessageId;
  readonly channel: ChannelName;
  readonly form: string;
  readonly receivedAt: Date;
  readonly outcome: string;
};

/** What is set aside, oldest first, at most `limit`. */
export async function listSetAsideMessages(db: Db, limit: number): Promise<readonly SetAsideMessage[]> {
  const { rows } = await db.query<SetAsideMessage>({
    text: `
      select id, channel, form, received_at as "receivedAt", outcome from messages
      where state = 'set_aside' order by finished_at limit $1`,
    values: [limit],
  });
  return rows;
}

/** Has a message that was set aside worked on again; false where it is not set aside. */
export async function retryMessage(db: Db, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'retry-message',
    text: `
      update messages set state = 'pending', finished_at = null, outcome = null, due_at = $2, taken_until = null,
        take_count = 0
      where id = $1 and state = 'set_aside'`,
    values: [id, now],
  });
  return rowCount === 1;
}
