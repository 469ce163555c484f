/** A table as it was uploaded: text in every cell, whatever the program that wrote it thought it was. */
export type Table = {
  readonly format: 'csv' | 'xlsx';
  /** Between the cells of a line; of a workbook what Excel in Indonesia would write. */
  readonly separator: Separator;
  readonly headings: readonly string[];
  /** Without those that are empty. A row has as many cells as it has; one too many is for who checks it. */
  readonly rows: readonly (readonly string[])[];
  /** Workbook whose days are counted from 1904. */
  readonly epoch1904: boolean;
};

export const separators = [',', ';', '\t'] as const;
export type Separator = (typeof separators)[number];

/** Bounds of what is read; a cell longer than that is cut, and told as too long by who checks it. */
export const tableBounds = {
  bytes: 20 * 1024 * 1024,
  rows: 50_000,
  columns: 100,
  cellLength: 25_000,
  /** Of all cells together, in characters. */
  characters: 60_000_000,
  /** What a workbook may be unpacked. */
  unpackedBytes: 200 * 1024 * 1024,
  /** How many times as large as packed it may become. XML packs well, bombs pack better. */
  ratio: 200,
} as const;

/** Why a file is no table that can be read. `line` is counted from 1. */
export type TableProblem = {
  readonly code: TableProblemCode;
  readonly line?: number;
};
export const tableProblemCodes = [
  'empty',
  'type', // neither CSV nor XLSX, by its content
  'encoding',
  'quotes',
  'rows',
  'columns',
  'large',
  'damaged',
  'unsafe', // a document type declaration, an archive that blows up
  'locked',
  'headings',
  'slow',
] as const;
export type TableProblemCode = (typeof tableProblemCodes)[number];

export type TableRead = { readonly table: Table } | { readonly problem: TableProblem };

/** Trims, drops what is no text, keeps line breaks; `=1+1` stays what it is: text. */
export const tidyCell = (raw: string): string =>
  (raw.length > tableBounds.cellLength ? raw.slice(0, tableBounds.cellLength) : raw)
    .toWellFormed()
    .replaceAll('\0', '')
    .replace(/\r\n?/g, '\n')
    .trim()
    // What a result file puts in front of what a spreadsheet would take for a formula.
    .replace(/^'(?=[=+\-@\t\uFF1D\uFF0B\uFF0D\uFF20])/, '');

/** Puts headings and rows together and holds them to the bounds. */
export function toTable(
  lines: readonly (readonly string[])[],
  facts: Pick<Table, 'format' | 'separator' | 'epoch1904'>,
): TableRead {
  const filled = lines.map((line) => line.map(tidyCell)).filter((line) => line.some((cell) => cell !== ''));
  const [given, ...rows] = filled;
  if (given === undefined) return { problem: { code: 'empty' } };
  const headings = dropEmptyEnd(given);
  if (headings.length > tableBounds.columns) return { problem: { code: 'columns' } };
  if (rows.length > tableBounds.rows) return { problem: { code: 'rows' } };
  if (rows.length === 0) return { problem: { code: 'empty' } };
  const trimmed = rows.map(dropEmptyEnd);
  if (trimmed.some((row) => row.length > tableBounds.columns)) return { problem: { code: 'columns' } };
  let characters = 0;
  for (const row of trimmed) for (const cell of row) characters += cell.length;
  if (characters > tableBounds.characters) return { problem: { code: 'large' } };
  return { table: { ...facts, headings, rows: trimmed } };
}

function dropEmptyEnd(cells: readonly string[]): readonly string[] {
  const last = cells.findLastIndex((cell) => cell !== '');
  return cells.slice(0, last + 1);
}
