import type { Pool } from '../db/pool.ts';
import { findReportFile } from '../db/report-file.ts';
import type { ReportFile } from '../domain/audiences/staff.ts';
import { parseTrackingId } from '../domain/tracking-id.ts';
import { AppError } from '../errors.ts';

/** The report somebody means by a tracking ID or a report id. Throws `AppError` `invalid` or `not-found`. */
export async function findReport(db: Pool, typed: string): Promise<ReportFile> {
  const isReportId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(typed);
  const parsed = isReportId ? { trackingId: typed.toLowerCase() } : parseTrackingId(typed);
  if (parsed === 'mistyped') {
    throw new AppError(
      'invalid',
      `${typed} is no tracking ID: a digit is wrong or missing. It has 12 digits.`,
    );
  }
  const report = await findReportFile(db, parsed.trackingId);
  if (report === null) {
    const hint = isReportId ? ' One that could not be unpacked is in "lapor report quarantine" alone.' : '';
    throw new AppError('not-found', `No report has the ID ${typed}.${hint}`);
  }
  return report;
}
