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
 */
export async function insertReports(
  db: Db,
  entries: readonly InboxEntry[],
  enqueueAfter: Date,
): Promise<ReadonlySet<ReportId>> {
  const column = <T>(read: (entry: InboxEntry) => T): T[] => entries.map(read);
  const { rows } = await db.query<{ id: ReportId }>({
    name: 'insert-reports',
    text: `
      with entry as (
        select * from unnest(
          $1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::date[],
          $10::text[], $11::float8[], $12::float8[], $13::text[], $14::text[], $15::text[], $16::boolean[],
          $17::boolean[], $18::timestamptz[], $19::jsonb[], $20::text[], $21::bytea[]
        ) as e (
          id, receipt, channel, external_id, content_hash, kind, title, text, occurred_on,
          place_text, place_lat, place_lon, place_area_code, topic_code, agency_code, anonymous,
          confidential, received_at, identity, original_type, original
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
        select report.id, entry.identity, entry.original_type, entry.original, entry.content_hash
        from report join entry using (id)
      ), inboxed as (
        insert into inbox (report_id, enqueue_after) select id, $22 from report
      )
      select id from report`,
    values: [
      column((e) => e.id),
      column((e) => e.receipt),
      column((e) => e.report.channel),
      column((e) => e.report.externalId),
      column((e) => e.contentHash),
      column((e) => e.report.kind),
      column((e) => e.report.title),
      column((e) => e.report.text),
      column((e) => e.report.occurredOn),
      column((e) => e.report.place?.text ?? null),
      column((e) => e.report.place?.lat ?? null),
      column((e) => e.report.place?.lon ?? null),
      column((e) => e.report.place?.areaCode ?? null),
      column((e) => e.report.topic),
      column((e) => e.report.agency),
      column((e) => e.report.anonymous),
      column((e) => e.report.confidential),
      column((e) => e.report.receivedAt),
      column((e) => (e.report.identity === null ? null : JSON.stringify(e.report.identity))),
      column((e) => e.report.original.contentType),
      column((e) => e.report.original.body),
      enqueueAfter,
    ],
  });
  return new Set(rows.map((row) => row.id));
}

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
