import { readFlags } from './commands.ts';
import { type Bounce, type MailAddress, type MailKind, mailKinds, type ReadMail } from './mail.ts';
import { readOurMessageId, readPlusAddress } from './mail-address.ts';
import { maskPersonalData } from './masking.ts';
import type { PlainWords } from './message.ts';
import { tellMoment } from './moment.ts';
import type { DeliveryState } from './notification.ts';
import {
  cutText,
  type Identity,
  limits,
  type NotificationId,
  normalizeLine,
  normalizeText,
  type Original,
} from './report.ts';

/** What becomes of an e-mail that was read. Pure: what is known of its thread and its writer is asked for elsewhere. */

/** `held` and `unreadable` are reports that staff see first; `empty` says nothing about the report it answers. */
export const mailFates = [
  'report',
  'held',
  'unreadable',
  'addition',
  ...mailKinds.filter((kind) => kind !== 'report'),
  'empty',
] as const;
export type MailFate = 'report' | 'held' | 'unreadable' | 'addition' | 'empty' | Exclude<MailKind, 'report'>;

/**
 * Where our own mails come from, and where replies and bounces of them go, plus-addressed; in lower case. The domain is that of
 * our Message-IDs. Null where we send none.
 */
export type OurAddress = {
  readonly address: string;
  readonly base: string;
  readonly domain: string;
} | null;

/** Of `EMAIL_FROM`, an address, or a name and an address in angle brackets, and `EMAIL_REPLY_TO`. */
export function readOurAddress({
  from,
  replyTo,
}: {
  readonly from: string | null;
  readonly replyTo: string | null;
}): OurAddress {
  const address = (/<([^<>]*)>\s*$/.exec(from ?? '')?.[1] ?? from ?? '').trim().toLowerCase();
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const base = replyTo?.trim().toLowerCase() ?? address;
  return address.includes('@') && domain !== '' ? { address, base, domain } : null;
}

/** Of a text that is longer than a report may be, more than that is not even looked at. */
const mostRead = 5 * limits.text;

/** A mail names so many others at most that are looked for. */
const mostLooked = 50;

/** Which of our mails it says it answers, or bounces: by the address it came to, then by In-Reply-To and References. */
export function listAnswered(mail: ReadMail, our: OurAddress): readonly NotificationId[] {
  if (our === null) return [];
  const { bounce, inReplyTo, references, recipients } = mail;
  const addressed = recipients
    .slice(0, mostLooked)
    .flatMap(({ address }) => readPlusAddress(address, our.base)?.id ?? []);
  const named = [bounce?.messageId, inReplyTo, ...references.slice(-mostLooked)].flatMap((messageId) =>
    messageId == null ? [] : (readOurMessageId(messageId, our.domain) ?? []),
  );
  return [...new Set([...addressed, ...named])];
}

/**
 * What our own server says of who wrote it: others can write that they were checked, too. Where the sender's domain says
 * nothing of DMARC, an SPF that fails counts unless a signature makes up for it, as with mail that was forwarded on its way. Of
 * several From nobody knows which one was checked.
 */
export function judgeSender(
  { authentication, notes }: Pick<ReadMail, 'authentication' | 'notes'>,
  authservIds: readonly string[],
): 'proven' | 'forged' | 'unknown' {
  const ours = authentication.filter(({ authservId }) => authservIds.includes(authservId.toLowerCase()));
  const resultsOf = (wanted: string) =>
    ours.filter(({ method }) => method === wanted).map(({ result }) => result.toLowerCase());
  const dmarc = resultsOf('dmarc');
  if (dmarc.includes('fail') || notes.includes(severalFrom)) return 'forged';
  const isSigned = [...dmarc, ...resultsOf('dkim')].includes('pass');
  if (resultsOf('spf').includes('fail') && !isSigned) return 'forged';
  return dmarc.length > 0 && dmarc.every((result) => result === 'pass') ? 'proven' : 'unknown';
}

/** Note of whoever reads the mail. */
const severalFrom = 'several fields from';

/**
 * Why staff should look at it first, in words; null as a rule. What a filter wrote into the header is believed whoever wrote it:
 * who marks their own mail as spam has it looked at, and nothing is lost.
 */
export function findReasonToHold(
  mail: Pick<ReadMail, 'markedSpam' | 'error'>,
  sender: ReturnType<typeof judgeSender>,
): string | null {
  if (sender === 'forged')
    return 'pengirim surat elektronik tidak terbukti (DMARC atau SPF gagal, atau beberapa From)';
  if (mail.markedSpam) return 'ditandai sebagai spam oleh penyaring surat elektronik';
  return mail.error === null ? null : 'surat elektronik tidak terbaca seluruhnya';
}

/** What mail programs put in front of a subject, here and elsewhere. */
const answerMarks = /^(?:\s*(?:re|fwd?|bls|balas|trs|tr|terusan|teruskan|aw|wg)\s*(?:\[\d{1,3}\])?\s*:)+/i;

/** `text` is empty where the mail has none. */
export type MailWords = PlainWords & { readonly title: string | null };

/**
 * What a mail says: subject and text, each without what only asks for secrecy. An answer to one of our mails has our own
 * subject, which may tell of somebody else's report: it gets none.
 */
export function readWords(mail: ReadMail, isAnswer: boolean): MailWords {
  const subject = isAnswer
    ? null
    : normalizeLine(mail.subject?.slice(0, mostLooked * limits.title).replace(answerMarks, ''));
  const head = subject === null ? null : readFlags(subject);
  const said = normalizeText(mail.text.slice(0, mostRead));
  const own = readFlags(said);
  const openings = listOpenings(said, mail.forwardedFrom !== null);
  const flags = [head, own, ...openings.map(readFlags)].filter((words) => words !== null);
  return {
    title: head === null ? null : cutLine(head.text),
    text: cutText(own.text),
    anonymous: flags.some(({ anonymous }) => anonymous),
    // Of what was read in part nobody knows whether it was to be secret.
    confidential: mail.error !== null || flags.some(({ confidential }) => confidential),
  };
}

/** Lines that may introduce what is cited. */
const linesOfIntroduction = 4;

/**
 * Whether an answer has no words of its own: where nothing would be left, readers of mail cut nothing, and what is cited is
 * our own mail.
 */
export function isOnlyHistory(text: string, our: OurAddress): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const cited = lines.findIndex((line) => line.startsWith('>'));
  if (cited >= 0 && cited <= linesOfIntroduction) {
    const introduction = lines.slice(0, cited).join(' ').trim();
    const ends = introduction === '' || introduction.endsWith(':');
    return ends && lines.slice(cited).every((line) => line.startsWith('>'));
  }
  // What Outlook puts in front: our own address as the writer's, at the very beginning.
  const sender = lines.slice(0, 2).find((line) => /^\W*(?:from|dari|pengirim|von|de)\W*:/i.test(line));
  return our !== null && (sender ?? '').toLowerCase().includes(our.address);
}

/** So many lines may greet, or say who writes, before somebody asks for secrecy. */
const linesOfGreeting = 5;

/**
 * Where else secrecy may be asked for: in a mail people greet first, and of what was forwarded each part may be where its first
 * writer began. Behind a greeting only in capitals, as we ask for it.
 */
function listOpenings(said: string, isForwarded: boolean): readonly string[] {
  if (isForwarded) return said.split(/\n\s*\n/);
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(0, linesOfGreeting)
    .filter((line) => /^[\s\p{P}]*(?:RAHASIA|CONFIDENTIAL|ANONIM|ANONYMOUS)(?!\p{L})/u.test(line));
}

/** As a report of its own: the subject speaks where the text does not, and where neither does, that is said. */
export function toReportWords(words: MailWords, receivedAt: Date): MailWords {
  const { title, text } = words;
  return text === '' ? { ...words, title: null, text: title ?? describeSilence(receivedAt) } : words;
}

const cutLine = (line: string): string => line.slice(0, limits.title).toWellFormed().trim();

/** With its moment, so that two of them are not taken for two reports of one event. */
const describeSilence = (receivedAt: Date): string =>
  `(surat elektronik tanpa teks, diterima ${tellMoment(receivedAt)})`;

export const describeUnreadable = (receivedAt: Date): string =>
  `(surat elektronik ini tidak terbaca, diterima ${tellMoment(receivedAt)}; bentuk aslinya tersimpan untuk petugas)`;

/**
 * Who reports. Whoever wrote to us is who hears from us. The writer of what was forwarded takes their place only where an office
 * forwarded it that is known for sure: else anybody could have us write to strangers; then it is said for whom they speak.
 * Nobody, where a machine or we ourselves wrote it and staff had it filed.
 */
export function readIdentity(
  mail: Pick<ReadMail, 'kind' | 'from' | 'forwardedFrom'>,
  our: OurAddress,
  forwardedByOffice: boolean,
): Identity | null {
  if (mail.kind !== 'report' && mail.kind !== 'auto-reply') return null;
  const writer = readContact(mail.from, our);
  const first = readContact(mail.forwardedFrom, our);
  if (forwardedByOffice && first !== null) return { ...first, phone: null, onBehalfOf: null };
  if (writer === null) return null;
  const differs = first !== null && first.email?.toLowerCase() !== writer.email?.toLowerCase();
  const onBehalfOf = differs ? (first.name ?? first.email) : null;
  return { ...writer, phone: null, onBehalfOf };
}

/** Null where nobody is named, or we ourselves are. */
function readContact(
  from: MailAddress | null,
  our: OurAddress,
): { readonly name: string | null; readonly email: string | null } | null {
  if (from === null) return null;
  const address = from.address.trim();
  const isOurs =
    our !== null &&
    ([our.address, our.base].includes(address.toLowerCase()) || readPlusAddress(address, our.base) !== null);
  const email = !isOurs && isAddress(address) ? address : null;
  const name = normalizeLine(from.name)?.slice(0, limits.name).toWellFormed() ?? null;
  return isOurs || (email === null && name === null) ? null : { name, email };
}

/** As much as it takes to be written to without harm; whether it arrives is seen then. */
const isAddress = (address: string): boolean =>
  address.length <= limits.contact && /^[^\s@<>"(),;:\\[\]]+@[^\s@<>"(),;:\\[\]]+$/u.test(address);

/** What a bounce tells of our mail; null where it tells nothing. Never what the other server said: it may name the recipient. */
export function readDelivery({
  action,
  status,
}: Pick<Bounce, 'action' | 'status'>): { readonly state: DeliveryState; readonly detail: string } | null {
  const code = status !== null && /^\d\.\d{1,3}\.\d{1,3}$/.test(status) ? ` ${status}` : '';
  // Only bad news is believed: good news could be forged to have staff look away.
  return action === 'failed' ? { state: 'failed', detail: `bounced${code}` } : null;
}

/** What staff may read of why it is no report: whoever wrote it had a say in it. */
export function tellWhy(why: string | null): string | null {
  const line = normalizeLine(why);
  return line === null ? null : maskPersonalData(line).slice(0, 200).toWellFormed();
}

/** Beyond it a header is cut: some hold megabytes. */
const mostHeaderBytes = 64 * 1024;

/**
 * What is kept with the report of the mail that it came in: its header. All of it is in the seal of the message, once; a mail may
 * have 60 MB.
 */
export function toHeaderOriginal(original: Original, messageId: string | null): Original {
  const { body } = original;
  const ends = ['\r\n\r\n', '\n\n']
    .map((blank) => body.subarray(0, mostHeaderBytes).indexOf(blank) + blank.length)
    .filter((end, index) => end >= (index === 0 ? 4 : 2));
  return {
    contentType: 'text/rfc822-headers',
    body: body.subarray(0, Math.min(mostHeaderBytes, body.length, ...ends)),
    messageId: original.messageId ?? messageId,
  };
}
