import { Readable } from 'node:stream';
import type { Accept } from '../accept.ts';
import type { HttpContext } from '../context.ts';
import { listRowsToSend, markSending, type RowOutcome, recordOutcomes } from '../db/import-rows.ts';
import { isUnavailable } from '../db/pool.ts';
import type { Import, ImportRow, ProblemAt } from '../domain/import.ts';
import type { NewReport } from '../domain/report.ts';
import { AppError, describeFailure } from '../errors.ts';
import {
  checkRowOf,
  fileProblemsOf,
  findStored,
  isSameContent,
  judgeKnown,
  type Sendable,
  toSendable,
} from './check.ts';
import type { CheckedRow } from './check-row.ts';
import type { Content } from './content.ts';

const rowsPerTurn = 250;

type Parts = Pick<
  HttpContext,
  'attachments' | 'blindIndex' | 'clock' | 'config' | 'db' | 'directory' | 'log'
> & { readonly accept: Accept };

/** What became of one turn: how many rows are settled, and whether others wait for PostgreSQL to have what was taken. */
export type Turn = { readonly left: 'none' | 'more' | 'waiting' };

type Row = { readonly given: ImportRow; readonly checked: CheckedRow; readonly sendable: Sendable };

/**
 * Sends the next rows and writes down what became of them. A row counts as accepted once its report is in PostgreSQL under its
 * number; until then it is `sending`, and is asked about before it is sent again: dying in between costs and doubles nothing.
 * `keepAlive` is called while files are looked at, which takes long; where it answers false, the turn is given up.
 */
export async function sendRows(
  parts: Parts,
  imported: Import,
  content: Content,
  keepAlive: () => Promise<boolean>,
): Promise<Turn> {
  const { db } = parts;
  const { id, mapping } = imported;
  const toSend = await listRowsToSend(db, id, rowsPerTurn);
  if (toSend.length === 0) return { left: 'none' };
  const cells = await content.rows(toSend.map(({ number }) => number));
  const checkRow = checkRowOf(parts, imported, mapping, content);
  const outcomes: RowOutcome[] = [];
  const rows = toSend.flatMap((given): Row[] => {
    const checked = checkRow(cells.get(given.number) ?? []);
    const sendable = toSendable(parts, imported, checked, content);
    if (sendable !== null) return [{ given, checked, sendable }];
    // The directory can have changed since it was checked.
    outcomes.push({ number: given.number, state: 'refused', reportId: null, problems: checked.problems });
    return [];
  });
  const before = await findStored(
    db,
    rows.map(({ sendable }) => sendable.externalId),
  );
  const open: Row[] = [];
  for (const row of rows) {
    const known = before.get(row.sendable.externalId);
    if (known === undefined) open.push(row);
    else if (row.given.state === 'sending' && isSameContent(known, row.sendable))
      outcomes.push(accepted(row, known));
    else outcomes.push({ number: row.given.number, ...judgeKnown(known, row.sendable, mapping) });
  }

  const ready: { readonly row: Row; readonly report: NewReport; readonly problems: readonly ProblemAt[] }[] =
    [];
  for (const row of open) {
    const attached = await attach(parts, imported, row, content);
    if (row.checked.files.length > 0 && !(await keepAlive())) return { left: 'more' };
    if ('refused' in attached) {
      outcomes.push({
        number: row.given.number,
        state: 'refused',
        reportId: null,
        problems: attached.refused,
      });
    } else ready.push({ row, ...attached });
  }
  await markSending(
    db,
    id,
    ready.map(({ row }) => row.given.number),
  );
  const failed = await acceptAll(
    parts,
    ready.map(({ report }) => report),
  );
  const after = await findStored(
    db,
    ready.map(({ row }) => row.sendable.externalId),
  );
  let waiting = false;
  for (const [index, { row, problems }] of ready.entries()) {
    const known = after.get(row.sendable.externalId);
    const { number } = row.given;
    if (failed.has(index)) {
      outcomes.push({
        number,
        state: 'refused',
        reportId: null,
        problems: [{ column: null, code: 'not-stored' }],
      });
    } else if (known === undefined) waiting = true;
    else if (isSameContent(known, row.sendable)) outcomes.push({ ...accepted(row, known), problems });
    // Somebody else was faster with this number.
    else outcomes.push({ number, ...judgeKnown(known, row.sendable, mapping) });
  }
  await recordOutcomes(db, id, outcomes);
  return { left: waiting ? 'waiting' : 'more' };
}

const accepted = (
  { given }: Row,
  { reportId }: { readonly reportId: RowOutcome['reportId'] },
): RowOutcome => ({
  number: given.number,
  state: 'accepted',
  reportId,
  problems: given.problems,
});

/** The report with the files of its row, or why the row stays out. */
async function attach(
  { attachments, log }: Parts,
  { id, mapping, withoutFile }: Import,
  { checked, sendable }: Row,
  content: Content,
): Promise<
  | { readonly report: NewReport; readonly problems: readonly ProblemAt[] }
  | { readonly refused: readonly ProblemAt[] }
> {
  if (checked.files.length === 0) return { report: sendable.report, problems: [] };
  const column = mapping.indexOf('files');
  const problems = [...fileProblemsOf(checked, mapping, content)];
  if (problems.length > 0 && withoutFile === 'leave') return { refused: problems };
  const uploads = [];
  for (const name of checked.files) {
    const bytes = await content.file(name);
    if (bytes === null) continue;
    const taken = await attachments.receive(Readable.from([bytes]), name, `import:${id}`);
    if (typeof taken !== 'string') uploads.push(taken);
    else if (taken === 'busy' || taken === 'storage') {
      await attachments.discard(uploads);
      throw new AppError('unavailable', 'there is no room for files at the moment');
    } else problems.push({ column, code: `file-${taken}` });
  }
  if (problems.length > 0 && withoutFile === 'leave') {
    await attachments.discard(uploads).catch((error: unknown) => {
      log.warn({ event: 'import_files_not_discarded', importId: id, error: describeFailure(error) });
    });
    return { refused: problems };
  }
  const report = await attachments.claim({
    ...sendable.report,
    uploads: uploads.map(({ secret }) => secret),
  });
  return { report, problems };
}

/** The places of those that cannot be stored, whatever is tried; throws where trying again helps. */
async function acceptAll({ accept }: Parts, reports: readonly NewReport[]): Promise<ReadonlySet<number>> {
  const failed = new Set<number>();
  if (reports.length === 0) return failed;
  try {
    await accept(reports);
    return failed;
  } catch (error) {
    if (isPassing(error)) throw error;
  }
  // One of them is in the way: the others are told apart from it one by one.
  for (const [index, report] of reports.entries()) {
    try {
      await accept([report]);
    } catch (error) {
      if (isPassing(error)) throw error;
      failed.add(index);
    }
  }
  return failed;
}

const isPassing = (error: unknown): boolean =>
  isUnavailable(error) || (error instanceof AppError && error.code === 'unavailable');
