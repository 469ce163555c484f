import { findField, type Header, splitHeader } from './header.ts';
import { limits } from './limits.ts';
import { parseParameters } from './parameters.ts';
import { decodeBase64, decodeQuotedPrintable, parseTransferEncoding } from './transfer-encoding.ts';

/** One part of a mail, or the mail itself. */
export type Part = {
  readonly header: Header;
  /** Lower case, always with a slash. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly disposition: string | null;
  readonly fileName: string | null;
  readonly contentId: string | null;
  readonly encoding: string;
  /** As it stands in the mail; of one with children nothing but them counts. */
  readonly body: Buffer;
  /** Of a multipart; or the mail in a part of type message/rfc822. */
  readonly children: readonly Part[];
  /** Around the children, where mailers and scanners put words. */
  readonly preamble: Buffer | null;
  readonly epilogue: Buffer | null;
};

export type TreeNotes = { parts: number; hints: string[]; readonly problems: Set<string> };

/** Finds the parts of a mail. Never fails; where the form is broken, what is there is text. */
export function readTree(raw: Buffer, notes: TreeNotes): Part {
  const { header, body, broken } = splitHeader(raw, false);
  if (header.fields.length === 0) notes.problems.add('no mail header: read as text');
  else if (broken) notes.problems.add('lines in the header that are no fields');
  return buildPart(header, body, 'text/plain', 0, notes);
}

const enclosed = /^message\/(?:rfc822|global|news|x-rfc822|rfc-822)$/;

function buildPart(header: Header, body: Buffer, byDefault: string, depth: number, notes: TreeNotes): Part {
  notes.parts += 1;
  const typeField = parseParameters(findField(header, 'content-type') ?? '', notes.hints);
  const disposition = parseParameters(findField(header, 'content-disposition') ?? '', notes.hints);
  const charset = typeField.parameters.get('charset');
  if (charset !== undefined && notes.hints.length < 20) notes.hints.push(charset);
  const encoding = findField(header, 'content-transfer-encoding') ?? '';
  const type = normalizeType(typeField.value, typeField.parameters, byDefault);
  const part: Part = {
    header,
    type,
    parameters: typeField.parameters,
    disposition: disposition.value === '' ? null : disposition.value,
    fileName: chooseName(disposition.parameters.get('filename'), typeField.parameters.get('name')),
    contentId: findField(header, 'content-id')?.replace(/^<|>$/g, '') ?? null,
    encoding,
    body,
    children: [],
    preamble: null,
    epilogue: null,
  };
  if (depth >= limits.depth) {
    if (type.startsWith('multipart/') || enclosed.test(type)) notes.problems.add('parts nested too deep');
    return { ...part, type: type.startsWith('multipart/') ? 'text/plain' : type };
  }
  if (type.startsWith('multipart/')) return withChildren(part, depth, notes);
  // the first of several has the header of the whole
  if (enclosed.test(type) || (type === 'message/partial' && typeField.parameters.get('number') === '1')) {
    const inner = decodeEnclosed(part);
    const split = splitHeader(inner, false);
    if (split.header.fields.length === 0) return part;
    return { ...part, children: [buildPart(split.header, split.body, 'text/plain', depth + 1, notes)] };
  }
  return part;
}

/** Encodings are not allowed for mails in mails, and met all the same. */
function decodeEnclosed(part: Part): Buffer {
  const encoding = parseTransferEncoding(part.encoding);
  if (splitHeader(part.body, false).header.fields.length > 0) {
    return part.body;
  }
  if (encoding === 'base64') return decodeBase64(part.body).content;
  return encoding === 'quoted-printable' ? decodeQuotedPrintable(part.body) : part.body;
}

function normalizeType(value: string, parameters: ReadonlyMap<string, string>, byDefault: string): string {
  const type = value.replace(/[^\w.+/-]/g, '').replace(/\/+/g, '/');
  if (/^[\w.+-]+\/[\w.+-]+$/.test(type)) return type;
  if (parameters.has('boundary')) return 'multipart/mixed';
  if (/html/.test(type)) return 'text/html';
  if (/^multipart/.test(type)) return 'multipart/mixed';
  if (type === '' || /^(text|plain|mail|rfc822|us-ascii|charset.*)\/?$/.test(type))
    return type === '' ? byDefault : 'text/plain';
  return 'application/octet-stream';
}

/** Without the folders that some mailers put in front. */
function chooseName(...names: readonly (string | undefined)[]): string | null {
  for (const name of names) {
    const clean = (name ?? '')
      .replace(/[\p{Cc}]+/gu, ' ')
      .replace(/^.*[\\/](?=[^\\/])/, '')
      .trim();
    if (clean !== '') return clean.slice(0, 500);
  }
  return null;
}

function withChildren(part: Part, depth: number, notes: TreeNotes): Part {
  const stated = part.parameters.get('boundary') ?? '';
  let body = part.body;
  let found = splitAtBoundary(body, stated.trimEnd());
  if (found === null && parseTransferEncoding(part.encoding) === 'base64') {
    body = decodeBase64(part.body).content;
    found = splitAtBoundary(body, stated.trimEnd());
  }
  if (found === null || found.pieces.length === 0) {
    const guessed = guessBoundary(body);
    if (guessed !== null) {
      notes.problems.add('a boundary other than the one that was announced');
      found = splitAtBoundary(body, guessed) ?? found;
    }
  }
  if (found === null || found.pieces.length === 0) {
    const only = readOnlyPart(body);
    if (only !== null) {
      notes.problems.add('a multipart without boundaries: read as one part');
      return { ...part, children: [buildPart(only.header, only.body, 'text/plain', depth + 1, notes)] };
    }
    notes.problems.add('a multipart without parts: read as text');
    return { ...part, type: looksLikeHtml(body) ? 'text/html' : 'text/plain' };
  }
  const byDefault = part.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
  const children: Part[] = [];
  for (const piece of found.pieces) {
    if (notes.parts >= limits.parts) {
      notes.problems.add(`more than ${limits.parts} parts: the others are in the raw mail only`);
      break;
    }
    const { header, body: content, broken } = splitHeader(piece, true);
    if (broken && header.fields.length === 0 && byDefault === 'message/rfc822') continue;
    children.push(buildPart(header, content, byDefault, depth + 1, notes));
  }
  return { ...part, children, preamble: found.preamble, epilogue: found.epilogue };
}

/** A part without a boundary before it; null where no fields of a part are there. */
function readOnlyPart(body: Buffer) {
  const start = /^\s*(?=content-[a-z-]{1,40}[ \t]*:)/i.exec(body.toString('latin1', 0, 1_000))?.[0].length;
  if (start === undefined) return null;
  const split = splitHeader(body.subarray(start), true);
  // a field that somebody speaks of has nothing after it
  return split.body.toString('latin1', 0, 10_000).trim() === '' ? null : split;
}

const looksLikeHtml = (body: Buffer) =>
  /^\s*<(?:!doctype html|html|body|div|p)\b/i.test(body.toString('latin1', 0, 200));

type Pieces = { readonly preamble: Buffer; readonly pieces: readonly Buffer[]; readonly epilogue: Buffer };

/** Null where no line is the boundary. A part that is not closed goes to the end. */
function splitAtBoundary(body: Buffer, boundary: string): Pieces | null {
  if (boundary === '') return null;
  const needle = Buffer.from(`--${boundary}`, 'latin1');
  const pieces: Buffer[] = [];
  let preamble: Buffer | null = null;
  let start = -1;
  let at = 0;
  while (at < body.length) {
    const hit = body.indexOf(needle, at);
    if (hit < 0) break;
    at = hit + needle.length;
    const before = hit === 0 ? 10 : body[hit - 1];
    if (before !== 10 && before !== 13) continue;
    const delimiter = readDelimiter(body, at);
    if (delimiter === null) continue;
    const end = trimLineEnd(body, hit);
    if (preamble === null) preamble = body.subarray(0, end);
    else if (start >= 0) pieces.push(body.subarray(start, Math.max(start, end)));
    if (pieces.length > limits.parts) return { preamble, pieces, epilogue: body.subarray(body.length) };
    start = delimiter.closes ? -1 : delimiter.next;
    at = delimiter.next;
    // parts after the end: a forgetful mailer, if the same boundary comes again
    if (delimiter.closes && body.indexOf(needle, at) < 0) {
      return { preamble, pieces, epilogue: body.subarray(Math.min(at, body.length)) };
    }
  }
  if (preamble === null) return null;
  if (start >= 0 && start < body.length) pieces.push(body.subarray(start));
  return { preamble, pieces, epilogue: body.subarray(body.length) };
}

/** What follows the boundary on its line: nothing, blanks, or `--`; else it is another one that begins alike. */
function readDelimiter(
  body: Buffer,
  from: number,
): { readonly closes: boolean; readonly next: number } | null {
  let at = from;
  const closes = body[at] === 45 && body[at + 1] === 45;
  if (closes) at += 2;
  while (body[at] === 32 || body[at] === 9) at += 1;
  if (at >= body.length) return { closes, next: body.length };
  if (body[at] === 13) return { closes, next: body[at + 1] === 10 ? at + 2 : at + 1 };
  if (body[at] === 10) return { closes, next: at + 1 };
  return closes ? { closes, next: at } : null;
}

function trimLineEnd(body: Buffer, at: number): number {
  if (at > 0 && body[at - 1] === 10) return at > 1 && body[at - 2] === 13 ? at - 2 : at - 1;
  return at > 0 && body[at - 1] === 13 ? at - 1 : at;
}

/** A line of dashes and a word, with fields of a part after it. */
function guessBoundary(body: Buffer): string | null {
  const head = body.toString('latin1', 0, 100_000);
  const found =
    /(?:^|[\r\n])--([^\s-][^\r\n]{0,199}|-+[^\s-][^\r\n]{0,199})(?:\r\n|\n|\r)content-[a-z-]+[ \t]*:/i.exec(
      head,
    );
  return found?.[1]?.trimEnd() ?? null;
}
