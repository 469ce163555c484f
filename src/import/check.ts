import type { HttpContext } from '../context.ts';
import { deleteRows, insertRows, listStoredLetters, type StoredLetter } from '../db/import-rows.ts';
import { markChecked, markUnchecked, saveMapping } from '../db/imports.ts';
import { transaction } from '../db/pool.ts';
import type { Import, ImportRow, Mapping, ProblemAt } from '../domain/import.ts';
import { toLetterReport } from '../domain/letter-entry.ts';
import type { NewReport } from '../domain/report.ts';
import { AppError } from '../errors.ts';
import { type CheckedRow, type CheckRow, createCheckRow } from './check-row.ts';
import { type Content, rowsPerPiece } from './content.ts';

type Parts = Pick<HttpContext, 'blindIndex' | 'clock' | 'config' | 'directory'>;

/** The rules for the rows of this import. */
export const checkRowOf = (
  { blindIndex, clock, config, directory }: Parts,
  { office }: Pick<Import, 'office'>,
  mapping: Mapping,
  { headings, epoch1904 }: Pick<Content, 'headings' | 'epoch1904'>,
): CheckRow =>
  createCheckRow({
    mapping,
    headings: headings.length,
    office,
    epoch1904,
    maxFiles: config.attachmentsMaxFiles,
    directory: directory(),
    blindIndex,
    now: clock(),
  });

/** A row that can be filed, and by what it is known again. */
export type Sendable = {
  readonly report: NewReport;
  readonly externalId: string;
  readonly contentIndex: Buffer;
};

/** Null where something stands in its way. */
export function toSendable(
  { blindIndex, clock }: Parts,
  { createdBy }: Pick<Import, 'createdBy'>,
  { entry, files }: CheckedRow,
  { markOfFile }: Pick<Content, 'markOfFile'>,
): Sendable | null {
  if (entry === null) return null;
  // By what is in the archive, so that the same row with the same files is known before any of them was looked at.
  const hashes = files.map(markOfFile).filter((mark) => mark !== null && mark !== undefined);
  const report = toLetterReport(entry, { enteredBy: createdBy, receivedAt: clock(), hashes });
  return {
    report,
    externalId: report.externalId ?? '',
    contentIndex: blindIndex('content', report.original.body),
  };
}

export const isSameContent = (stored: StoredLetter, { contentIndex }: Sendable): boolean =>
  stored.contentIndex?.equals(contentIndex) === true;

/** What is wrong with the files of a row: it can go without them. */
export function fileProblemsOf(
  { files }: CheckedRow,
  mapping: Mapping,
  { markOfFile }: Pick<Content, 'markOfFile'>,
): readonly ProblemAt[] {
  const column = mapping.indexOf('files');
  return files.flatMap((name): readonly ProblemAt[] => {
    const mark = markOfFile(name);
    if (mark === undefined) return [{ column, code: 'file-missing' }];
    return mark === null ? [{ column, code: 'file-size' }] : [];
  });
}

/**
 * Checks every row under this mapping and writes down what was found, in one transaction. Throws `AppError` `conflict` where the
 * import has begun to run.
 */
export async function checkImport(
  context: Parts & Pick<HttpContext, 'db'>,
  imported: Import,
  content: Content,
  mapping: Mapping,
): Promise<void> {
  const { id, rowCount } = imported;
  const checkRow = checkRowOf(context, imported, mapping, content);
  /** Where each letter was met first. */
  const met = new Map<string, { readonly row: number; readonly sendable: Sendable }>();
  await transaction(context.db, async (tx) => {
    if (!(await markUnchecked(tx, id))) throw new AppError('conflict', 'this import has begun to run');
    await deleteRows(tx, id);
    for (let from = 1; from <= rowCount; from += rowsPerPiece) {
      const numbers = Array.from({ length: Math.min(rowsPerPiece, rowCount - from + 1) }, (_, i) => from + i);
      const cells = await content.rows(numbers);
      const checked = numbers.map((number) => {
        const row = checkRow(cells.get(number) ?? []);
        return { number, row, sendable: toSendable(context, imported, row, content) };
      });
      const stored = await findStored(
        tx,
        checked.flatMap(({ sendable }) => sendable?.externalId ?? []),
      );
      const rows = checked.map(({ number, row, sendable }): ImportRow => {
        const given = { number, reportId: null, fileProblem: false };
        if (sendable === null) return { ...given, state: 'refused', problems: row.problems };
        const first = met.get(sendable.externalId);
        if (first !== undefined) {
          const isSame = first.sendable.contentIndex.equals(sendable.contentIndex);
          const column = isSame ? null : columnOfNumber(mapping);
          const code = isSame ? ('same-row' as const) : ('same-number' as const);
          return {
            ...given,
            state: isSame ? 'duplicate' : 'refused',
            problems: [{ column, code, row: first.row }],
          };
        }
        met.set(sendable.externalId, { row: number, sendable: { ...sendable, report: nothing } });
        const known = stored.get(sendable.externalId);
        if (known !== undefined) return { ...given, ...judgeKnown(known, sendable, mapping) };
        const problems = fileProblemsOf(row, mapping, content);
        return { ...given, state: 'pending', problems, fileProblem: problems.length > 0 };
      });
      await insertRows(tx, id, rows);
    }
    await saveMapping(tx, imported, mapping);
    await markChecked(tx, id);
  });
}

/** Fifty thousand reports need not stay in memory to know whether one is met again. */
const nothing = {} as NewReport;

/** A letter that is a report already: the same words are the same letter, others under its number are not taken. */
export const judgeKnown = (
  known: StoredLetter,
  sendable: Sendable,
  mapping: Mapping,
): Pick<ImportRow, 'reportId' | 'problems'> & { readonly state: 'duplicate' | 'refused' } =>
  isSameContent(known, sendable)
    ? { state: 'duplicate', reportId: known.reportId, problems: [] }
    : {
        state: 'refused',
        reportId: known.reportId,
        problems: [{ column: columnOfNumber(mapping), code: 'number-taken' }],
      };

function columnOfNumber(mapping: Mapping): number | null {
  const column = mapping.indexOf('agendaNumber');
  return column === -1 ? null : column;
}

export async function findStored(
  db: Parameters<typeof listStoredLetters>[0],
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, StoredLetter>> {
  if (externalIds.length === 0) return new Map();
  return new Map((await listStoredLetters(db, externalIds)).map((stored) => [stored.externalId, stored]));
}
