import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What is sealed of one report, with the flags that say who may open it. */
export type SealedRow = {
  readonly keyId: string;
  readonly bytes: Buffer;
  readonly anonymous: boolean;
  readonly confidential: boolean;
};

/**
 * Null where no report has this id, and no message that is none. What is no report is nobody's business but the
 * gateway's: as confidential.
 */
export async function findSealedReport(db: Db, id: string): Promise<SealedRow | null> {
  const { rows } = await db.query<SealedRow>({
    name: 'find-sealed-report',
    text: `
      select person.key_id as "keyId", person.sealed as bytes, coalesce(report.anonymous, true) as anonymous,
        coalesce(report.confidential, true) as confidential
      from report_identities as person left join reports as report on report.id = person.report_id
      where person.report_id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Keeps the seal of something that is no report of its own, such as an addition, under the id that it was sealed for. */
export async function insertSeal(
  db: Db,
  id: string,
  { keyId, bytes }: Pick<SealedRow, 'keyId' | 'bytes'>,
  phoneIndex: Buffer | null,
): Promise<void> {
  await db.query({
    name: 'insert-seal',
    text: 'insert into report_identities (report_id, key_id, sealed, phone_index) values ($1, $2, $3, $4)',
    values: [id, keyId, bytes, phoneIndex],
  });
}

/**
 * Those of the reports that give the same contact as the one they are mapped to, found by its blind index. Never where
 * either is anonymous or confidential: whoever knows who sent the one would know who sent the other.
 */
export async function listFromSameReporter(
  db: Db,
  pairs: ReadonlyMap<ReportId, ReportId>,
): Promise<ReadonlySet<ReportId>> {
  const { rows } = await db.query<{ id: ReportId }>({
    name: 'list-from-same-reporter',
    text: `
      select one.report_id as id
      from unnest($1::uuid[], $2::uuid[]) as pair (id, other_id)
      join report_identities as one on one.report_id = pair.id
      join report_identities as other on other.report_id = pair.other_id
        and (other.phone_index = one.phone_index or other.email_index = one.email_index)
      join reports as report on report.id = pair.id and not report.anonymous and not report.confidential
      join reports as earlier on earlier.id = pair.other_id and not earlier.anonymous and not earlier.confidential`,
    values: [[...pairs.keys()], [...pairs.values()]],
  });
  return new Set(rows.map((row) => row.id));
}
