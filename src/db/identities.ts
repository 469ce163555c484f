import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What is sealed of one report, with the flags that say who may open it. */
export type SealedRow = {
  readonly keyId: string;
  readonly bytes: Buffer;
  readonly anonymous: boolean;
  readonly confidential: boolean;
};

/** Null where no report has this id. */
export async function findSealedReport(db: Db, reportId: ReportId): Promise<SealedRow | null> {
  const { rows } = await db.query<SealedRow>({
    name: 'find-sealed-report',
    text: `
      select person.key_id as "keyId", person.sealed as bytes, report.anonymous, report.confidential
      from report_identities as person join reports as report on report.id = person.report_id
      where person.report_id = $1`,
    values: [reportId],
  });
  return rows[0] ?? null;
}
