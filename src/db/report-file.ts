import type { DeliveryLine, Hop, ReportFile } from '../domain/audiences/staff.ts';
import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** For staff, without identity and original; null where no report has this id or tracking ID. */
export async function findReportFile(db: Db, idOrTrackingId: string): Promise<ReportFile | null> {
  const { rows } = await db.query<ReportFile>({
    text: `
      select report.id as report_id, filing.tracking_id, report.channel, report.kind, report.title, report.text,
        nullif(concat_ws(', ', report.place_text, report.place_area_code,
          report.place_lat::text || ' ' || report.place_lon::text), '') as place,
        report.anonymous, report.confidential, report.received_at, filing.filed_at,
        first_filing.tracking_id as duplicate_of, copy.first_id as copy_of,
        (select count(*)::int from copies where first_id = report.id) as copies,
        report.channel = 'sms' and coalesce(report.external_id not like '%:id:%', true) as without_provider_id,
        held.reason as held_for, quarantine.error as quarantine_error,
        post.gone_at as post_gone_at, viral.since as viral_since, viral.post_count as viral_posts
      from reports as report
      left join filings as filing on filing.report_id = report.id
      left join filings as first_filing on first_filing.report_id = filing.duplicate_of
      left join copies as copy on copy.report_id = report.id
      left join held_reports as held on held.report_id = report.id and held.released_at is null
      left join quarantine on quarantine.report_id = report.id
      left join posts as post on post.report_id = report.id
      left join viral_cases as viral on viral.case_id = filing.case_id
      where filing.tracking_id = $1 or report.id::text = $1`,
    values: [idOrTrackingId],
  });
  return rows[0] ?? null;
}

export async function listHops(db: Db, reportId: ReportId): Promise<readonly Hop[]> {
  const { rows } = await db.query<Hop>({
    text: `
      select route.hop, route.agency_code, agency.name as agency_name, route.topic_code, route.reason,
        route.confidence, route.decided_at
      from routes as route join agencies as agency on agency.code = route.agency_code
      where route.report_id = $1
      order by route.hop`,
    values: [reportId],
  });
  return rows;
}

/** Each delivery with the outcome of its last attempt. */
export async function listDeliveriesOf(db: Db, reportId: ReportId): Promise<readonly DeliveryLine[]> {
  const { rows } = await db.query<DeliveryLine>({
    text: `
      select delivery.id, delivery.agency_code, delivery.state,
        (select count(*)::int from attempts where delivery_id = delivery.id) as attempt_count, delivery.next_attempt_at,
        delivery.finished_at, last.http_status as last_status, last.error as last_error
      from deliveries as delivery
      left join lateral (
        select http_status, error from attempts
        where delivery_id = delivery.id order by number desc limit 1
      ) as last on true
      where delivery.report_id = $1
      order by delivery.created_at`,
    values: [reportId],
  });
  return rows;
}

export type Quarantined = {
  readonly report_id: ReportId;
  readonly error: string;
  readonly quarantined_at: Date;
};

/** What stands in quarantine, and what could not even be unpacked, by the id to retry it with; oldest first, at most `limit`. */
export async function listQuarantined(db: Db, limit: number): Promise<readonly Quarantined[]> {
  const { rows } = await db.query<Quarantined>({
    text: `
      select report_id, error, quarantined_at from quarantine
      union all
      select id, error, set_aside_at from bundles where set_aside_at is not null
      order by quarantined_at limit $1`,
    values: [limit],
  });
  return rows;
}
