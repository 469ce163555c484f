import type { AgencyCode, ChannelName, Kind, NewReport, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What intake reads of a report; never the identity. */
export type UnfiledReport = Pick<
  NewReport,
  'channel' | 'kind' | 'title' | 'text' | 'place' | 'topic' | 'agency' | 'confidential' | 'receivedAt'
> & {
  readonly id: ReportId;
  readonly joins: string | null;
  /** Why staff should look at it first, as the door saw it; null as a rule. */
  readonly hold: string | null;
  /** Staff looked at it, and released it. */
  readonly released: boolean;
  /** Blind indexes: of the sender's number, and of the number and the words where another SMS may be a copy. */
  readonly phoneIndex: Buffer | null;
  readonly copyIndex: Buffer | null;
  /** The reporter left an e-mail address. */
  readonly hasEmail: boolean;
};

/**
 * The reports of the list that are still in the inbox, oldest first, locked until the transaction ends. One that
 * another worker holds, or has filed, is left out: whoever holds it will finish it.
 */
export async function lockUnfiled(db: Db, ids: readonly string[]): Promise<readonly UnfiledReport[]> {
  const { rows } = await db.query<Row>({
    name: 'lock-unfiled',
    text: `
      select report.id, report.channel, report.kind, report.title, report.text, report.place_text, report.place_lat,
        report.place_lon, report.place_area_code, report.topic_code, report.agency_code, report.confidential,
        report.received_at, report.joins, report.hold, held.report_id is not null as released, person.phone_index,
        person.copy_index, person.email_index is not null as has_email
      from inbox join reports as report on report.id = inbox.report_id
      left join report_identities as person on person.report_id = report.id
      left join held_reports as held on held.report_id = report.id
      where inbox.report_id = any($1::uuid[])
      order by report.received_at, report.id
      for update of inbox skip locked`,
    values: [ids],
  });
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    kind: row.kind,
    title: row.title,
    text: row.text,
    place:
      row.place_text === null && row.place_lat === null && row.place_area_code === null
        ? null
        : { text: row.place_text, lat: row.place_lat, lon: row.place_lon, areaCode: row.place_area_code },
    topic: row.topic_code,
    agency: row.agency_code,
    confidential: row.confidential,
    receivedAt: row.received_at,
    hold: row.hold,
    released: row.released,
    phoneIndex: row.phone_index,
    copyIndex: row.copy_index,
    hasEmail: row.has_email,
    joins: row.joins,
  }));
}

type Row = {
  id: ReportId;
  channel: ChannelName;
  kind: Kind;
  title: string | null;
  text: string;
  place_text: string | null;
  place_lat: number | null;
  place_lon: number | null;
  place_area_code: string | null;
  topic_code: string | null;
  agency_code: AgencyCode | null;
  confidential: boolean;
  received_at: Date;
  hold: string | null;
  released: boolean;
  phone_index: Buffer | null;
  copy_index: Buffer | null;
  has_email: boolean;
  joins: string | null;
};

export async function deleteFromInbox(db: Db, ids: readonly ReportId[]): Promise<void> {
  await db.query({
    name: 'delete-from-inbox',
    text: 'delete from inbox where report_id = any($1::uuid[])',
    values: [ids],
  });
}

/** A job that did not reach the queue is put there by the sweeper this long after the report came into the inbox, or a bundle. */
export const sweepAfterMs = 15_000;

/** How long whoever put a report on the queue again is left alone with it. */
const overdueAgainMs = 30_000;

/** Nobody puts a report off for longer: a time beyond it was written by a process whose clock ran ahead. */
const longestPutOffMs = 60_000;

/** Up to `limit` reports for the queue that should have been filed by `now`, and were not put on it lately. */
export async function listOverdueReports(db: Db, now: Date, limit: number): Promise<readonly ReportId[]> {
  const { rows } = await db.query<{ report_id: ReportId }>({
    name: 'take-overdue',
    text: `
      update inbox set enqueue_after = $2
      where report_id in (
        select report_id from inbox where enqueue_after <= $1 or enqueue_after > $4
        order by enqueue_after limit $3 for update skip locked
      )
      returning report_id`,
    values: [now, new Date(now.getTime() + overdueAgainMs), limit, new Date(now.getTime() + longestPutOffMs)],
  });
  return rows.map((row) => row.report_id);
}

/** As `listOverdueReports`, of bundles with up to `limit` reports in them, or of one. */
export async function listOverdueBundles(
  db: Db,
  now: Date,
  limit: number,
): Promise<readonly { readonly id: string; readonly size: number }[]> {
  const { rows } = await db.query<{ id: string; size: number }>({
    name: 'take-overdue-bundles',
    text: `
      with overdue as (
        select id, sum(size) over (order by enqueue_after, id) - size as ahead from bundles
        where set_aside_at is null and (enqueue_after <= $1 or enqueue_after > $4)
      )
      update bundles set enqueue_after = $2
      where id in (
        select id from bundles where id in (select id from overdue where ahead < $3) for update skip locked
      )
      returning id, size`,
    values: [now, new Date(now.getTime() + overdueAgainMs), limit, new Date(now.getTime() + longestPutOffMs)],
  });
  return rows;
}

/** Sets a report aside for staff: it leaves the inbox, keeps its receipt, and belongs to the national desk. */
export async function quarantineReport(db: Db, id: ReportId, error: string): Promise<void> {
  await db.query({
    name: 'quarantine-report',
    text: `
      with taken as (delete from inbox where report_id = $1 returning report_id)
      insert into quarantine (report_id, error) select report_id, $2 from taken`,
    values: [id, error],
  });
}

/** Puts a quarantined report back into the inbox, due at once; false where it is not quarantined. */
export async function releaseFromQuarantine(db: Db, id: ReportId, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'release-from-quarantine',
    text: `
      with released as (delete from quarantine where report_id = $1 returning report_id)
      insert into inbox (report_id, enqueue_after) select report_id, $2 from released`,
    values: [id, now],
  });
  return rowCount === 1;
}
