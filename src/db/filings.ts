import type { Claim } from '../domain/duplicates/find-duplicates.ts';
import type { AgencyCode, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/**
 * Claims each fingerprint for its report unless another report holds it since `windowStart`, and returns who holds
 * each now. The unique key makes racing workers wait for each other here, and sorting keeps them from waiting in a
 * circle. The list must not name a fingerprint twice.
 */
export async function claimFingerprints(
  db: Db,
  claims: readonly (Claim & { readonly receivedAt: Date })[],
  windowStart: Date,
): Promise<readonly Claim[]> {
  const sorted = claims.toSorted((a, b) => a.fingerprint.compare(b.fingerprint));
  const { rows } = await db.query<{ fingerprint: Buffer; report_id: ReportId }>({
    name: 'claim-fingerprints',
    text: `
      insert into fingerprints as held (fingerprint, report_id, received_at)
      select * from unnest($1::bytea[], $2::uuid[], $3::timestamptz[])
      on conflict (fingerprint) do update set
        report_id = case when held.received_at < $4 then excluded.report_id else held.report_id end,
        received_at = case when held.received_at < $4 then excluded.received_at else held.received_at end
      returning held.fingerprint, held.report_id`,
    values: [
      sorted.map((claim) => claim.fingerprint),
      sorted.map((claim) => claim.reportId),
      sorted.map((claim) => claim.receivedAt),
      windowStart,
    ],
  });
  return rows.map((row) => ({ fingerprint: row.fingerprint, reportId: row.report_id }));
}

export type Filing = {
  readonly reportId: ReportId;
  readonly trackingId: string;
  readonly duplicateOf: ReportId | null;
  readonly duplicateReason: string | null;
};

/** Fails with the constraint `filings_tracking_id_key` where a tracking ID is taken: the caller mints again. */
export async function insertFilings(db: Db, filings: readonly Filing[]): Promise<void> {
  await db.query({
    name: 'insert-filings',
    text: `
      insert into filings (report_id, tracking_id, case_id, duplicate_of, duplicate_reason)
      select report_id, tracking_id, coalesce(duplicate_of, report_id), duplicate_of, duplicate_reason
      from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[])
        as filing (report_id, tracking_id, duplicate_of, duplicate_reason)`,
    values: [
      filings.map((filing) => filing.reportId),
      filings.map((filing) => filing.trackingId),
      filings.map((filing) => filing.duplicateOf),
      filings.map((filing) => filing.duplicateReason),
    ],
  });
}

export type FirstRoute = {
  readonly reportId: ReportId;
  readonly agency: AgencyCode;
  readonly topic: string | null;
  readonly reason: string;
  readonly confidence: number;
};

/** The first hop of each report; later hops are added when an agency hands it on. */
export async function insertFirstRoutes(db: Db, routes: readonly FirstRoute[]): Promise<void> {
  await db.query({
    name: 'insert-first-routes',
    text: `
      insert into routes (report_id, hop, agency_code, topic_code, reason, confidence)
      select report_id, 1, agency_code, topic_code, reason, confidence
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::real[])
        as route (report_id, agency_code, topic_code, reason, confidence)`,
    values: [
      routes.map((route) => route.reportId),
      routes.map((route) => route.agency),
      routes.map((route) => route.topic),
      routes.map((route) => route.reason),
      routes.map((route) => route.confidence),
    ],
  });
}

/** The tracking IDs of those of the reports that are filed by now. */
export async function listTrackingIds(
  db: Db,
  ids: readonly ReportId[],
): Promise<ReadonlyMap<ReportId, string>> {
  const { rows } = await db.query<{ report_id: ReportId; tracking_id: string }>({
    name: 'list-tracking-ids',
    text: 'select report_id, tracking_id from filings where report_id = any($1::uuid[])',
    values: [ids],
  });
  return new Map(rows.map((row) => [row.report_id, row.tracking_id]));
}
