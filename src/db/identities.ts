import type { Identity, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** Who sent the report; null where nothing is known of them. */
export async function findIdentity(db: Db, reportId: ReportId): Promise<Identity | null> {
  const { rows } = await db.query<{ identity: Identity | null }>({
    name: 'find-identity',
    text: 'select identity from report_identities where report_id = $1',
    values: [reportId],
  });
  return rows[0]?.identity ?? null;
}
