import type { ProgressRecord } from '../domain/progress.ts';
import type { AgencyCode, ChannelName, Kind, ReportId } from '../domain/report.ts';
import { type BundledReport, findBundledReport } from './bundles.ts';
import type { Db } from './pool.ts';

/** For the reporter, whose copies lead to what became of the first; null where nobody was given this receipt. */
export async function findProgressByReceipt(db: Db, receipt: string): Promise<ProgressRecord | null> {
  // PostgreSQL knows no NUL, and answers who asks for one with an error.
  if (receipt.includes('\0')) return null;
  // First there, because it leaves for the table below in one moment: looked for in this order it is always found.
  const bundled = await findBundledReport(db, receipt);
  if (bundled !== null) return toUnfiledRecord(bundled);
  const { rows } = await db.query<Row>({
    name: 'find-progress-by-receipt',
    text: `${selectProgress} where report.id = (
      select coalesce(copy.first_id, given.id) from (
        select id from reports where receipt = $1
        union all select report_id from receipt_aliases where receipt = $1
        limit 1
      ) as given left join copies as copy on copy.report_id = given.id
    )`,
    values: [receipt],
  });
  return rows[0] === undefined ? null : toRecord(rows[0]);
}

/** For the public: a confidential report, which its audience would be denied anyway, is not even read. */
export async function findProgressByTrackingId(db: Db, trackingId: string): Promise<ProgressRecord | null> {
  const { rows } = await db.query<Row>({
    name: 'find-progress-by-tracking-id',
    text: `${selectProgress} where filing.tracking_id = $1 and not report.confidential`,
    values: [trackingId],
  });
  return rows[0] === undefined ? null : toRecord(rows[0]);
}

/** For all whose reporters are watching, in one query. */
export async function listProgress(
  db: Db,
  reportIds: readonly ReportId[],
): Promise<readonly ProgressRecord[]> {
  const { rows } = await db.query<Row>({
    name: 'list-progress',
    text: `${selectProgress} where report.id = any($1::uuid[])`,
    values: [reportIds],
  });
  return rows.map(toRecord);
}

const selectProgress = `
  select report.id, report.received_at, report.kind, report.channel, report.title, report.anonymous,
    report.confidential, filing.tracking_id,
    filing.filed_at, quarantine.quarantined_at, held.held_at, first_filing.tracking_id as first_tracking_id,
    first_report.confidential as first_confidential, route.agency_code,
    coalesce(agency.name, route.agency_code) as agency_name, topic.name as topic_name, route.reason, route.decided_at,
    delivery.finished_at as delivered_at, rating.rating,
    (select count(*)::int from additions where report_id = report.id and note is null) as addition_count, post.gone_at
  from reports as report
  left join filings as filing on filing.report_id = report.id
  left join quarantine on quarantine.report_id = report.id
  left join held_reports as held on held.report_id = report.id and held.released_at is null
  left join filings as first_filing on first_filing.report_id = filing.duplicate_of
  left join reports as first_report on first_report.id = first_filing.report_id
  left join lateral (
    select agency_code, topic_code, reason, decided_at from routes
    where report_id = report.id order by hop desc limit 1
  ) as route on true
  left join agencies as agency on agency.code = route.agency_code
  left join topics as topic on topic.code = route.topic_code
  left join deliveries as delivery on delivery.report_id = report.id
    and delivery.agency_code = route.agency_code and delivery.addition_id is null and delivery.state = 'delivered'
  left join ratings as rating on rating.report_id = report.id
  left join posts as post on post.report_id = report.id`;

type Row = {
  id: ReportId;
  received_at: Date;
  kind: Kind;
  channel: ChannelName;
  title: string | null;
  anonymous: boolean;
  confidential: boolean;
  tracking_id: string | null;
  filed_at: Date | null;
  quarantined_at: Date | null;
  held_at: Date | null;
  rating: number | null;
  addition_count: number;
  gone_at: Date | null;
} & ({ first_tracking_id: null } | { first_tracking_id: string; first_confidential: boolean }) &
  (
    | { agency_code: null }
    | {
        agency_code: AgencyCode;
        agency_name: string;
        topic_name: string | null;
        reason: string;
        decided_at: Date;
        delivered_at: Date | null;
      }
  );

/** Its title is sealed with the rest of it until it is unpacked. */
function toUnfiledRecord({
  id,
  setAsideAt,
  kind,
  channel,
  anonymous,
  confidential,
  receivedAtMs,
}: BundledReport & { readonly setAsideAt: Date | null }): ProgressRecord {
  return {
    reportId: id,
    kind,
    channel,
    title: null,
    anonymous,
    confidential,
    receivedAt: new Date(receivedAtMs),
    trackingId: null,
    filedAt: null,
    quarantinedAt: setAsideAt,
    heldAt: null,
    first: null,
    route: null,
    withdrawnAt: null,
    additionCount: 0,
    rating: null,
  };
}

function toRecord(row: Row): ProgressRecord {
  return {
    reportId: row.id,
    kind: row.kind,
    channel: row.channel,
    title: row.title,
    anonymous: row.anonymous,
    confidential: row.confidential,
    receivedAt: row.received_at,
    trackingId: row.tracking_id,
    filedAt: row.filed_at,
    quarantinedAt: row.quarantined_at,
    heldAt: row.held_at,
    first:
      row.first_tracking_id === null
        ? null
        : { trackingId: row.first_tracking_id, confidential: row.first_confidential },
    route:
      row.agency_code === null
        ? null
        : {
            agencyCode: row.agency_code,
            agencyName: row.agency_name,
            topicName: row.topic_name,
            reason: row.reason,
            decidedAt: row.decided_at,
            deliveredAt: row.delivered_at,
          },
    withdrawnAt: row.gone_at,
    additionCount: row.addition_count,
    rating: row.rating,
  };
}
