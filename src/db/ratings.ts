import type { ChannelName, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** How the reporter judges what became of the report: 1 (bad) to 5 (good). */
export type Rating = {
  readonly reportId: ReportId;
  readonly rating: number;
  readonly channel: ChannelName;
  readonly ratedAt: Date;
};

/** The last word counts: a rating given later replaces the one before, one that arrives late does not. */
export async function recordRating(db: Db, { reportId, rating, channel, ratedAt }: Rating): Promise<void> {
  await db.query({
    name: 'record-rating',
    text: `
      insert into ratings (report_id, rating, channel, rated_at) values ($1, $2, $3, $4)
      on conflict (report_id) do update set rating = $2, channel = $3, rated_at = $4
      where ratings.rated_at <= $4`,
    values: [reportId, rating, channel, ratedAt],
  });
}

/** Null where the report was not rated. */
export async function findRating(db: Db, reportId: ReportId): Promise<Rating | null> {
  const { rows } = await db.query<Rating>({
    name: 'find-rating',
    text: `
      select report_id as "reportId", rating, channel, rated_at as "ratedAt" from ratings where report_id = $1`,
    values: [reportId],
  });
  return rows[0] ?? null;
}
