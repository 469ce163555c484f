import iconv from 'iconv-lite';
import type { AuthenticationResult, MailAddress, ReadMail } from '../../../src/domain/mail.ts';
import { type NamedMailbox, parseAddresses, withAddress } from './addresses.ts';
import { classify, type OwnMail } from './classify.ts';
import { type Budget, type Contents, decodeSubject, type EnclosedMail, readContents } from './contents.ts';
import { findField, type Header, listFields } from './header.ts';
import { isOutlookFile, readOutlookFile } from './msg.ts';
import { cutQuoted } from './quotes.ts';
import { type Part, readTree, type TreeNotes } from './tree.ts';

/**
 * Reads a mail. Runs in a thread that may be ended at any time: whatever the bytes are, it gives what it could read, and says
 * in `error` and `notes` what not.
 */
export function parseMail(bytes: Buffer, own: OwnMail): ReadMail {
  if (isOutlookFile(bytes)) return parseOutlookFile(bytes, own);
  const notes: TreeNotes = { parts: 0, hints: [], problems: new Set() };
  const raw = prepare(bytes);
  const root = readTree(raw, notes);
  const budget: Budget = { decoded: 0, text: 0, notes };
  const contents = readContents(root, budget);
  const words = chooseWords(contents);
  const isEncrypted = contents.encrypted || words.asides.some((aside) => aside.startsWith(sealed));
  const subject = decodeSubject(root, notes.hints);
  const { from, fromName } = findWriter(root.header, notes.hints);
  const whole = words.text;
  const cut = cutQuoted(whole, subject ?? '');
  const { kind, why, bounce } = classify({ root, text: whole, subject, from: from?.address ?? null }, own);
  const quoted = [...cut.quoted, ...words.asides].filter((text) => hasWords(text));
  return {
    kind,
    why,
    messageId: findIds(findField(root.header, 'message-id'))[0] ?? null,
    inReplyTo: findIds(findField(root.header, 'in-reply-to'))[0] ?? null,
    references: listFields(root.header, 'references').flatMap(findIds).slice(-100),
    from,
    fromName,
    forwardedFrom: cut.forwardedFrom ?? words.forwardedFrom,
    recipients: recipientFields.flatMap((name) =>
      listFields(root.header, name).flatMap((value) => withAddress(parseAddresses(value, notes.hints))),
    ),
    subject,
    date: parseDate(findField(root.header, 'date')),
    text: toStorable(cut.text),
    quoted: quoted.length === 0 ? null : toStorable(quoted.join('\n\n')),
    files: words.files,
    bounce,
    authentication: listFields(root.header, 'authentication-results').flatMap(parseAuthentication),
    markedSpam: isMarkedSpam(root.header),
    notes: [
      ...notes.problems,
      ...listDoubles(root.header),
      ...(isEncrypted ? ['has an encrypted part'] : []),
    ],
    error: findError(raw, root, cut.text, isEncrypted),
  };
}

const recipientFields = [
  'to',
  'cc',
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'x-forwarded-to',
  'resent-to',
  'bcc',
];

const hasWords = (text: string) => /[\p{L}\p{N}]/u.test(text);

/** PostgreSQL refuses NUL, and half a surrogate pair is no text; winmail.dat and RTF bring both. */
const toStorable = (text: string) => text.toWellFormed().replaceAll('\0', '');

/** UTF-16 to UTF-8, line ends that were doubled to one, NUL bytes out of a header. */
function prepare(bytes: Buffer): Buffer {
  const [first, second] = bytes;
  const start = bytes.subarray(0, 2_000);
  let raw = bytes;
  if ((first === 0xff && second === 0xfe) || (second === 0 && countZeros(start, 1) > start.length / 3)) {
    raw = iconv.encode(iconv.decode(bytes.subarray(0, bytes.length & ~1), 'utf-16le'), 'utf-8');
  } else if (
    (first === 0xfe && second === 0xff) ||
    (first === 0 && countZeros(start, 0) > start.length / 3)
  ) {
    raw = iconv.encode(iconv.decode(bytes.subarray(0, bytes.length & ~1), 'utf-16be'), 'utf-8');
  }
  const doubled = start.toString('latin1').match(/\r\r\n/g)?.length ?? 0;
  if (doubled > 2) raw = Buffer.from(raw.toString('latin1').replaceAll('\r\r\n', '\r\n'), 'latin1');
  return raw;
}

function countZeros(bytes: Buffer, from: number): number {
  let count = 0;
  for (let at = from; at < bytes.length; at += 2) if (bytes[at] === 0) count += 1;
  return count;
}

type Words = Pick<Contents, 'files'> & {
  readonly text: string;
  readonly asides: readonly string[];
  readonly forwardedFrom: MailAddress | null;
};

/** What the mail says itself; where it says nothing, what it encloses, else the text of its files. */
function chooseWords(contents: Contents): Words {
  const { text: own, armor } = takeArmor(contents.texts.filter(hasWords).join('\n\n'));
  const enclosed = contents.enclosed.filter(({ contents: inner }) => hasWords(readAll(inner)));
  if (hasWords(own) || armor.length > 0) {
    const asides = [...armor, ...contents.asides, ...contents.enclosed.map(describe)];
    return { text: own, asides, files: contents.files, forwardedFrom: null };
  }
  if (enclosed.length > 0) {
    const inner = enclosed.map(({ contents: one }) => chooseWords(one));
    return {
      text: inner.map(({ text }) => text).join('\n\n'),
      asides: [
        ...contents.asides,
        ...inner.flatMap(({ asides }) => asides),
        ...enclosed.map(({ subject }) => subject ?? ''),
      ],
      files: [...contents.files, ...inner.flatMap(({ files }) => files)],
      forwardedFrom: inner[0]?.forwardedFrom ?? enclosed[0]?.from ?? null,
    };
  }
  const text = [...new Set(contents.fileTexts)].join('\n\n');
  // words around the parts, if they are all there is
  if (!hasWords(text))
    return { text: contents.asides.join('\n\n'), asides: [], files: contents.files, forwardedFrom: null };
  return { text, asides: contents.asides, files: contents.files, forwardedFrom: null };
}

const readAll = ({ texts, fileTexts, enclosed, asides }: Contents): string =>
  [...texts, ...fileTexts, ...asides, ...enclosed.map(describe)].join('\n\n');

const describe = ({ subject, contents }: EnclosedMail): string =>
  [subject ?? '', readAll(contents)].filter(hasWords).join('\n\n');

const sealed = '-----BEGIN PGP MESSAGE-----';

/** The lines that PGP puts around a signed text, and those that only a key makes a text of. */
function takeArmor(text: string): { readonly text: string; readonly armor: readonly string[] } {
  const encrypted = takeBlock(text, sealed, '-----END PGP MESSAGE-----');
  if (encrypted !== null) return { text: encrypted.rest, armor: [encrypted.block] };
  const begins = text.indexOf('-----BEGIN PGP SIGNED MESSAGE-----');
  const signature =
    begins < 0
      ? null
      : takeBlock(text, '-----BEGIN PGP SIGNATURE-----', '-----END PGP SIGNATURE-----', begins + 1);
  if (signature === null) return { text, armor: [] };
  const header =
    /^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Z][\w-]*: .*\n)*\n?/.exec(text.slice(begins))?.[0] ?? '';
  const signed = text.slice(begins + header.length, signature.at).replace(/^- /gm, '');
  return {
    text: `${text.slice(0, begins)}${signed}${text.slice(signature.end)}`,
    armor: [header + signature.block],
  };
}

/** From a line that begins so to the one that ends it, or to the end of the text; null where there is none. */
function takeBlock(text: string, open: string, close: string, from = 0) {
  const found = text.indexOf(open, from);
  const at = found > 0 && text[found - 1] !== '\n' ? -1 : found;
  if (at < 0) return null;
  const closes = text.indexOf(close, at);
  const end = closes < 0 ? text.length : closes + close.length;
  return { at, end, block: text.slice(at, end), rest: `${text.slice(0, at)}${text.slice(end)}` };
}

function findWriter(header: Header, hints: readonly string[]) {
  const fields = [
    'from',
    'sender',
    'reply-to',
    'x-original-from',
    'resent-from',
    'return-path',
    'x-envelope-from',
    'envelope-from',
  ];
  let name: string | null = null;
  for (const field of fields) {
    const boxes = listFields(header, field).flatMap((value): readonly NamedMailbox[] =>
      parseAddresses(value, hints),
    );
    if (field === 'from') name = boxes.find((box) => box.name !== null)?.name ?? null;
    const [first] = withAddress(boxes);
    if (first !== undefined) {
      // of several in From the name that belongs to the address
      const own = field === 'from' ? first.name : (name ?? first.name);
      return { from: { name: own, address: first.address }, fromName: own };
    }
  }
  return { from: null, fromName: name };
}

const findIds = (value: string | null): string[] => {
  if (value === null) return [];
  const bracketed = value.slice(0, 100_000).match(/<[^<>\s]{1,995}>/g);
  if (bracketed !== null) return bracketed;
  const bare = /^[^\s<>]{1,990}/.exec(value.trim())?.[0];
  return bare?.includes('@') ? [`<${bare}>`] : [];
};

function parseDate(value: string | null): Date | null {
  if (value === null) return null;
  const date = new Date(
    value
      .replace(/\([^)]*\)/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 100),
  );
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1970 || date.getUTCFullYear() > 9_999
    ? null
    : date;
}

function parseAuthentication(value: string): AuthenticationResult[] {
  const [first = '', ...results] = value
    .slice(0, 10_000)
    .replace(/\([^()]*\)/g, ' ')
    .split(';');
  const authservId = first.trim().split(/\s/)[0]?.toLowerCase() ?? '';
  return results.flatMap((one) => {
    const found = /^\s*([a-z][\w-]*)(?:\/\d+)?\s*=\s*([a-z]+)/i.exec(one);
    return found === null
      ? []
      : [{ authservId, method: (found[1] ?? '').toLowerCase(), result: (found[2] ?? '').toLowerCase() }];
  });
}

const isMarkedSpam = (header: Header) =>
  /^yes\b/i.test(findField(header, 'x-spam-flag') ?? '') ||
  /^(?:yes|spam)\b/i.test(findField(header, 'x-spam-status') ?? '') ||
  /^(?:yes|true|1)\b/i.test(findField(header, 'x-spam') ?? '') ||
  /\bSFV:SPM\b/.test(findField(header, 'x-forefront-antispam-report') ?? '');

/** Fields of which one is allowed (RFC 5322, section 3.6): several are a sign of a forgery. */
const listDoubles = (header: Header): string[] =>
  ['from', 'subject', 'date', 'message-id', 'to', 'reply-to', 'sender']
    .filter((name) => listFields(header, name).length > 1)
    .map((name) => `several fields ${name}`);

function findError(bytes: Buffer, root: Part, text: string, isEncrypted: boolean): string | null {
  if (bytes.length === 0) return 'empty: no bytes at all';
  // words beside it were read: there is a note
  if (isEncrypted && !hasWords(text)) return 'encrypted: only its recipient can read it';
  if (root.type === 'message/partial') return 'a part of a mail that was sent in several';
  if (root.header.fields.length === 0 && (!hasWords(text) || text.includes('\ufffd') || bytes.includes(0)))
    return 'no mail header: read as text';
  return null;
}

function parseOutlookFile(bytes: Buffer, own: OwnMail): ReadMail {
  const file = readOutlookFile(bytes);
  const base = parseMail(
    Buffer.from(
      `${(file?.headers ?? 'X-Outlook: none').replace(/^content-[^\n]*(?:\n[ \t][^\n]*)*\n?/gim, '').trimEnd()}\r\n\r\n`,
      'latin1',
    ),
    own,
  );
  if (file === null || !(hasWords(file.text) || hasWords(file.subject ?? '') || file.files.length > 0)) {
    return {
      ...base,
      text: salvageStrings(bytes),
      error: 'an Outlook file (.msg) that cannot be read; the words in it were gathered',
    };
  }
  const cut = cutQuoted(file.text, file.subject ?? '');
  const address = base.from?.address ?? file.from.address;
  const name = base.fromName ?? file.from.name;
  return {
    ...base,
    from: address === null ? null : { name, address },
    fromName: name,
    subject: base.subject ?? file.subject,
    text: toStorable(cut.text),
    quoted: cut.quoted.length === 0 ? null : toStorable(cut.quoted.join('\n\n')),
    forwardedFrom: cut.forwardedFrom,
    files: file.files,
    notes: [...base.notes, 'an Outlook file (.msg), no mail as it is sent'],
    error: null,
  };
}

/** Words in UTF-16 among other bytes. */
const salvageStrings = (bytes: Buffer) =>
  (
    bytes
      .subarray(0, 2_000_000)
      .toString('utf16le')
      .match(/[\p{L}\p{N}\p{P} \r\n]{12,}/gu) ?? []
  )
    .join('\n')
    .slice(0, 100_000);
