import type { ChannelName, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What a reporter said after the report, masked; as written it is in the seal of the same id. */
export type Addition = {
  readonly id: string;
  readonly reportId: ReportId;
  readonly channel: ChannelName;
  /** Empty where files alone were added. */
  readonly text: string;
  readonly receivedAt: Date;
};

/** False where it is stored already. */
export async function insertAddition(
  db: Db,
  addition: Addition & {
    readonly fileCount: number;
    /** Of a post that was edited, which reads so now: 2 after the first edit; null for what is said besides. */
    readonly version?: number | null;
  },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'insert-addition',
    text: `
      insert into additions (id, report_id, channel, text, received_at, file_count, version)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict do nothing`,
    values: [
      addition.id,
      addition.reportId,
      addition.channel,
      addition.text,
      addition.receivedAt,
      addition.fileCount,
      addition.version ?? null,
    ],
  });
  return rowCount === 1;
}

/** What the reporter said, oldest first. */
export async function listAdditions(db: Db, reportId: ReportId): Promise<readonly Addition[]> {
  const { rows } = await db.query<Addition>({
    name: 'list-additions',
    text: `
      select id, report_id as "reportId", channel, text, received_at as "receivedAt" from additions
      where report_id = $1 and note is null order by received_at, id`,
    values: [reportId],
  });
  return rows;
}

/** Up to `limit` additions that no agency was given, because none had their report, and one has now. */
export async function listRoutedAdditions(
  db: Db,
  limit: number,
): Promise<readonly { readonly additionId: string; readonly reportId: ReportId }[]> {
  const { rows } = await db.query<{ additionId: string; reportId: ReportId }>({
    name: 'list-routed-additions',
    text: `
      select addition.id as "additionId", addition.report_id as "reportId"
      from additions as addition left join copies as copy on copy.report_id = addition.report_id
      where addition.awaits_route
        and exists (select from routes where report_id = coalesce(copy.first_id, addition.report_id))
      limit $1`,
    values: [limit],
  });
  return rows;
}
