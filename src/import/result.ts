import { stringify } from 'csv-stringify/sync';
import { listResultRows } from '../db/import-rows.ts';
import type { Db } from '../db/pool.ts';
import type { Import } from '../domain/import.ts';
import { formatTrackingId } from '../domain/tracking-id.ts';
import { isResultHeading } from './columns.ts';
import { type Content, rowsPerPiece } from './content.ts';
import { type ImportLanguage, importWords, sayProblem } from './words.ts';

/**
 * What became of every row, as CSV in pieces: what was uploaded, and behind it number, state, tracking ID and problems. Corrected,
 * it can be uploaded again. A cell that a spreadsheet would take for a formula gets a `'` in front, which is dropped when it
 * comes back. Without what was uploaded, once that was deleted.
 */
export async function* writeResult(
  db: Db,
  { id, rowCount, separator }: Pick<Import, 'id' | 'rowCount' | 'separator'>,
  content: Content | null,
  language: ImportLanguage,
): AsyncGenerator<string> {
  const { result } = importWords[language];
  const toCsv = (lines: readonly (readonly string[])[]): string =>
    stringify([...lines], { delimiter: separator, escape_formulas: true, record_delimiter: 'windows' });
  const kept = (content?.headings ?? []).flatMap((heading, column) =>
    isResultHeading(heading) ? [] : [column],
  );
  const headings = content?.headings ?? [];
  const facts = [result.number, result.state, result.trackingId, result.problems];
  yield `\ufeff${toCsv([[...kept.map((column) => headings[column] ?? ''), ...facts]])}`;
  for (let after = 0; after < rowCount; after += rowsPerPiece) {
    const rows = await listResultRows(db, id, { after, limit: rowsPerPiece });
    const cells = await content?.rows(rows.map(({ number }) => number));
    yield toCsv(
      rows.map(({ number, state, problems, trackingId }) => [
        ...kept.map((column) => cells?.get(number)?.[column] ?? ''),
        String(number),
        result.states[state],
        trackingId === null ? '' : formatTrackingId(trackingId),
        problems.map((problem) => sayProblem(language, problem, headings)).join('; '),
      ]),
    );
  }
}
