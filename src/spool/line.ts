import { crc32 } from 'node:zlib';

/** A line as it was found; `record` is null where it is not what was written. */
export type Line = {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly record: string | null;
  /** It ends with the file and not with a newline: writing it was never finished, and nobody was told it was. */
  readonly torn: boolean;
};

const newline = 0x0a;
/** Eight hexadecimal digits and a space. */
const headLength = 9;

/**
 * How a record lies on disk: newline, CRC-32 in hexadecimal, space, the record, newline. The newline in front is its own,
 * not the end of the record before, so one damaged byte costs one record and the next newline begins an unharmed one.
 */
export function toLine(record: string): string {
  if (record.includes('\n') || !record.isWellFormed()) {
    throw new Error('A record of the spool must be one line of well-formed text.');
  }
  return `\n${checksum(record)} ${record}\n`;
}

/** Everything the content of a segment holds, damaged or not, in its order; blank lines apart. */
export function readLines(content: Buffer): readonly Line[] {
  const lines: Line[] = [];
  let offset = 0;
  while (offset < content.length) {
    const end = content.indexOf(newline, offset);
    const bytes = content.subarray(offset, end === -1 ? content.length : end);
    if (end === -1) lines.push({ offset, bytes, record: null, torn: !lostOnlyItsNewline(bytes) });
    else if (bytes.length > 0) lines.push({ offset, bytes, record: parse(bytes), torn: false });
    offset += bytes.length + 1;
  }
  return lines;
}

/** A whole record and one byte more: the newline was written, and damaged later. */
function lostOnlyItsNewline(bytes: Buffer): boolean {
  return parse(bytes.subarray(0, -1)) !== null;
}

function parse(bytes: Buffer): string | null {
  const record = bytes.subarray(headLength);
  const head = bytes.toString('latin1', 0, headLength);
  return head === `${checksum(record)} ` ? record.toString('utf8') : null;
}

function checksum(content: string | Buffer): string {
  return crc32(content).toString(16).padStart(8, '0');
}
