import type { AgencyCode } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** Whose book the letter of this report is in; null where there is none. */
export async function findOfficeOfLetter(db: Db, reportId: string): Promise<AgencyCode | null> {
  const { rows } = await db.query<{ office_code: AgencyCode }>({
    name: 'find-office-of-letter',
    text: 'select office_code from letters where report_id = $1',
    values: [reportId],
  });
  return rows[0]?.office_code ?? null;
}
