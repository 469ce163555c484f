import type { AgencyCode, ReportId } from '../domain/report.ts';
import type { Surge } from '../domain/surge.ts';
import type { Db } from './pool.ts';

/** Cases that many posted about within an hour. A case has the id of its first report. */

/**
 * Those of the cases that the posts were filed into, each with the moments of its posts within an hour of these, their own among
 * them. Holds the cases until the transaction ends: who files about one of them at the same time counts after us, and counts what
 * we filed.
 */
export async function lockPostsOfCases(
  db: Db,
  reportIds: readonly ReportId[],
): Promise<ReadonlyMap<ReportId, readonly Date[]>> {
  await db.query({
    name: 'put-posts-into-cases',
    text: `
      update posts set case_id = filing.case_id from filings as filing
      where posts.report_id = any($1::uuid[]) and filing.report_id = posts.report_id`,
    values: [reportIds],
  });
  // A statement of its own: the next one sees what was committed while this one waited. Sorted, so that nobody waits in a circle.
  await db.query({
    name: 'lock-cases',
    text: `
      select from filings as first
      where first.report_id in (select case_id from filings where report_id = any($1::uuid[]))
      order by first.report_id for no key update`,
    values: [reportIds],
  });
  const { rows } = await db.query<{ case_id: ReportId; moments: readonly number[] }>({
    name: 'list-posts-of-cases',
    text: `
      with own as (
        select case_id, min(posted_at) - interval '1 hour' as earliest, max(posted_at) + interval '1 hour' as latest
        from posts where report_id = any($1::uuid[]) and case_id is not null
        group by case_id
      )
      select own.case_id, array_agg(extract(epoch from post.posted_at)::float8 * 1000) as moments
      from own join posts as post on post.case_id = own.case_id and post.posted_at between own.earliest and own.latest
      group by own.case_id`,
    values: [reportIds],
  });
  return new Map(rows.map((row) => [row.case_id, row.moments.map((ms) => new Date(ms))]));
}

/** Marks cases, once each; the count of one that is marked only grows. Returns those that were not. */
export async function recordSurges(
  db: Db,
  surges: ReadonlyMap<ReportId, Surge>,
): Promise<readonly ReportId[]> {
  const { rows } = await db.query<{ case_id: ReportId; is_new: boolean }>({
    name: 'record-surges',
    // A row that nobody has changed was never there before: it has no xmax.
    text: `
      insert into viral_cases (case_id, since, post_count)
      select * from unnest($1::uuid[], $2::timestamptz[], $3::integer[])
      on conflict (case_id) do update set post_count = excluded.post_count
        where excluded.post_count > viral_cases.post_count
      returning case_id, xmax = 0 as is_new`,
    values: [
      [...surges.keys()],
      [...surges.values()].map(({ since }) => since),
      [...surges.values()].map(({ posts }) => posts),
    ],
  });
  return rows.flatMap((row) => (row.is_new ? [row.case_id] : []));
}

/** Which agency has each of these reports now; one that none has is left out. */
export async function listAgenciesOf(
  db: Db,
  reportIds: readonly ReportId[],
): Promise<ReadonlyMap<ReportId, AgencyCode>> {
  const { rows } = await db.query<{ report_id: ReportId; agency_code: AgencyCode }>({
    name: 'list-agencies-of',
    text: `
      select distinct on (report_id) report_id, agency_code from routes
      where report_id = any($1::uuid[]) order by report_id, hop desc`,
    values: [reportIds],
  });
  return new Map(rows.map((row) => [row.report_id, row.agency_code]));
}

/** A viral case as staff see it. */
export type ViralCase = Surge & {
  readonly caseId: ReportId;
  /** Of the first report, and who has it now. */
  readonly trackingId: string;
  readonly agency: AgencyCode;
};

/** Newest first, those whose first report these agencies have, or all where it is null. */
export async function listViralCases(
  db: Db,
  agencies: readonly AgencyCode[] | null,
  limit: number,
): Promise<readonly ViralCase[]> {
  const { rows } = await db.query<ViralCase>({
    name: 'list-viral-cases',
    text: `
      select viral.case_id as "caseId", viral.since, viral.post_count as posts, filing.tracking_id as "trackingId",
        route.agency_code as agency
      from viral_cases as viral
      join filings as filing on filing.report_id = viral.case_id
      join lateral (
        select agency_code from routes where report_id = viral.case_id order by hop desc limit 1
      ) as route on $1::text[] is null or route.agency_code = any($1)
      order by viral.since desc, viral.case_id
      limit $2`,
    values: [agencies, limit],
  });
  return rows;
}

/** How many of these became viral within the last 24 hours. */
export async function countNewViralCases(db: Db, agencies: readonly AgencyCode[] | null): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'count-new-viral-cases',
    text: `
      select count(*)::int as count from viral_cases as viral
      join lateral (
        select agency_code from routes where report_id = viral.case_id order by hop desc limit 1
      ) as route on $1::text[] is null or route.agency_code = any($1)
      where viral.since > now() - interval '24 hours'`,
    values: [agencies],
  });
  return rows[0]?.count ?? 0;
}
