import { crc32 } from 'node:zlib';
import { InvalidSpreadsheetError, readSheet, SheetNotFoundError } from 'read-excel-file/node';
import { writeZip, type ZipEntry } from '../../attachments/zip.ts';
import { type TableRead, tableBounds, toTable } from './table.ts';
import { unpack } from './unpack.ts';

/**
 * The first sheet of a workbook. The library reserves whatever an archive says its entries will take and reads them all, so it
 * is given another archive: of the few files that it reads, unpacked under bounds, without document types and entities. A
 * formula is read as the value that was last worked out for it; nothing is worked out here.
 */
export async function readXlsx(bytes: Buffer): Promise<TableRead> {
  // The old format, and a workbook with a password, are no archives.
  if (bytes.subarray(0, 4).toString('hex') === 'd0cf11e0') return { problem: { code: 'locked' } };
  const entries: ZipEntry[] = [];
  let problem: 'unsafe' | 'damaged' | null = null;
  let epoch1904 = false;
  const bounds = {
    entries: 2_000,
    entryBytes: tableBounds.unpackedBytes,
    totalBytes: tableBounds.unpackedBytes,
    ratio: tableBounds.ratio,
  };
  const wrong = await unpack(bytes, bounds, isRead, (name, content) => {
    if (content === null) {
      problem = 'unsafe';
      return;
    }
    let xml = content;
    if (/<!(DOCTYPE|ENTITY)/i.test(content.toString('latin1', 0, 100_000))) problem = 'unsafe';
    if (entries.some((entry) => entry.name === name)) problem = 'damaged';
    if (name === 'xl/workbook.xml') {
      const text = content.toString('utf8');
      epoch1904 = /<(?:\w+:)?workbookPr\b[^>]*\bdate1904\s*=\s*["'](?:1|true)["']/.test(text);
      // The library knows one of the two ways of writing yes.
      xml = Buffer.from(text.replace(/\bdate1904\s*=\s*(["'])true\1/, 'date1904="1"'));
    }
    entries.push({ name, method: 0, packed: xml, bytes: xml.length, crc: crc32(xml) });
  });
  const code = wrong ?? problem;
  if (code !== null) return { problem: { code } };
  if (!entries.some(({ name }) => name === 'xl/workbook.xml')) return { problem: { code: 'type' } };
  try {
    const sheet = await readSheet<string>(writeZip(entries), {
      parseNumber: tidyNumber,
      trim: false,
    });
    const lines = sheet.map((row) => row.map(toText));
    return toTable(lines, { format: 'xlsx', separator: ';', epoch1904 });
  } catch (error) {
    if (error instanceof InvalidSpreadsheetError || error instanceof SheetNotFoundError) {
      return { problem: { code: 'damaged' } };
    }
    // It says by ordinary errors that something is not as it should be.
    return { problem: { code: 'damaged' } };
  }
}

/** What the library looks at. */
const isRead = (path: string): boolean =>
  path === 'xl/workbook.xml' ||
  path === 'xl/_rels/workbook.xml.rels' ||
  /^xl\/(sharedStrings|styles)\.xml$/i.test(path) ||
  /^xl\/worksheets\/[^/]+\.xml$/.test(path);

/** As it is written in the file, which keeps every digit of a telephone number. */
function tidyNumber(written: string): string {
  const number = Number(written);
  return Number.isSafeInteger(number) ? String(number) : written;
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString().slice(0, 10);
  if (typeof value === 'boolean') return value ? 'ya' : 'tidak';
  return String(value);
}
