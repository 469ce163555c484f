import type { AgencyCode, ChannelName, Kind } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** How far a report has come, in what its reporter or the public may see. */
export type Progress = {
  readonly receivedAt: Date;
  readonly kind: Kind;
  readonly channel: ChannelName;
  /** 12 digits; null until the report is filed. */
  readonly trackingId: string | null;
  readonly status: 'accepted' | 'in_review' | 'forwarded' | 'delivered';
  /** Only for the holder of the receipt. */
  readonly title: string | null;
  readonly agencyCode: AgencyCode | null;
  readonly agencyName: string | null;
  readonly topicName: string | null;
  /** Why this agency, in words. */
  readonly reason: string | null;
  /** Tracking ID of the first report of the case, where that one is not confidential. */
  readonly duplicateOf: string | null;
  readonly events: readonly ProgressEvent[];
};

export type ProgressEvent = {
  readonly at: Date;
  readonly what: 'received' | 'quarantined' | 'filed' | 'routed' | 'delivered';
  readonly agencyName: string | null;
};

/** The reporter's view; null where nobody was given this receipt. */
export async function findProgressByReceipt(db: Db, receipt: string): Promise<Progress | null> {
  // PostgreSQL knows no NUL, and answers who asks for one with an error.
  if (receipt.includes('\0')) return null;
  const { rows } = await db.query<Row>({
    name: 'find-progress-by-receipt',
    text: `${selectProgress} where report.id = (
      select id from reports where receipt = $1
      union all select report_id from receipt_aliases where receipt = $1
      limit 1
    )`,
    values: [receipt],
  });
  return rows[0] === undefined ? null : toProgress(rows[0]);
}

/** The public's view: null for a confidential report exactly as for an unknown ID, and never a title. */
export async function findProgressByTrackingId(db: Db, trackingId: string): Promise<Progress | null> {
  const { rows } = await db.query<Row>({
    name: 'find-progress-by-tracking-id',
    text: `${selectProgress} where filing.tracking_id = $1 and not report.confidential`,
    values: [trackingId],
  });
  return rows[0] === undefined ? null : { ...toProgress(rows[0]), title: null };
}

const selectProgress = `
  select report.received_at, report.kind, report.channel, report.title, filing.tracking_id, filing.filed_at,
    quarantine.quarantined_at, first_filing.tracking_id as duplicate_of, route.agency_code, agency.name as agency_name,
    topic.name as topic_name, route.reason, route.decided_at, delivery.finished_at as delivered_at
  from reports as report
  left join filings as filing on filing.report_id = report.id
  left join quarantine on quarantine.report_id = report.id
  left join reports as first_report on first_report.id = filing.duplicate_of and not first_report.confidential
  left join filings as first_filing on first_filing.report_id = first_report.id
  left join lateral (
    select agency_code, topic_code, reason, decided_at from routes
    where report_id = report.id order by hop desc limit 1
  ) as route on true
  left join agencies as agency on agency.code = route.agency_code
  left join topics as topic on topic.code = route.topic_code
  left join deliveries as delivery on delivery.report_id = report.id
    and delivery.agency_code = route.agency_code and delivery.state = 'delivered'`;

type Row = {
  received_at: Date;
  kind: Kind;
  channel: ChannelName;
  title: string | null;
  tracking_id: string | null;
  filed_at: Date | null;
  quarantined_at: Date | null;
  duplicate_of: string | null;
  agency_code: AgencyCode | null;
  agency_name: string | null;
  topic_name: string | null;
  reason: string | null;
  decided_at: Date | null;
  delivered_at: Date | null;
};

function toProgress(row: Row): Progress {
  const event = (
    what: ProgressEvent['what'],
    at: Date | null,
    agencyName: string | null = null,
  ): ProgressEvent[] => (at === null ? [] : [{ what, at, agencyName }]);
  return {
    receivedAt: row.received_at,
    kind: row.kind,
    channel: row.channel,
    trackingId: row.tracking_id,
    status:
      row.delivered_at !== null
        ? 'delivered'
        : row.filed_at !== null
          ? 'forwarded'
          : row.quarantined_at !== null
            ? 'in_review'
            : 'accepted',
    title: row.title,
    agencyCode: row.agency_code,
    agencyName: row.agency_name,
    topicName: row.topic_name,
    reason: row.reason,
    duplicateOf: row.duplicate_of,
    events: [
      ...event('received', row.received_at),
      ...event('quarantined', row.quarantined_at),
      ...event('filed', row.filed_at),
      ...event('routed', row.decided_at, row.agency_name),
      ...event('delivered', row.delivered_at, row.agency_name),
    ],
  };
}
