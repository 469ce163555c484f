import type { ChannelName, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** A stored report as the export reads it, with its seal. */
export type ExportedRow = {
  readonly id: ReportId;
  readonly channel: ChannelName;
  readonly receivedAt: Date;
  readonly text: string;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  /** Of a copy: that of the first. */
  readonly trackingId: string | null;
  readonly filedAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly quarantinedAt: Date | null;
  readonly heldAt: Date | null;
  readonly isCopy: boolean;
  readonly keyId: string;
  readonly bytes: Buffer;
};

/** Up to `limit` reports behind `afterId`, in the order of their acceptance, to the millisecond; of one channel where it is given. */
export async function listForExport(
  db: Db,
  asked: { readonly afterId: string; readonly channel: ChannelName | null; readonly limit: number },
): Promise<readonly ExportedRow[]> {
  const { rows } = await db.query<ExportedRow>({
    text: `
      select report.id, report.channel, report.received_at as "receivedAt", report.text, report.anonymous,
        report.confidential, coalesce(filing.tracking_id, first_filing.tracking_id) as "trackingId",
        filing.filed_at as "filedAt", delivery.finished_at as "deliveredAt",
        quarantine.quarantined_at as "quarantinedAt", held.held_at as "heldAt", copy.report_id is not null as "isCopy",
        person.key_id as "keyId", person.sealed as bytes
      from reports as report
      join report_identities as person on person.report_id = report.id
      left join filings as filing on filing.report_id = report.id
      left join copies as copy on copy.report_id = report.id
      left join filings as first_filing on first_filing.report_id = copy.first_id
      left join quarantine on quarantine.report_id = report.id
      left join held_reports as held on held.report_id = report.id and held.released_at is null
      left join lateral (
        select agency_code from routes where report_id = report.id order by hop desc limit 1
      ) as route on true
      left join deliveries as delivery on delivery.report_id = report.id
        and delivery.agency_code = route.agency_code and delivery.addition_id is null and delivery.state = 'delivered'
      where report.id > $1 and ($2::text is null or report.channel = $2)
      order by report.id
      limit $3`,
    values: [asked.afterId, asked.channel, asked.limit],
  });
  return rows;
}
