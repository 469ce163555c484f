import type { AgencyCode, Place } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** The words of an earlier report, for comparing: they are shown to nobody. */
export type EarlierReport = {
  readonly trackingId: string;
  readonly title: string | null;
  readonly text: string;
  readonly place: Place | null;
  /** Reports of the same event, this one included. */
  readonly reports: number;
};

/**
 * The latest reports that were routed to this agency with one of these topics since `since`, the first of each event.
 * Confidential ones are not even read, nor those whose post is there no more.
 */
export async function listEarlierReports(
  db: Db,
  asked: { readonly agency: AgencyCode; readonly topics: readonly string[]; readonly since: Date },
  limit: number,
): Promise<readonly EarlierReport[]> {
  const { rows } = await db.query<Row>({
    name: 'list-earlier-reports',
    text: `
      select filing.tracking_id, report.title, report.text, report.place_text, report.place_lat, report.place_lon,
        report.place_area_code,
        1 + (select count(*)::int from filings as other
          where other.case_id = report.id and other.duplicate_of is not null) as reports
      from routes as route
      join filings as filing on filing.report_id = route.report_id and filing.duplicate_of is null
      join reports as report on report.id = route.report_id and not report.confidential
      where route.hop = 1 and route.agency_code = $1 and route.topic_code = any($2::text[]) and route.decided_at > $3
        and not exists (select from posts where posts.report_id = report.id and posts.gone_at is not null)
      order by route.decided_at desc
      limit $4`,
    values: [asked.agency, asked.topics, asked.since, limit],
  });
  return rows.map((row) => ({
    trackingId: row.tracking_id,
    title: row.title,
    text: row.text,
    place: {
      text: row.place_text,
      lat: row.place_lat,
      lon: row.place_lon,
      areaCode: row.place_area_code,
    },
    reports: row.reports,
  }));
}

type Row = {
  tracking_id: string;
  title: string | null;
  text: string;
  place_text: string | null;
  place_lat: number | null;
  place_lon: number | null;
  place_area_code: string | null;
  reports: number;
};
