import type { AgencyCode, ChannelName, ReportId } from '../domain/report.ts';
import { nationalDesk } from '../domain/routing/directory.ts';
import type { Db } from './pool.ts';

/**
 * Takes reports out of the inbox for staff to look at: they keep their receipts, belong to the national desk, and are not
 * filed until released.
 */
export async function holdReports(
  db: Db,
  held: readonly { readonly reportId: ReportId; readonly reason: string }[],
): Promise<void> {
  await db.query({
    name: 'hold-reports',
    text: `
      with held as (
        select * from unnest($1::uuid[], $2::text[]) as held (report_id, reason)
      ), taken as (
        delete from inbox using held where inbox.report_id = held.report_id
        returning held.report_id, held.reason
      )
      insert into held_reports (report_id, reason) select report_id, reason from taken`,
    values: [held.map(({ reportId }) => reportId), held.map(({ reason }) => reason)],
  });
}

export type HeldReport = {
  readonly report_id: ReportId;
  readonly channel: ChannelName;
  readonly text: string;
  readonly reason: string;
  readonly received_at: Date;
  readonly held_at: Date;
  /** How many copies of it came. */
  readonly copies: number;
};

/** What is held, longest first, at most `limit`. */
export async function listHeldReports(db: Db, limit: number): Promise<readonly HeldReport[]> {
  const { rows } = await db.query<HeldReport>({
    text: `
      select held.report_id, report.channel, report.text, held.reason, report.received_at, held.held_at,
        (select count(*)::int from copies where first_id = held.report_id) as copies
      from held_reports as held join reports as report on report.id = held.report_id
      where held.released_at is null
      order by held.held_at, held.report_id
      limit $1`,
    values: [limit],
  });
  return rows;
}

export async function countHeldReports(db: Db): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::int as count from held_reports where released_at is null',
  );
  return rows[0]?.count ?? 0;
}

/** The national desk, whose every held report is, also once it was released; null where it was never held. */
export async function findDeskOfHeldReport(db: Db, id: string): Promise<AgencyCode | null> {
  const { rowCount } = await db.query({
    text: 'select from held_reports where report_id = $1',
    values: [id],
  });
  return rowCount === 1 ? nationalDesk : null;
}

/** Puts a held report back into the inbox, due at once, never to be held again; false where it is not held. */
export async function releaseHeldReport(db: Db, id: ReportId, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    text: `
      with released as (
        update held_reports set released_at = $2 where report_id = $1 and released_at is null returning report_id
      )
      insert into inbox (report_id, enqueue_after) select report_id, $2 from released`,
    values: [id, now],
  });
  return rowCount === 1;
}

/** Likewise all that are held for this reason; returns how many. */
export async function releaseAllHeldFor(db: Db, reason: string, now: Date): Promise<number> {
  const { rowCount } = await db.query({
    text: `
      with released as (
        update held_reports set released_at = $2 where reason = $1 and released_at is null returning report_id
      )
      insert into inbox (report_id, enqueue_after) select report_id, $2 from released`,
    values: [reason, now],
  });
  return rowCount ?? 0;
}
