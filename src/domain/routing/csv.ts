import { AppError } from '../../errors.ts';

/** One record of a CSV file by the names in its header, with the number of the line it starts on, counted from 1. */
export type CsvRecord = { readonly line: number; readonly values: Readonly<Record<string, string>> };

/**
 * The records of a CSV text as in RFC 4180, which may begin with a byte order mark; cells are trimmed and empty lines
 * skipped. Throws `malformed` with the line for an unclosed quote, a repeated header or too many cells.
 */
export function parseCsv(text: string): {
  readonly header: readonly string[];
  readonly records: CsvRecord[];
} {
  const [head, ...rows] = readRows(text.replace(/^\uFEFF/, ''));
  const header = head?.cells ?? [];
  const repeated = header.find((name, at) => header.indexOf(name) !== at);
  if (repeated !== undefined)
    throw new AppError('malformed', `The header names the column ${repeated} twice.`);
  const records = rows.map(({ line, cells }) => {
    if (cells.length > header.length) {
      const counts = `${cells.length} cells but the header ${header.length}`;
      throw new AppError('malformed', `Line ${line} has ${counts}: put quotes around a cell with a comma.`);
    }
    return { line, values: Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ''])) };
  });
  return { header, records };
}

type Row = { readonly line: number; readonly cells: readonly string[] };

function readRows(text: string): Row[] {
  const rows: Row[] = [];
  let cells: string[] = [];
  let line = 1;
  let start = 1;
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    const end = quoted ? closingQuote(text, at, line) : endOfCell(text, at);
    const cell = quoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end);
    cells.push(cell.trim());
    line += cell.split('\n').length - 1;
    at = quoted ? endOfCell(text, end) : end;
    if (text[at] === ',') {
      at += 1;
      // a comma at the very end is followed by one more, empty cell
      if (at < text.length && text[at] !== '\n') continue;
      cells.push('');
    }
    if (cells.some((filled) => filled !== '')) rows.push({ line: start, cells });
    cells = [];
    at += 1;
    line += 1;
    start = line;
  }
  return rows;
}

function closingQuote(text: string, open: number, line: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  throw new AppError('malformed', `Line ${line} opens a quote that is never closed.`);
}

/** Where the next comma or line end is, from `at` on. */
function endOfCell(text: string, at: number): number {
  const lineEnd = text.indexOf('\n', at);
  const end = lineEnd === -1 ? text.length : lineEnd;
  const comma = text.slice(at, end).indexOf(',');
  return comma === -1 ? end : at + comma;
}
