import type { Accepted, ChannelName, Receipt, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** A report, or a message that is none, as PostgreSQL and the spool take it: sealed, personal data in its words masked. */
export type InboxEntry = {
  /** Where it is stored. */
  readonly table: 'reports' | 'messages';
  /** Of a message its own. */
  readonly id: ReportId;
  readonly receipt: Receipt;
  readonly channel: ChannelName;
  readonly externalId: string | null;
  /** Blind index of the original, in base64; null without an external id. */
  readonly contentIndex: string | null;
  /** All of it as one JSON object; its members are named as the columns below. */
  readonly row: string;
};

/**
 * Stores what is new of the entries, in one statement: report, identity and inbox together or not at all. Returns the
 * ids that are new; an entry that is stored already, itself or another with its `(channel, externalId)`, is left out.
 * The entries travel as one JSON document: twenty arrays cost the gateway twice the time to write.
 */
export async function insertReports(
  db: Db,
  entries: readonly InboxEntry[],
  enqueueAfter: Date,
): Promise<ReadonlySet<ReportId>> {
  const { rows } = await db.query<{ id: ReportId }>({
    ...(entries.some(({ channel }) => channel === 'letter') ? insertWithLetters : insertWithoutLetters),
    values: [`[${entries.map((entry) => entry.row).join(',')}]`, enqueueAfter],
  });
  return new Set(rows.map((row) => row.id));
}

/** Both store the same. Looking for letters in every commit would cost each report a little: only staff write letters. */
const insertWithoutLetters = { name: 'insert-reports', text: insertStatement('') };
const insertWithLetters = {
  name: 'insert-reports-and-letters',
  text: insertStatement(`, lettered as (
        insert into letters (
          report_id, office_code, year, agenda_number, origin, written_on, received_on, entered_by
        )
        select report.id, letter.*
        from report join entry using (id)
        cross join lateral json_to_record(entry.letter) as letter (
          office_code text, year smallint, agenda_number text, origin text, written_on date, received_on date,
          entered_by uuid
        )
        where entry.letter is not null
      )`),
};

function insertStatement(more: string): string {
  return `
      with entry as (
        select * from json_to_recordset($1) as entry (
          id uuid, receipt text, channel text, external_id text, kind text, title text, text text, occurred_on date,
          place_text text, place_lat float8, place_lon float8, place_area_code text, topic_code text,
          agency_code text, anonymous boolean, confidential boolean, received_at timestamptz, hold text, joins text,
          key_id text, sealed text, phone_index text, email_index text, account_index text, content_index text,
          copy_index text, attachments json, letter json
        )
      ), report as (
        insert into reports (
          id, receipt, channel, external_id, kind, title, text, occurred_on, place_text, place_lat,
          place_lon, place_area_code, topic_code, agency_code, anonymous, confidential, received_at, hold, joins
        )
        select
          id, receipt, channel, external_id, kind, title, text, occurred_on, place_text, place_lat,
          place_lon, place_area_code, topic_code, agency_code, anonymous, confidential, received_at, hold, joins
        from entry
        on conflict do nothing
        returning id
      ), identity as (
        insert into report_identities (
          report_id, key_id, sealed, phone_index, email_index, account_index, content_index, copy_index
        )
        select report.id, entry.key_id, decode(entry.sealed, 'base64'), decode(entry.phone_index, 'base64'),
          decode(entry.email_index, 'base64'), decode(entry.account_index, 'base64'),
          decode(entry.content_index, 'base64'), decode(entry.copy_index, 'base64')
        from report join entry using (id)
      ), attached as (
        insert into attachments (id, report_id, position, type, bytes, sha256, state)
        select file.id, report.id, file.position, file.type, file.bytes, decode(file.sha256, 'hex'), file.state
        from report join entry using (id)
        cross join lateral json_to_recordset(entry.attachments) as file (
          id uuid, position smallint, type text, bytes integer, sha256 text, state text
        )
        -- the claim saw to it that nobody else has it; whatever happens, the report goes through
        on conflict (id) do nothing
      ), inboxed as (
        insert into inbox (report_id, enqueue_after) select id, $2 from report
      )${more}
      select id from report`;
}

/** What is stored instead of each entry: itself, or another report with its external id. None may be missing. */
export async function listAccepted(
  db: Db,
  entries: readonly InboxEntry[],
): Promise<ReadonlyMap<ReportId, Accepted>> {
  const { rows } = await db.query<{
    entry_id: ReportId;
    report_id: ReportId;
    receipt: Receipt;
    same_content: boolean;
  }>({
    name: 'list-accepted',
    text: `
      select entry.id as entry_id, report.id as report_id, report.receipt,
        report.id = entry.id or person.content_index = decode(entry.content_index, 'base64') as same_content
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as entry (id, channel, external_id, content_index)
      join lateral (
        select id, receipt from reports where id = entry.id
        union all
        select id, receipt from reports where channel = entry.channel and external_id = entry.external_id
        limit 1
      ) as report on true
      left join report_identities as person on person.report_id = report.id`,
    values: [
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.channel),
      entries.map((entry) => entry.externalId),
      entries.map((entry) => entry.contentIndex),
    ],
  });
  return new Map(
    rows.map((row) => [
      row.entry_id,
      {
        reportId: row.report_id,
        receipt: row.receipt,
        repeated: true,
        sameContent: row.same_content,
      },
    ]),
  );
}

export type ReceiptAlias = { readonly receipt: Receipt; readonly reportId: ReportId };

/** Lets each receipt lead to a report that has another one; one for a part leads to the report that became of it. */
export async function insertReceiptAliases(db: Db, aliases: readonly ReceiptAlias[]): Promise<void> {
  await db.query({
    text: `
      insert into receipt_aliases (receipt, report_id)
      select alias.receipt, coalesce(message.report_id, alias.report_id)
      from unnest($1::text[], $2::uuid[]) as alias (receipt, report_id)
      left join messages as message on message.id = alias.report_id
      on conflict (receipt) do nothing`,
    values: [aliases.map((alias) => alias.receipt), aliases.map((alias) => alias.reportId)],
  });
}
