import { CsvError, parse } from 'csv-parse/sync';
import iconv from 'iconv-lite';
import { type Separator, separators, type TableRead, tableBounds, toTable } from './table.ts';

/**
 * CSV as people's programs write it: UTF-8 or UTF-16 with or without a mark, else windows-1252; commas, semicolons or
 * tabs. What begins with `=` is text like any other.
 */
export function readCsv(bytes: Buffer): TableRead {
  const text = decode(bytes);
  if (text === null) return { problem: { code: 'encoding' } };
  if (text.trim() === '') return { problem: { code: 'empty' } };
  // Excel's own way of naming the separator
  const named = /^sep=([,;\t])\r?\n/i.exec(text);
  const content = named === null ? text : text.slice(named[0].length);
  const separator = (named?.[1] as Separator | undefined) ?? guessSeparator(content);
  try {
    const lines: string[][] = parse(content, {
      delimiter: separator,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: maxRecordLength,
      // One more than may be, and the headings: enough to tell that there are too many.
      to: tableBounds.rows + 2,
    });
    return toTable(lines, { format: 'csv', separator, epoch1904: false });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Which line, and nothing of what is in it.
    const line = Number(error['lines'] ?? 0) + (named === null ? 0 : 1);
    const code = error.code === 'CSV_MAX_RECORD_SIZE' ? 'large' : 'quotes';
    return { problem: line > 0 ? { code, line } : { code } };
  }
}

const maxRecordLength = 500_000;

/** Null for what is no text. */
export function decode(bytes: Buffer): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeAs('utf-16le', bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeAs('utf-16be', bytes);
  const wide = guessUtf16(bytes);
  if (wide !== null) return decodeAs(wide, bytes);
  const isBinary = bytes.subarray(0, 4_096).filter((byte) => byte < 9 || (byte > 13 && byte < 27)).length > 8;
  if (isBinary) return null;
  // Node's own decoder takes windows-1252 for Latin-1, and curly quotes for control characters.
  return decodeAs('utf-8', bytes) ?? iconv.decode(bytes, 'win1252');
}

function decodeAs(encoding: string, bytes: Buffer): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Text of Latin letters in two bytes each has a zero in nearly every second place. */
function guessUtf16(bytes: Buffer): 'utf-16le' | 'utf-16be' | null {
  const sample = bytes.subarray(0, 2_000);
  if (sample.length < 4 || bytes.length % 2 === 1) return null;
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries())
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const most = sample.length * 0.35;
  if ((zeros[1] ?? 0) > most && zeros[0] === 0) return 'utf-16le';
  return (zeros[0] ?? 0) > most && zeros[1] === 0 ? 'utf-16be' : null;
}

/** The one that is most often in the first line, outside quotes. */
function guessSeparator(text: string): Separator {
  const firstLine = text
    .slice(0, 20_000)
    .replace(/"(?:[^"]|"")*"/g, '')
    .split(/\r?\n/)
    .find((line) => line.trim() !== '');
  const counted = separators.map((separator) => ({
    separator,
    count: (firstLine ?? '').split(separator).length,
  }));
  return counted.reduce((most, one) => (one.count > most.count ? one : most)).separator;
}
