import { limits } from './limits.ts';

/** Fields in their order, names in lower case, values unfolded, bytes above 127 as latin1. */
export type Header = {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Lines among them that are none, or have a name that no field has: somebody's words, if the header was cut short. */
  readonly odd: readonly string[];
};

export type SplitPart = {
  readonly header: Header;
  readonly body: Buffer;
  /** Lines among the fields that are none. */
  readonly broken: boolean;
};

const fieldLine = /^([!-9;-~]{1,100})[ \t]*:/;
/** A name with what no name may have, and yet nobody's words. */
const oddField = /^x-[!-9;-~]{1,80}[ \t][ -9;-~\t]{0,100}:/i;

/** What a line has to begin with to be believed after one that is no field. */
const knownField =
  /^(?:received|return-path|delivered-to|from|to|cc|bcc|subject|date|message-id|reply-to|sender|mime-version|content-[a-z-]+|references|in-reply-to|x-[a-z0-9-]+|list-[a-z]+|precedence|importance|priority|user-agent|dkim-signature|authentication-results|arc-[a-z-]+|auto-submitted|errors-to|organization|status|lines|newsgroups|path|comments|keywords|thread-[a-z]+|domainkey-signature|resent-[a-z-]+|envelope-to|disposition-notification-to)[ \t]*:/i;

/**
 * Splits a mail, or a part of one, into header and body. The body begins after the first empty line, or at the first line
 * that is no field: some mails lack the empty line, and some have none of a header at all.
 */
export function splitHeader(bytes: Buffer, isPart: boolean): SplitPart {
  const fields: [string, string][] = [];
  const odd: string[] = [];
  let isOdd = false;
  let broken = false;
  let at = isPart ? 0 : skipBlank(bytes);
  while (at < bytes.length) {
    const { line, next } = readLine(bytes, at);
    if (line === '' || (isPart && fields.length === 0 && line.trim() === '')) {
      at = next;
      break;
    }
    const last = fields.at(-1);
    // a boundary, without the empty line before it
    if (line.startsWith('--') && fields.some(([, value]) => /boundary\s*=/i.test(value))) break;
    const name = fieldLine.exec(line)?.[0] ?? oddField.exec(line)?.[0];
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (line.trim() === '') {
        // blanks alone: an empty line to most mailers, unless fields follow
        if (!goesOn(bytes, next, 1) && !goesOn(bytes, skipFolded(bytes, next), 1)) {
          at = next;
          break;
        }
      } else if (last !== undefined) {
        if (isOdd && odd.length < limits.fields) odd.push(line);
        if (last[1].length < limits.fieldLength) last[1] += line;
      } else if (fieldLine.test(line.trim())) {
        addField(fields, line.trim());
      } else break;
    } else if (name !== undefined) {
      addField(fields, line);
      isOdd = !fieldLine.test(line);
      if (isOdd && odd.length < limits.fields) odd.push(line);
    } else if (fields.length === 0 && /^>?From .*\d/.test(line)) {
      // the line that separates the mails of a mailbox file
    } else if (
      (!isPart || fields.length > 0) &&
      (goesOn(bytes, next, 3) || (odd.length < 200 && hasFieldsAfter(bytes, next)))
    ) {
      broken = true;
      isOdd = true;
      if (odd.length < limits.fields) odd.push(line);
      if (last !== undefined && last[1].length < limits.fieldLength) last[1] += ` ${line}`;
    } else {
      broken = true;
      break;
    }
    at = next;
  }
  if (!isPart && fields.length > 0 && !fields.some(([name]) => knownField.test(`${name}:`))) {
    return { header: { fields: [], odd: [] }, body: bytes, broken: true };
  }
  return { header: { fields, odd }, body: bytes.subarray(at), broken };
}

/** Empty lines, and a byte order mark, in front of the header. */
function skipBlank(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let start = at;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 10 || byte === 13) start = at + 1;
    else if (byte !== 32 && byte !== 9) break;
  }
  return start;
}

function addField(fields: [string, string][], line: string): void {
  if (fields.length >= limits.fields) return;
  const colon = line.indexOf(':');
  fields.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1)]);
}

/** Whether a field that mails have follows within a few lines, before an empty one. */
function goesOn(bytes: Buffer, from: number, lines: number): boolean {
  for (let at = from, count = 0; count < lines && at < bytes.length; count += 1) {
    const { line, next } = readLine(bytes, at, 2_000);
    if (line.trim() === '') return false;
    if (knownField.test(line)) return true;
    at = next;
  }
  return false;
}

/** Past lines that begin with a blank and say something: at most a few, so that a long body is not looked through. */
function skipFolded(bytes: Buffer, from: number): number {
  let at = from;
  for (let count = 0; count < 10 && at < bytes.length; count += 1) {
    const { line, next } = readLine(bytes, at, 2_000);
    if (!/^[ \t]+\S/.test(line)) break;
    at = next;
  }
  return at;
}

/** Two fields in a row that only mailers write, before an empty line: the header was broken, and has not ended. */
function hasFieldsAfter(bytes: Buffer, from: number): boolean {
  let named = 0;
  for (let at = from, count = 0; count < 20 && at < bytes.length; count += 1) {
    const { line, next } = readLine(bytes, at, 2_000);
    if (line.trim() === '') return false;
    if (!/^[ \t]/.test(line)) named = mailerField.test(line) ? named + 1 : 0;
    if (named > 1) return true;
    at = next;
  }
  return false;
}

const mailerField =
  /^(?:received|x-received|return-path|delivered-to|message-id|mime-version|content-type|content-transfer-encoding|dkim-signature|in-reply-to|references|x-mailer|user-agent)[ \t]*:/i;

/** A line up to LF, CRLF or a CR alone; of a longer one only the beginning. */
function readLine(bytes: Buffer, from: number, longest: number = limits.fieldLength) {
  const end = findLineEnd(bytes, from);
  const next = bytes[end] === 13 && bytes[end + 1] === 10 ? end + 2 : end + 1;
  const line = bytes.toString('latin1', from, Math.min(end, from + longest)).replaceAll('\0', '');
  return { line, next };
}

/** Looks near by first: where all lines end in CR, looking for LF alone would read the whole mail for every line. */
function findLineEnd(bytes: Buffer, from: number): number {
  for (const window of [1_000, 100_000, bytes.length]) {
    const near = bytes.subarray(from, from + window);
    const feed = near.indexOf(10);
    const carriage = near.subarray(0, feed < 0 ? near.length : feed).indexOf(13);
    if (carriage >= 0) return from + carriage;
    if (feed >= 0) return from + feed;
  }
  return bytes.length;
}

/** The first field of this name. */
export const findField = (header: Header, name: string): string | null =>
  header.fields.find((field) => field[0] === name)?.[1].trim() ?? null;

export const listFields = (header: Header, name: string): readonly string[] =>
  header.fields.filter((field) => field[0] === name).map(([, value]) => value.trim());
