import type { AgencyCode, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** The report that another one joins: the first of its case, and who has the case now. */
export type Joined = {
  readonly first: ReportId;
  readonly agency: AgencyCode;
  readonly topic: string | null;
};

/**
 * The reports behind these tracking IDs. A confidential one, or one whose case began with a confidential one, is left out:
 * nobody joins what nobody may know of.
 */
export async function listJoined(
  db: Db,
  trackingIds: readonly string[],
): Promise<ReadonlyMap<string, Joined>> {
  const { rows } = await db.query<{
    tracking_id: string;
    case_id: ReportId;
    agency_code: AgencyCode;
    topic_code: string | null;
  }>({
    name: 'list-joined',
    text: `
      select filing.tracking_id, filing.case_id, route.agency_code, route.topic_code
      from filings as filing
      join reports as report on report.id = filing.report_id and not report.confidential
      join reports as first on first.id = filing.case_id and not first.confidential
      join lateral (
        select agency_code, topic_code from routes where report_id = filing.case_id order by hop desc limit 1
      ) as route on true
      where filing.tracking_id = any($1::text[])`,
    values: [trackingIds],
  });
  return new Map(
    rows.map((row) => [
      row.tracking_id,
      { first: row.case_id, agency: row.agency_code, topic: row.topic_code },
    ]),
  );
}
