import type { AgencyCode, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** How far a report has come on its way to its agency, for somebody who watches it. */
export type JourneyRow = {
  readonly report_id: ReportId;
  readonly receipt: string;
  readonly external_id: string;
  /** Of a post, or the first of a thread; null for all else. */
  readonly posted_at: Date | null;
  readonly tracking_id: string | null;
  /** Tracking ID of the first report of the case. */
  readonly duplicate_of: string | null;
  /** Receipt of the report it is a copy of. */
  readonly copy_of: string | null;
  /** Why staff should look at it before it is filed. */
  readonly held_for: string | null;
  readonly agency_code: AgencyCode | null;
  readonly agency_name: string | null;
  readonly delivery: 'pending' | 'waiting' | 'delivered' | 'refused' | null;
  /** Whether the agency has an active endpoint. */
  readonly endpoint: boolean;
  /** Why the last attempt was not accepted. */
  readonly error: string | null;
  readonly quarantined: boolean;
};

/**
 * The reports with these receipts, those that came as SMS under these external ids, and those that were posted at these moments;
 * a copy as far as its first is.
 */
export async function listJourneys(
  db: Db,
  receipts: readonly string[],
  smsIds: readonly string[],
  postedAt: readonly Date[],
): Promise<readonly JourneyRow[]> {
  const { rows } = await db.query<JourneyRow>({
    name: 'list-journeys',
    text: `
      select report.id as report_id, report.receipt, report.external_id, post.posted_at, filing.tracking_id,
        first_filing.tracking_id as duplicate_of, case when copy.first_id is not null then shown.receipt end as copy_of,
        held.reason as held_for, route.agency_code, agency.name as agency_name,
        delivery.state as delivery, endpoint.id is not null as endpoint, last.error,
        quarantine.report_id is not null as quarantined
      from (
        select id from reports where receipt = any($1)
        union
        select id from reports where channel = 'sms' and external_id = any($2)
        union
        select report_id from posts where posted_at = any($3)
      ) as wanted
      join reports as report on report.id = wanted.id
      left join posts as post on post.report_id = report.id
      left join copies as copy on copy.report_id = report.id
      join reports as shown on shown.id = coalesce(copy.first_id, report.id)
      left join filings as filing on filing.report_id = shown.id
      left join filings as first_filing on first_filing.report_id = filing.duplicate_of
      left join quarantine on quarantine.report_id = shown.id
      left join held_reports as held on held.report_id = shown.id and held.released_at is null
      left join lateral (
        select agency_code from routes where report_id = shown.id order by hop desc limit 1
      ) as route on true
      left join agencies as agency on agency.code = route.agency_code
      left join deliveries as delivery
        on delivery.report_id = shown.id and delivery.agency_code = route.agency_code and delivery.addition_id is null
      left join endpoints as endpoint on endpoint.agency_code = route.agency_code and endpoint.state = 'active'
      left join lateral (
        select error from attempts where delivery_id = delivery.id order by number desc limit 1
      ) as last on true`,
    values: [receipts, smsIds, postedAt],
  });
  return rows;
}

/** How many reports wait for the agency to pull them, or for an endpoint. */
export async function countWaitingFor(db: Db, agencyCode: AgencyCode): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'count-waiting-for',
    text: "select count(*)::int as count from deliveries where agency_code = $1 and state = 'waiting'",
    values: [agencyCode],
  });
  return rows[0]?.count ?? 0;
}
