import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** Takes reports out of the inbox for staff to look at: they keep their receipts, and are not filed until released. */
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
