import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What `report_identities` holds of one report, still sealed. */
export type SealedIdentity = { readonly keyId: string; readonly bytes: Buffer };

/** Null where no report has this id. */
export async function findSealedIdentity(db: Db, reportId: ReportId): Promise<SealedIdentity | null> {
  const { rows } = await db.query<{ key_id: string; sealed: Buffer }>({
    name: 'find-sealed-identity',
    text: 'select key_id, sealed from report_identities where report_id = $1',
    values: [reportId],
  });
  return rows[0] === undefined ? null : { keyId: rows[0].key_id, bytes: rows[0].sealed };
}
