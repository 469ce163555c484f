import type { ReadMail } from '../../../src/domain/mail.ts';
import { parseAddresses, withAddress } from './addresses.ts';
import { decodeText } from './charset.ts';
import { decodeWords } from './encoded-words.ts';
import { findField, splitHeader } from './header.ts';

/** Bytes of a mail that defeated its reader that are looked at once more. */
const most = 64 * 1024;

/**
 * What can be had of a mail that defeated its reader, cheaply enough for the thread that serves everybody: the beginning of
 * header and text, nothing decoded but words. It is a report, so that staff look at it.
 */
export function salvageMail(raw: Buffer, error: string): ReadMail {
  const { header, body } = splitHeader(raw.subarray(0, most), false);
  const field = (name: string) => findField(header, name)?.slice(0, 2_000) ?? null;
  const subject = field('subject');
  const from = withAddress(parseAddresses(field('from') ?? ''))[0] ?? null;
  const id = /<[^<>\s]{1,500}>/.exec(field('message-id') ?? '')?.[0] ?? null;
  return {
    kind: 'report',
    why: null,
    messageId: id,
    inReplyTo: /<[^<>\s]{1,500}>/.exec(field('in-reply-to') ?? '')?.[0] ?? null,
    references: [],
    from,
    fromName: from?.name ?? null,
    forwardedFrom: null,
    recipients: [],
    subject: subject === null ? null : decodeWords(subject).slice(0, 1_000),
    date: null,
    text: findText(body),
    quoted: null,
    files: [],
    bounce: null,
    authentication: [],
    markedSpam: false,
    notes: [],
    error,
  };
}

/** Without tags, and without lines that are no words: boundaries, fields of parts, base64. */
function findText(body: Buffer): string {
  return decodeText(body, null)
    .replace(/<[^<>]{0,2000}>/g, ' ')
    .split(/\r\n|\r|\n/)
    .filter((line) => !/^--\S|^content-[a-z-]+:|^[A-Za-z0-9+/=]{60,}$/i.test(line))
    .join('\n')
    .replace(/\p{Cc}(?<!\n)/gu, ' ')
    .replace(/[ \t]+/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .slice(0, 20_000);
}
