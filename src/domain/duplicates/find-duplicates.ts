import type { ReportId } from '../report.ts';

/** Who was first with a fingerprint, as PostgreSQL keeps it. */
export type Claim = { readonly fingerprint: Buffer; readonly reportId: ReportId };

export type Duplicate = { readonly of: ReportId; readonly reason: string };

/** Why a report is taken for a repeat, for staff. */
export const explainDuplicate = (sameReporter: boolean): string =>
  sameReporter
    ? 'teks, tempat dan pelapor sama dengan laporan sebelumnya'
    : 'teks dan tempat sama dengan laporan sebelumnya';

/** Why a report is linked that names an earlier one itself, for staff. */
export const joinReason = 'pelapor menyatakan kejadiannya sama ("saya juga")';

/**
 * Which reports of a batch repeat an earlier one, in the batch or stored. `claims` names for each fingerprint the
 * report that holds it now; a report that does not hold its own fingerprint is a duplicate of the one that does.
 */
export function findDuplicates(
  reports: readonly { readonly id: ReportId; readonly fingerprint: Buffer }[],
  claims: readonly Claim[],
): ReadonlyMap<ReportId, ReportId> {
  const holders = new Map(claims.map((claim) => [claim.fingerprint.toString('hex'), claim.reportId]));
  const duplicates = new Map<ReportId, ReportId>();
  for (const report of reports) {
    const holder = holders.get(report.fingerprint.toString('hex'));
    if (holder !== undefined && holder !== report.id) {
      duplicates.set(report.id, holder);
    }
  }
  return duplicates;
}
