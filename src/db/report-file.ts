import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** Everything staff may see of a report in one piece; never the identity nor the original message. */
export type ReportFile = {
  readonly report_id: ReportId;
  readonly tracking_id: string | null;
  readonly channel: string;
  readonly kind: string;
  readonly title: string | null;
  readonly text: string;
  readonly place: string | null;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly received_at: Date;
  readonly filed_at: Date | null;
  readonly duplicate_of: string | null;
  readonly quarantine_error: string | null;
};

/** Null where no report has this id or tracking ID. */
export async function findReportFile(db: Db, idOrTrackingId: string): Promise<ReportFile | null> {
  const { rows } = await db.query<ReportFile>({
    text: `
      select report.id as report_id, filing.tracking_id, report.channel, report.kind, report.title, report.text,
        nullif(concat_ws(', ', report.place_text, report.place_area_code,
          report.place_lat::text || ' ' || report.place_lon::text), '') as place,
        report.anonymous, report.confidential, report.received_at, filing.filed_at,
        first_filing.tracking_id as duplicate_of, quarantine.error as quarantine_error
      from reports as report
      left join filings as filing on filing.report_id = report.id
      left join filings as first_filing on first_filing.report_id = filing.duplicate_of
      left join quarantine on quarantine.report_id = report.id
      where filing.tracking_id = $1 or report.id::text = $1`,
    values: [idOrTrackingId],
  });
  return rows[0] ?? null;
}

export type Hop = {
  readonly hop: number;
  readonly agency_code: string;
  readonly agency_name: string;
  readonly topic_code: string | null;
  readonly reason: string;
  readonly confidence: number;
  readonly decided_at: Date;
};

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

export type DeliveryLine = {
  readonly id: string;
  readonly agency_code: string;
  readonly state: string;
  readonly attempt_count: number;
  readonly next_attempt_at: Date;
  readonly finished_at: Date | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
};

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

/** What stands in quarantine, oldest first, at most `limit`. */
export async function listQuarantined(db: Db, limit: number): Promise<readonly Quarantined[]> {
  const { rows } = await db.query<Quarantined>({
    text: 'select report_id, error, quarantined_at from quarantine order by quarantined_at limit $1',
    values: [limit],
  });
  return rows;
}
