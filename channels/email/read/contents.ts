import type { MailAddress, MailFile } from '../../../src/domain/mail.ts';
import { parseAddresses, withAddress } from './addresses.ts';
import { decodeText, isAscii } from './charset.ts';
import { readCms } from './cms.ts';
import { takeEmbeddedFiles } from './embedded-files.ts';
import { decodeWords } from './encoded-words.ts';
import { findField } from './header.ts';
import { historyBegins, historyEnds, htmlToText } from './html.ts';
import { limits } from './limits.ts';
import { collectWords, listNewLines, shareKnown } from './novelty.ts';
import { calendarToText, enrichedToText, rtfToText, unflow } from './text-formats.ts';
import { readTnef } from './tnef.ts';
import { decodeBase64, decodeQuotedPrintable, decodeUu, parseTransferEncoding } from './transfer-encoding.ts';
import { type Part, readTree, type TreeNotes } from './tree.ts';

/** A mail within the mail. */
export type EnclosedMail = {
  readonly from: MailAddress | null;
  readonly subject: string | null;
  readonly contents: Contents;
};

/** What the parts of a mail hold, in their order. */
export type Contents = {
  /** Texts of the mail itself, one after the other. */
  readonly texts: readonly string[];
  /** Readable, and no part of what its writer says: other versions of the text, words around the parts. */
  readonly asides: readonly string[];
  readonly files: readonly MailFile[];
  /** Texts of files, for a mail that has no other. */
  readonly fileTexts: readonly string[];
  readonly enclosed: readonly EnclosedMail[];
  readonly encrypted: boolean;
};

/** What the mail has used up of the limits. */
export type Budget = { decoded: number; text: number; readonly notes: TreeNotes };

const nothing: Contents = { texts: [], asides: [], files: [], fileTexts: [], enclosed: [], encrypted: false };

const hasWords = (text: string) => /[\p{L}\p{N}]/u.test(text);

export function readContents(part: Part, budget: Budget, depth = 0): Contents {
  const contents = readPart(part, budget, depth);
  const odd = part.header.odd.join('\n');
  if (!hasWords(odd)) return contents;
  const words = decodeWords(toPlainLines(decodeText(Buffer.from(odd, 'latin1'), null, budget.notes.hints)));
  return { ...contents, asides: [...contents.asides, words] };
}

function readPart(part: Part, budget: Budget, depth: number): Contents {
  if (depth > limits.depth) return nothing;
  const inner = part.children[0];
  if (part.type.startsWith('message/') && inner !== undefined)
    return readEnclosed(part, inner, budget, depth);
  if (part.type.startsWith('multipart/') && part.children.length > 0) {
    const parts = part.children.map((child) => readContents(child, budget, depth + 1));
    const around = [part.preamble, part.epilogue].flatMap((bytes) => readAround(bytes, budget));
    const merged = /^multipart\/alternative/.test(part.type)
      ? chooseVersion(part.children, parts)
      : merge(parts);
    return {
      ...merged,
      asides: [...merged.asides, ...around],
      encrypted: merged.encrypted || part.type === 'multipart/encrypted',
    };
  }
  return readLeaf(part, budget, depth);
}

const merge = (parts: readonly Contents[]): Contents => ({
  texts: parts.flatMap(({ texts }) => texts),
  asides: parts.flatMap(({ asides }) => asides),
  files: parts.flatMap(({ files }) => files),
  fileTexts: parts.flatMap(({ fileTexts }) => fileTexts),
  enclosed: parts.flatMap(({ enclosed }) => enclosed),
  encrypted: parts.some(({ encrypted }) => encrypted),
});

const noContent =
  /multi-?part message|in MIME format|MIME-encapsulated|MIME encapsulated|mime-aware|MIME compliant|not displayable|if you can see this/i;

/** Before the first part and after the last; not what tells people that their program knows no MIME. */
function readAround(bytes: Buffer | null, budget: Budget): string[] {
  if (bytes === null || bytes.length === 0) return [];
  const text = decodeText(bytes.subarray(0, 100_000), null, budget.notes.hints).trim();
  return hasWords(text) && !(noContent.test(text) && text.length < 600) ? [toPlainLines(text)] : [];
}

const saysNothing =
  /(?:(?:not|n't|unable|cannot|tidak|incapable)\b[^.]{0,60}\b(?:support|display|show|view|read|render|mendukung|menampilkan)[^.]{0,60}\b(?:html|mime|messages?)|\b(?:view|open|read|lihat|buka)\b[^.]{0,60}\b(?:html|browser|online|peramban))/i;

/**
 * Of versions of one text the plain one, unless it says little of what the others say; of the others the lines with words
 * that it has not, as an aside.
 */
function chooseVersion(children: readonly Part[], versions: readonly Contents[]): Contents {
  const all = merge(versions);
  const readable = versions
    .map((version, index) => ({ type: leafType(children[index]), text: version.texts.join('\n\n') }))
    .filter(({ text }) => hasWords(withoutMarkers(text)))
    .map((version) => ({ ...version, words: collectWords(version.text) }));
  const longest = readable.reduce<(typeof readable)[number] | null>(
    (best, version) => (best === null || version.words.size >= best.words.size ? version : best),
    null,
  );
  if (longest === null) return { ...all, texts: [] };
  const plain = readable.find(({ type }) => type === 'text/plain');
  const rich = readable.find(({ type }) => type === 'text/html') ?? longest;
  const enough =
    plain !== undefined &&
    (plain === rich ||
      shareKnown(rich.words, plain.words) > 0.8 ||
      (shareKnown(plain.words, rich.words) < 0.7 && plain.words.size > rich.words.size / 3)) &&
    !(saysNothing.test(plain.text) && plain.words.size < 60 && rich.words.size > plain.words.size);
  const chosen = enough ? plain : rich;
  const asides: string[] = [];
  const known = new Set(chosen.words);
  for (const version of readable) {
    if (version === chosen) continue;
    const fresh = [...version.words].filter((one) => !known.has(one)).length;
    if (fresh >= 2 || (fresh > 0 && version.words.size < 50)) {
      asides.push(listNewLines(withoutMarkers(version.text), known));
      for (const one of version.words) known.add(one);
    }
  }
  return { ...all, texts: [chosen.text], asides: [...all.asides, ...asides] };
}

const withoutMarkers = (text: string) => text.replaceAll(historyBegins, '').replaceAll(historyEnds, '');

/** What a version is in the end: the first text within. */
function leafType(part: Part | undefined): string {
  let current = part;
  while (current?.type.startsWith('multipart/')) {
    current = current.children.find(({ type }) => /^(text|multipart)\//.test(type)) ?? current.children[0];
  }
  return current?.type ?? '';
}

function readEnclosed(part: Part, inner: Part, budget: Budget, depth: number): Contents {
  const hints = budget.notes.hints;
  const subject = decodeSubject(inner, hints);
  const contents = readContents(inner, budget, depth + 1);
  const from = withAddress(parseAddresses(findField(inner.header, 'from') ?? '', hints))[0] ?? null;
  const name =
    part.fileName ??
    `${
      (subject ?? 'message')
        .replace(/[\\/:*?"<>|\s]+/g, ' ')
        .trim()
        .slice(0, 80) || 'message'
    }.eml`;
  const file = addFile(part, part.body, name, budget);
  return { ...nothing, files: file, enclosed: [{ from, subject, contents }], encrypted: false };
}

export function decodeSubject(part: Part, hints: readonly string[]): string | null {
  const field = findField(part.header, 'subject');
  if (field === null) return null;
  const subject = decodeWords(field, hints)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return subject === '' ? null : subject.slice(0, 10_000);
}

function readLeaf(part: Part, budget: Budget, depth: number): Contents {
  const { type } = part;
  const attached = part.disposition === 'attachment';
  if (isText(type)) {
    const content = decodeContent(part);
    const { text, rest, files } = readText(part, content.bytes, budget);
    if (type === 'message/partial' && isArmor(text))
      return { ...nothing, files: addFile(part, content.bytes, part.fileName, budget) };
    const found = [text, rest(content.rest)].filter((one) => hasWords(withoutMarkers(one)));
    const own = attached || part.fileName !== null ? addFile(part, content.bytes, part.fileName, budget) : [];
    const embedded = files.flatMap(({ name, content: bytes }) =>
      addBytes({ name, type: 'application/octet-stream', inline: false }, bytes, budget),
    );
    if (attached) {
      // a mail that is enclosed and is none
      const asides = type === 'message/rfc822' ? found : [];
      return { ...nothing, files: [...own, ...embedded], fileTexts: found, asides };
    }
    const keep =
      ordinary.test(type) || part.fileName !== null ? [] : addFile(part, content.bytes, null, budget);
    return { ...nothing, texts: found, files: [...own, ...keep, ...embedded] };
  }
  if (/^text\/(?:rfc822-headers|x-?rfc822-headers)/.test(type) || type === 'message/rfc822-headers') {
    const bytes = decodeContent(part).bytes;
    const asides = [decodeWords(toPlainLines(bytes.toString('latin1', 0, 100_000)))];
    return {
      ...nothing,
      asides,
      files: part.fileName === null ? [] : addFile(part, bytes, part.fileName, budget),
    };
  }
  const { bytes } = decodeContent(part);
  if (/^application\/(?:x-)?pkcs7-mime/.test(type) || /\.p7m$/i.test(part.fileName ?? '')) {
    return readSealed(part, bytes, budget, depth);
  }
  if (/ms-tnef/.test(type) || /^winmail\.dat$/i.test(part.fileName ?? '') || isTnef(bytes)) {
    const tnef = readTnef(bytes);
    if (tnef !== null && (hasWords(tnef.text) || tnef.files.length > 0)) {
      return {
        ...nothing,
        texts: hasWords(tnef.text) ? [tnef.text] : [],
        files: tnef.files.flatMap(({ name, type: stated, content }) =>
          addBytes({ name, type: stated ?? 'application/octet-stream', inline: false }, content, budget),
        ),
      };
    }
  }
  const files = addFile(part, bytes, part.fileName, budget);
  // no type that we know, and no file: what is in it may be words
  const words = isUnknownType(type) ? readUnknown(bytes, budget) : [];
  const isFile = part.fileName !== null || attached;
  return {
    ...nothing,
    texts: isFile ? [] : words,
    fileTexts: isFile ? words : [],
    files,
    encrypted: type === 'application/pgp-encrypted',
  };
}

const ordinary =
  /^text\/(?:plain|html|enriched|richtext|x-amp-html|watch-html|x-markdown|markdown)$|^message\/(?!rfc822$|global$)/;

const isText = (type: string) =>
  (type.startsWith('text/') && !type.includes('rfc822-headers')) ||
  (type.startsWith('message/') && type !== 'message/rfc822-headers');

const isUnknownType = (type: string) =>
  !/^(?:image|audio|video|font|model|multipart)\//.test(type) &&
  !/^application\/(?!octet-stream|x-unknown|unknown|text)/.test(type);

const isTnef = (bytes: Buffer) => bytes.length > 100 && bytes.readUInt32LE(0) === 0x223e9f78;

/** The words of a part of unknown type that has nothing but text. */
function readUnknown(bytes: Buffer, budget: Budget): string[] {
  const head = bytes.subarray(0, 100_000);
  if (head.length === 0 || head.includes(0) || countControls(head) > 0) return [];
  const text = decodeText(head, null, budget.notes.hints);
  return hasWords(text) && !text.includes('\ufffd') && !isArmor(text) && /\s/.test(text.trim())
    ? [toPlainLines(text)]
    : [];
}

/** What is for programs: keys, signatures, encoded bytes. */
const isArmor = (text: string) =>
  /^-----BEGIN [A-Z0-9 ]+-----/m.test(text) || /(?:^[A-Za-z0-9+/]{60,}\s+){2}/m.test(text);

function countControls(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes)
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 27) count += 1;
  return count;
}

/** A signed mail whose text is within the signature, and one that only its recipient can read. */
function readSealed(part: Part, bytes: Buffer, budget: Budget, depth: number): Contents {
  const content = readCms(bytes);
  if (content === null || content === 'encrypted') {
    const files = addFile(part, bytes, part.fileName ?? 'smime.p7m', budget);
    return { ...nothing, files, encrypted: content === 'encrypted' };
  }
  return readContents(readTree(content, budget.notes), budget, depth + 1);
}

type Decoded = { readonly bytes: Buffer; readonly rest: Buffer };

function decodeContent(part: Part): Decoded {
  const none = Buffer.alloc(0);
  switch (parseTransferEncoding(part.encoding)) {
    case 'base64': {
      if (isText(part.type) && isNoBase64(part.body)) return { bytes: part.body, rest: none };
      const { content, rest } = decodeBase64(part.body);
      return { bytes: content, rest };
    }
    case 'quoted-printable':
      return { bytes: decodeQuotedPrintable(part.body), rest: none };
    case 'uuencode': {
      const lines = part.body.toString('latin1').split(/\r\n|\r|\n/);
      const begin = lines.findIndex((line) => /^begin [0-7]{3,4} /.test(line));
      const end = lines.indexOf('end', begin);
      return begin < 0
        ? { bytes: part.body, rest: none }
        : { bytes: decodeUu(lines.slice(begin + 1, end < 0 ? undefined : end)), rest: none };
    }
    default:
      return { bytes: part.body, rest: none };
  }
}

/** Text that is said to be base64 and is not. */
function isNoBase64(body: Buffer): boolean {
  const first =
    body
      .toString('latin1', 0, 2_000)
      .trim()
      .split(/\r\n|\r|\n/, 1)[0] ?? '';
  const noise = first.match(/[^\sA-Za-z0-9+/=_-]/g)?.length ?? 0;
  const isWord = body.length < 100 && /^[A-Za-z]+$/.test(first) && first.length % 4 !== 0;
  return isWord || noise > first.length / 8 || /[A-Za-z]{2,} [A-Za-z]{2,}/.test(first);
}

function readText(part: Part, content: Buffer, budget: Budget) {
  const bytes = content.subarray(0, limits.textBytes);
  if (bytes.length < content.length) budget.notes.problems.add('a text longer than what is read of it');
  const label = part.parameters.get('charset') ?? null;
  const { text: ascii, files } =
    part.type === 'text/plain' && isEmbedding(bytes) ? takeFromBytes(bytes) : { text: bytes, files: [] };
  const decoded = decodeText(ascii, label ?? findMetaCharset(part.type, ascii), budget.notes.hints);
  const converted = convert(part, toPlainLines(decoded), decoded);
  const left = Math.max(0, limits.text - budget.text);
  if (converted.length > left) budget.notes.problems.add('more text than is kept');
  budget.text += converted.length;
  const rest = (more: Buffer) =>
    more.length === 0
      ? ''
      : toPlainLines(decodeText(more.subarray(0, 100_000), null, budget.notes.hints)).trim();
  return { text: converted.slice(0, left), rest, files };
}

const isEmbedding = (bytes: Buffer) => bytes.includes('begin') || bytes.includes('=ybegin ');

function takeFromBytes(bytes: Buffer) {
  const { text, files } = takeEmbeddedFiles(bytes.toString('latin1'));
  return { text: Buffer.from(text, 'latin1'), files };
}

const metaCharset = /<meta\b[^>]{0,300}?charset\s*=\s*["']?\s*([\w:.-]{1,40})/i;

/** HTML that says itself in which charset it is, where the mail does not. */
const findMetaCharset = (type: string, bytes: Buffer) =>
  /html/.test(type) && !isAscii(bytes)
    ? (metaCharset.exec(bytes.toString('latin1', 0, 5_000))?.[1] ?? null)
    : null;

function convert(part: Part, text: string, decoded: string): string {
  switch (part.type) {
    case 'text/html':
    case 'text/x-amp-html':
    case 'text/watch-html':
    case 'application/xhtml+xml':
      return htmlToText(text);
    case 'text/enriched':
      return enrichedToText(text, false);
    case 'text/richtext':
      return enrichedToText(text, true);
    case 'text/rtf':
      return rtfToText(decoded, decodeText);
    case 'text/calendar':
      return calendarToText(text);
    case 'text/plain':
      if (
        /^\s*<(?:!doctype html|html|head|body|div|p|table|center)\b[^<>]{0,300}>/i.test(text.slice(0, 500)) &&
        /<\/(?:html|body|p|div|table|center)>/i.test(text)
      ) {
        return htmlToText(text);
      }
      if (part.parameters.get('format')?.toLowerCase() === 'flowed') {
        return unflow(text, part.parameters.get('delsp')?.toLowerCase() === 'yes');
      }
      return text;
    default:
      return text;
  }
}

/** With LF alone, and nothing that no text has. */
const toPlainLines = (text: string) =>
  text
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\u0000-\u0008\u000b\u000e-\u001f\ue0f0\ue0f1\ufeff]/g, '')
    .replaceAll('\f', '\n');

const addFile = (part: Part, bytes: Buffer, name: string | null, budget: Budget) =>
  addBytes(
    {
      name,
      type: part.type,
      inline: part.disposition === 'inline' || (part.contentId !== null && part.disposition !== 'attachment'),
    },
    bytes,
    budget,
  );

function addBytes(facts: Omit<MailFile, 'content'>, bytes: Buffer, budget: Budget): MailFile[] {
  if (budget.decoded + bytes.length > limits.decoded) {
    budget.notes.problems.add('more bytes in files than are kept');
    return [];
  }
  budget.decoded += bytes.length;
  return [{ ...facts, content: bytes }];
}
