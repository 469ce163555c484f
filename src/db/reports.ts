import type { Accepted, NewReport, Receipt, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** A report as `accept` hands it over: what the channel normalized, with the names it will be known by. */
export type InboxEntry = {
  readonly id: ReportId;
  readonly receipt: Receipt;
  /** SHA-256 of the original. */
  readonly contentHash: Buffer;
  readonly report: NewReport;
};

/**
 * Stores what is new of the entries, in one statement: report, identity and inbox together or not at all. Returns the
 * ids that are new; an entry whose `(channel, externalId)` is stored already, or comes twice in the list, is left out.
 * The entries travel as one JSON document: twenty arrays cost the gateway twice the time to write.
 */
export async function insertReports(
  db: Db,
  entries: readonly InboxEntry[],
  enqueueAfter: Date,
): Promise<ReadonlySet<ReportId>> {
  const { rows } = await db.query<{ id: ReportId }>({
    name: 'insert-reports',
    text: `
      with entry as (
        select * from json_to_recordset($1) as entry (
          id uuid, receipt text, channel text, external_id text, content_hash text, kind text, title text, text text,
          occurred_on date, place_text text, place_lat float8, place_lon float8, place_area_code text,
          topic_code text, agency_code text, anonymous boolean, confidential boolean, received_at timestamptz,
          identity jsonb, original_type text, original text
        )
      ), report as (
        insert into reports (
          id, receipt, channel, external_id, kind, title, text, occurred_on, place_text, place_lat,
          place_lon, place_area_code, topic_code, agency_code, anonymous, confidential, received_at
        )
        select
          id, receipt, channel, external_id, kind, title, text, occurred_on, place_text, place_lat,
          place_lon, place_area_code, topic_code, agency_code, anonymous, confidential, received_at
        from entry
        on conflict (channel, external_id) do nothing
        returning id
      ), identity as (
        insert into report_identities (report_id, identity, original_type, original, content_hash)
        select report.id, entry.identity, entry.original_type, decode(entry.original, 'base64'),
          decode(entry.content_hash, 'base64')
        from report join entry using (id)
      ), inboxed as (
        insert into inbox (report_id, enqueue_after) select id, $2 from report
      )
      select id from report`,
    values: [JSON.stringify(entries.map(toRow)), enqueueAfter],
  });
  return new Set(rows.map((row) => row.id));
}

const toRow = ({ id, receipt, contentHash, report }: InboxEntry) => ({
  id,
  receipt,
  channel: report.channel,
  external_id: report.externalId,
  content_hash: contentHash.toString('base64'),
  kind: report.kind,
  title: report.title,
  text: report.text,
  occurred_on: report.occurredOn,
  place_text: report.place?.text,
  place_lat: report.place?.lat,
  place_lon: report.place?.lon,
  place_area_code: report.place?.areaCode,
  topic_code: report.topic,
  agency_code: report.agency,
  anonymous: report.anonymous,
  confidential: report.confidential,
  received_at: report.receivedAt,
  identity: report.identity,
  original_type: report.original.contentType,
  original: report.original.body.toString('base64'),
});

/** What was accepted before under the entries' external ids, in the order of the entries. */
export async function listAccepted(db: Db, entries: readonly InboxEntry[]): Promise<readonly Accepted[]> {
  const { rows } = await db.query<{ report_id: ReportId; receipt: Receipt; same_content: boolean }>({
    name: 'list-accepted',
    text: `
      select report.id as report_id, report.receipt, person.content_hash = entry.content_hash as same_content
      from unnest($1::text[], $2::text[], $3::bytea[]) with ordinality
        as entry (channel, external_id, content_hash, position)
      join reports as report using (channel, external_id)
      join report_identities as person on person.report_id = report.id
      order by entry.position`,
    values: [
      entries.map((entry) => entry.report.channel),
      entries.map((entry) => entry.report.externalId),
      entries.map((entry) => entry.contentHash),
    ],
  });
  return rows.map((row) => ({
    reportId: row.report_id,
    receipt: row.receipt,
    repeated: true,
    sameContent: row.same_content,
  }));
}
