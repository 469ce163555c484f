import type { FirstSending } from '../domain/duplicates/copies.ts';
import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/**
 * Who was the first to send each, those given where nobody was before. The rows are locked until the transaction ends,
 * so workers agree; sorting keeps them from waiting in a circle. The list must not name an index twice.
 */
export async function claimFirstSendings(
  db: Db,
  sendings: readonly FirstSending[],
): Promise<readonly FirstSending[]> {
  const { rows } = await db.query<FirstSending>({
    name: 'claim-first-sendings',
    text: `
      insert into first_sendings as held (copy_index, report_id, received_at)
      select * from unnest($1::bytea[], $2::uuid[], $3::timestamptz[])
      on conflict (copy_index) do update set report_id = held.report_id
      returning held.copy_index as "copyIndex", held.report_id as "reportId", held.received_at as "receivedAt"`,
    values: columnsOf(sendings.toSorted((a, b) => a.copyIndex.compare(b.copyIndex))),
  });
  return rows;
}

/** Makes these the first; whoever calls holds the rows by `claimFirstSendings`. */
export async function replaceFirstSendings(db: Db, sendings: readonly FirstSending[]): Promise<void> {
  await db.query({
    name: 'replace-first-sendings',
    text: `
      update first_sendings as held set report_id = begun.report_id, received_at = begun.received_at
      from unnest($1::bytea[], $2::uuid[], $3::timestamptz[]) as begun (copy_index, report_id, received_at)
      where held.copy_index = begun.copy_index`,
    values: columnsOf(sendings),
  });
}

const columnsOf = (sendings: readonly FirstSending[]) => [
  sendings.map(({ copyIndex }) => copyIndex),
  sendings.map(({ reportId }) => reportId),
  sendings.map(({ receivedAt }) => receivedAt),
];

/** Takes copies out of the inbox for good: each leads to the report it is mapped to. */
export async function recordCopies(db: Db, copies: ReadonlyMap<ReportId, ReportId>): Promise<void> {
  await db.query({
    name: 'record-copies',
    text: `
      with copy as (
        select * from unnest($1::uuid[], $2::uuid[]) as copy (report_id, first_id)
      ), taken as (
        delete from inbox using copy where inbox.report_id = copy.report_id
        returning copy.report_id, copy.first_id
      )
      insert into copies (report_id, first_id) select report_id, first_id from taken`,
    values: [[...copies.keys()], [...copies.values()]],
  });
}
