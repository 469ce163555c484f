import type { ImportId, ImportRow, ProblemAt, RowProblem, RowState } from '../domain/import.ts';
import type { ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** Forgets what an earlier check found. */
export async function deleteRows(db: Db, id: ImportId): Promise<void> {
  await db.query({ text: 'delete from import_rows where import_id = $1', values: [id] });
}

export async function insertRows(db: Db, id: ImportId, rows: readonly ImportRow[]): Promise<void> {
  await db.query({
    name: 'insert-import-rows',
    text: `
      insert into import_rows (import_id, number, state, report_id, problems, file_problem)
      select $1, number, state, report_id, problems, file_problem
      from json_to_recordset($2) as row (
        number integer, state text, report_id uuid, problems jsonb, file_problem boolean
      )`,
    values: [
      id,
      JSON.stringify(
        rows.map(({ number, state, reportId, problems, fileProblem }) => ({
          number,
          state,
          report_id: reportId,
          problems,
          file_problem: fileProblem,
        })),
      ),
    ],
  });
}

/** How many rows there are in each state; those with a problem of their files alone that are still to go. */
export type RowCounts = Readonly<Record<RowState, number>> & { readonly fileProblems: number };

export async function countRows(db: Db, id: ImportId): Promise<RowCounts> {
  const { rows } = await db.query<{ state: RowState; count: number; files: number }>({
    name: 'count-import-rows',
    text: `
      select state, count(*)::int as count, (count(*) filter (where file_problem and state = 'pending'))::int as files
      from import_rows where import_id = $1 group by state`,
    values: [id],
  });
  const of = (state: RowState) => rows.find((row) => row.state === state)?.count ?? 0;
  return {
    pending: of('pending'),
    sending: of('sending'),
    accepted: of('accepted'),
    duplicate: of('duplicate'),
    refused: of('refused'),
    fileProblems: rows.reduce((sum, row) => sum + row.files, 0),
  };
}

/** How often each problem was found in each column, the most frequent first. */
export async function countProblems(
  db: Db,
  id: ImportId,
): Promise<readonly { readonly column: number | null; readonly code: RowProblem; readonly count: number }[]> {
  const { rows } = await db.query<{ column: number | null; code: RowProblem; count: number }>({
    text: `
      select (problem ->> 'column')::int as "column", problem ->> 'code' as code, count(*)::int as count
      from import_rows, jsonb_array_elements(problems) as problem
      where import_id = $1 group by 1, 2 order by 3 desc, 1, 2`,
    values: [id],
  });
  return rows;
}

const columns = `number, state, report_id as "reportId", problems, file_problem as "fileProblem"`;

/** Rows that have something to be told of, by their numbers. */
export async function listRowsWithProblems(
  db: Db,
  id: ImportId,
  page: { readonly offset: number; readonly limit: number },
): Promise<readonly ImportRow[]> {
  const { rows } = await db.query<ImportRow>({
    text: `
      select ${columns} from import_rows
      where import_id = $1 and problems <> '[]' order by number offset $2 limit $3`,
    values: [id, page.offset, page.limit],
  });
  return rows;
}

export async function countRowsWithProblems(db: Db, id: ImportId): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    text: `select count(*)::int as count from import_rows where import_id = $1 and problems <> '[]'`,
    values: [id],
  });
  return rows[0]?.count ?? 0;
}

/** The next rows that are still to be sent. */
export async function listRowsToSend(db: Db, id: ImportId, limit: number): Promise<readonly ImportRow[]> {
  const { rows } = await db.query<ImportRow>({
    name: 'list-import-rows-to-send',
    text: `
      select ${columns} from import_rows
      where import_id = $1 and state in ('pending', 'sending') order by number limit $2`,
    values: [id, limit],
  });
  return rows;
}

/** Where rows whose files are missing are to stay out. */
export async function refuseRowsWithoutFiles(db: Db, id: ImportId): Promise<void> {
  await db.query({
    text: `update import_rows set state = 'refused' where import_id = $1 and state = 'pending' and file_problem`,
    values: [id],
  });
}

export async function markSending(db: Db, id: ImportId, numbers: readonly number[]): Promise<void> {
  await db.query({
    name: 'mark-import-rows-sending',
    text: `update import_rows set state = 'sending' where import_id = $1 and number = any($2::int[])`,
    values: [id, numbers],
  });
}

export type RowOutcome = {
  readonly number: number;
  readonly state: 'accepted' | 'duplicate' | 'refused';
  readonly reportId: ReportId | null;
  readonly problems: readonly ProblemAt[];
};

export async function recordOutcomes(db: Db, id: ImportId, outcomes: readonly RowOutcome[]): Promise<void> {
  await db.query({
    name: 'record-import-rows',
    text: `
      update import_rows as row set state = outcome.state, report_id = outcome.report_id, problems = outcome.problems
      from json_to_recordset($2) as outcome (number integer, state text, report_id uuid, problems jsonb)
      where row.import_id = $1 and row.number = outcome.number`,
    values: [
      id,
      JSON.stringify(
        outcomes.map(({ number, state, reportId, problems }) => ({
          number,
          state,
          report_id: reportId,
          problems,
        })),
      ),
    ],
  });
}

export type StoredLetter = {
  readonly externalId: string;
  readonly reportId: ReportId;
  /** Blind index of what it was made of. */
  readonly contentIndex: Buffer | null;
};

/** Which of these letters are reports already. */
export async function listStoredLetters(
  db: Db,
  externalIds: readonly string[],
): Promise<readonly StoredLetter[]> {
  const { rows } = await db.query<StoredLetter>({
    name: 'list-stored-letters',
    text: `
      select report.external_id as "externalId", report.id as "reportId", person.content_index as "contentIndex"
      from reports as report left join report_identities as person on person.report_id = report.id
      where report.channel = 'letter' and report.external_id = any($1::text[])`,
    values: [externalIds],
  });
  return rows;
}

/** A row as the result tells it; the tracking ID of a copy is that of the first. */
export type ResultRow = Pick<ImportRow, 'number' | 'state' | 'problems'> & {
  readonly trackingId: string | null;
};

export async function listResultRows(
  db: Db,
  id: ImportId,
  range: { readonly after: number; readonly limit: number },
): Promise<readonly ResultRow[]> {
  const { rows } = await db.query<ResultRow>({
    name: 'list-import-result-rows',
    text: `
      select row.number, row.state, row.problems, coalesce(own.tracking_id, first.tracking_id) as "trackingId"
      from import_rows as row
      left join filings as own on own.report_id = row.report_id
      left join copies as copy on copy.report_id = row.report_id
      left join filings as first on first.report_id = copy.first_id
      where row.import_id = $1 and row.number > $2 order by row.number limit $3`,
    values: [id, range.after, range.limit],
  });
  return rows;
}
