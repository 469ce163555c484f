import { createHash } from 'node:crypto';
import type { WorkerContext } from '../src/context.ts';
import { recordDeliveries } from '../src/db/delivery-receipts.ts';
import { type AnsweredReport, findAnsweredReport, findOfficeOf } from '../src/db/mails.ts';
import { leadReceiptsTo } from '../src/db/messages.ts';
import type { Db } from '../src/db/pool.ts';
import type { TakenMessage } from '../src/db/taken-messages.ts';
import type { MailFile, ReadMail } from '../src/domain/mail.ts';
import { chooseFiles } from '../src/domain/mail-files.ts';
import {
  describeUnreadable,
  findReasonToHold,
  isOnlyHistory,
  judgeSender,
  listAnswered,
  type MailWords,
  readDelivery,
  readIdentity,
  readOurAddress,
  readWords,
  tellWhy,
  toHeaderOriginal,
  toReportWords,
} from '../src/domain/mail-filing.ts';
import { type MailContent, type PlainWords, toPlainReport } from '../src/domain/message.ts';
import { after } from '../src/domain/moment.ts';
import { type Identity, limits, type Original } from '../src/domain/report.ts';
import { nationalDesk } from '../src/domain/routing/directory.ts';
import { mayActFor } from '../src/domain/staff.ts';
import { AppError } from '../src/errors.ts';
import { openSealedReport } from '../src/sealing/sealed-report.ts';
import { addToReport, storeReport, tell } from './answer-message.ts';
import { type Decision, finish, setAsideUnopenable } from './finish-filing.ts';
import { type Next, nothingNext } from './next-jobs.ts';
import { type IncomingFile, noFiles, type TakenFiles, takeFiles } from './take-files.ts';

export type MailContext = Pick<
  WorkerContext,
  | 'attachments'
  | 'blindIndex'
  | 'channels'
  | 'clock'
  | 'config'
  | 'db'
  | 'directory'
  | 'log'
  | 'open'
  | 'sealAgain'
>;

/** A mail with all that is known of it before anything is decided. */
type Letter = {
  readonly cause: TakenMessage;
  readonly content: MailContent;
  readonly read: ReadMail;
  readonly original: Original;
  readonly identity: Identity | null;
  readonly words: MailWords;
  /** It says that it answers one of our mails. */
  readonly isAnswer: boolean;
  readonly hold: string | null;
};

/** What is added where only files came, of which none could be taken. */
const unreadableFiles = '(surat elektronik dengan berkas yang tidak dapat diterima)';

/** Files that find no room keep their report waiting for so long; then it goes without them. */
const waitForRoomMs = 60 * 60_000;

/**
 * Does with a mail what it is for: a report, an addition to the report it answers, word of one of our own mails, or nothing.
 * Whatever is decided is one transaction; that it was decided by somebody else meanwhile changes nothing.
 */
export async function fileMail(context: MailContext, cause: TakenMessage): Promise<Next> {
  const sealed = await openMail(context, cause);
  if (sealed === null) return setAsideUnopenable(context, cause);
  const readMail = context.channels.find(({ name }) => name === cause.channel)?.readMail;
  if (readMail === undefined) throw new AppError('config', `no channel reads what comes by ${cause.channel}`);
  const read = await readMail(sealed.original.body);
  if (read.kind !== 'report' && !cause.fileAnyway) {
    return finish(context, cause, withFiles(read), (tx) => keep(context, tx, read));
  }
  if (read.error !== null && read.text === '' && read.files.length === 0) {
    return fileMailUnread(context, cause, tellWhy(read.error) ?? 'it could not be read', read);
  }

  const letter = await understand(context, cause, sealed, read);
  const answered = await findAnswered(context, letter);
  const isSilent = letter.words.text === '' && read.files.length === 0;
  if (letter.isAnswer && !cause.fileAnyway && isSilent) {
    return finish(context, cause, withFiles(read), async () => ({
      next: nothingNext,
      fate: 'empty',
      reportId: null,
      outcome: 'an answer to one of our mails that says nothing',
    }));
  }
  const taken = await takeFiles(context, chooseFiles(read.files, hash).map(toIncoming), {
    lane: cause.id,
    mayWait: after(cause.acceptedAt, waitForRoomMs) > context.clock(),
  });
  // What was cut off was files: words come first.
  const isCut = sealed.content.cutFrom !== undefined && taken.refused.length === 0;
  const files = isCut ? { ...taken, refused: ['size' as const] } : taken;
  return finish(context, cause, withFiles(read, files), (tx) =>
    answered === null ? fileAsReport(context, tx, letter, files) : add(context, tx, letter, answered, files),
  );
}

/** Files what could not be read as a report that says so, for staff to see first; confidential, for it may have asked to be. */
export async function fileMailUnread(
  context: MailContext,
  cause: TakenMessage,
  why: string,
  read: ReadMail | null = null,
): Promise<Next> {
  const sealed = await openMail(context, cause);
  if (sealed === null) return setAsideUnopenable(context, cause);
  const our = readOurAddress(context.config.email);
  const words: PlainWords = {
    text: describeUnreadable(cause.receivedAt),
    anonymous: false,
    confidential: true,
  };
  return finish(context, cause, withFiles(read), async (tx) => {
    const identity = read && readIdentity(read, our, false);
    const original = toHeaderOriginal(sealed.original, read?.messageId ?? null);
    const hold = 'surat elektronik tidak terbaca; bentuk aslinya: lapor message original';
    const report = { words: { ...words, title: null }, identity, original, hold };
    return store(context, tx, cause, report, noFiles, {
      fate: 'unreadable',
      outcome: `filed unread: ${why}`,
    });
  });
}

const withFiles = (read: ReadMail | null, files: TakenFiles = noFiles) => ({
  fileCount: read?.files.length ?? 0,
  files,
});

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const toIncoming = ({ name, content }: MailFile): IncomingFile => ({ name, read: async () => content });

/** Null where the seal is not what was sealed. */
async function openMail(
  { open }: MailContext,
  cause: TakenMessage,
): Promise<{ readonly content: MailContent; readonly original: Original } | null> {
  const opened = await openSealedReport(open, cause.id, cause, 'nobody');
  return opened?.content?.kind === 'mail' ? { content: opened.content, original: opened.original } : null;
}

async function understand(
  context: MailContext,
  cause: TakenMessage,
  { content, original }: { readonly content: MailContent; readonly original: Original },
  read: ReadMail,
): Promise<Letter> {
  const { email } = context.config;
  const our = readOurAddress(email);
  const sender = judgeSender(read, email.authservIds);
  const isAnswer = listAnswered(read, our).length > 0;
  const words = readWords(read, isAnswer);
  // What staff want filed they want to see all of.
  const saysNothing = isAnswer && !cause.fileAnyway && isOnlyHistory(words.text, our);
  const byOffice = sender === 'proven' && (await isForwardedByOffice(context, cause, read));
  return {
    cause,
    content,
    read,
    original: toHeaderOriginal(original, read.messageId),
    identity: readIdentity(read, our, byOffice),
    words: saysNothing ? { ...words, text: '' } : words,
    isAnswer,
    hold: findReasonToHold(read, sender),
  };
}

/** By staff of the agency that the mailbox belongs to, or of one above it, from the address that they sign in with. */
async function isForwardedByOffice(
  { db, directory }: MailContext,
  { agency }: TakenMessage,
  { from, forwardedFrom }: ReadMail,
): Promise<boolean> {
  if (from === null || forwardedFrom === null) return false;
  const office = await findOfficeOf(db, from.address.trim());
  return office !== null && mayActFor({ agencyCode: office }, agency ?? nationalDesk, directory());
}

/** The report that the mail adds to; null where it is to be one of its own, as SMS are that ask for more secrecy than theirs has. */
async function findAnswered(context: MailContext, letter: Letter): Promise<AnsweredReport | null> {
  const { cause, read, words, hold } = letter;
  const address = read.from?.address.trim() ?? '';
  // What staff want filed they want to see as a report; what may be forged, or spam, is for staff to see.
  if (!letter.isAnswer || cause.fileAnyway || hold !== null || address === '') return null;
  const ids = listAnswered(read, readOurAddress(context.config.email));
  const report = await findAnsweredReport(context.db, ids, indexOf(context, address));
  if (report === null) return null;
  const hidesMore =
    (words.confidential && !report.confidential) ||
    (words.anonymous && !report.anonymous && !report.confidential);
  return hidesMore ? null : report;
}

const indexOf = ({ blindIndex }: MailContext, address: string): Buffer =>
  blindIndex('email', address.toLowerCase());

/** What is no report: kept, counted, and where it tells what became of one of our mails, that is on record. */
async function keep({ config, clock }: MailContext, tx: Db, read: ReadMail): Promise<Decision> {
  const why = tellWhy(read.why);
  const done = {
    next: nothingNext,
    fate: read.kind,
    reportId: null,
    outcome: `not a report: ${read.kind}${why === null ? '' : `, ${why}`}`,
  } as const;
  const told = read.bounce && readDelivery(read.bounce);
  const ids = told === null ? [] : listAnswered(read, readOurAddress(config.email));
  if (told === null || ids.length === 0) return done;
  const [notificationId = ''] = ids;
  await recordDeliveries(tx, 'email', [{ notificationId, ...told }], clock());
  return { ...done, outcome: `${done.outcome}; of our mail ${notificationId}` };
}

async function fileAsReport(
  context: MailContext,
  tx: Db,
  letter: Letter,
  files: TakenFiles,
): Promise<Decision> {
  const { cause, isAnswer, identity, original, hold } = letter;
  const words = toReportWords(letter.words, cause.receivedAt);
  // It may belong to a report that is secret, and nothing may show whether there is one.
  const told = isAnswer ? { ...words, confidential: true } : words;
  const outcome = [
    isAnswer ? 'filed as a report of its own' : 'filed as a report',
    ...(hold === null ? [] : ['held for staff']),
    ...describeLoss(letter),
  ].join('; ');
  const fate = hold === null ? 'report' : 'held';
  return store(context, tx, cause, { words: told, identity, original, hold }, files, { fate, outcome });
}

/** What staff should know is missing. */
function describeLoss({ read, content, original }: Letter): readonly string[] {
  const { cutFrom } = content;
  return [
    ...(cutFrom === undefined ? [] : [`cut: larger than may be, ${cutFrom} bytes`]),
    ...(read.error === null ? [] : [`not all of it could be read: ${tellWhy(read.error)}`]),
    ...(read.error === null ? read.notes.filter((note) => note === 'has an encrypted part') : []),
    ...(read.text.length > limits.text ? ['its text is longer than may be, and cut'] : []),
    ...(original.body.length === 0 ? ['it has no header'] : []),
  ];
}

async function store(
  context: MailContext,
  tx: Db,
  cause: TakenMessage,
  {
    words,
    identity,
    original,
    hold,
  }: Pick<Letter, 'identity' | 'original' | 'hold'> & {
    readonly words: PlainWords & Pick<MailWords, 'title'>;
  },
  { uploads }: TakenFiles,
  done: Pick<Decision, 'fate' | 'outcome'>,
): Promise<Decision> {
  const { channel, externalId, receivedAt, agency, keyId } = cause;
  const report = {
    ...toPlainReport(words, { channel, externalId, identity, receivedAt, original }),
    title: words.title,
    agency: agency === nationalDesk ? null : agency,
    hold,
    attachments: uploads,
  };
  const email = identity?.email == null ? null : indexOf(context, identity.email);
  const reportId = await storeReport(
    context,
    tx,
    report,
    { phone: null, email, account: null, content: null, copy: null },
    keyId,
  );
  await leadReceiptsTo(tx, reportId, [cause.id]);
  return { ...done, reportId, next: { ...nothingNext, reportIds: [reportId] } };
}

async function add(
  context: MailContext,
  tx: Db,
  { cause, words, identity, original }: Letter,
  { reportId, trackingId }: AnsweredReport,
  files: TakenFiles,
): Promise<Decision> {
  // Under a seal of its own, for the message's has the mail as it came and no words apart.
  const addition = { cause, identity, original, single: false, files: files.uploads };
  const said = words.text === '' && files.uploads.length === 0 ? unreadableFiles : words.text;
  const { deliveryIds } = await addToReport(context, tx, addition, reportId, said);
  const notTaken = files.refused.length;
  const { notificationIds } = await tell(context, tx, cause, {
    kind: 'added',
    recipientId: reportId,
    reportId,
    params: { trackingId, ...(notTaken === 0 ? {} : { filesNotTaken: notTaken }) },
    language: 'id',
  });
  return {
    next: { reportIds: [], deliveryIds, notificationIds },
    fate: 'addition',
    reportId,
    outcome: 'added to the report',
  };
}
