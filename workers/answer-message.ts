import type { WorkerContext } from '../src/context.ts';
import { insertAddition } from '../src/db/additions.ts';
import { insertAddedFiles, lockFilesOf } from '../src/db/attachments.ts';
import { wasAskedByOther } from '../src/db/contact-limits.ts';
import { insertAdditionDelivery } from '../src/db/deliveries.ts';
import { insertSeal } from '../src/db/identities.ts';
import { type AskedReport, findAskedReport, type StoredMessage } from '../src/db/messages.ts';
import { insertNotifications } from '../src/db/notifications.ts';
import type { Db } from '../src/db/pool.ts';
import { findProgressByReceipt } from '../src/db/progress.ts';
import { recordRating } from '../src/db/ratings.ts';
import { insertReports, listAccepted } from '../src/db/reports.ts';
import type { NewAttachment } from '../src/domain/attachment.ts';
import type { Reading } from '../src/domain/commands.ts';
import { joinPartMarks } from '../src/domain/duplicates/copies.ts';
import { maskPersonalData } from '../src/domain/masking.ts';
import { type Command, type MessageId, type PlainWords, toPlainReport } from '../src/domain/message.ts';
import { after } from '../src/domain/moment.ts';
import type { NotificationKind, NotificationParams } from '../src/domain/notification.ts';
import { statusOf } from '../src/domain/progress.ts';
import {
  cutText,
  type DeliveryId,
  type Identity,
  type NewReport,
  type NotificationId,
  type Original,
  type ReportId,
} from '../src/domain/report.ts';
import { formatTrackingId } from '../src/domain/tracking-id.ts';
import { newId } from '../src/ids.ts';
import { type Indexes, nameFiles, nameReport, toReportEntry } from '../src/inbox/entry.ts';
import { packSealedReport } from '../src/sealing/sealed-report.ts';

export type AnswerContext = Pick<WorkerContext, 'channels' | 'sealAgain' | 'clock'>;

/** What a person sent, whole and opened. */
export type Whole = {
  /** The message it came in, or that of its parts which came first. */
  readonly cause: StoredMessage;
  readonly identity: Identity | null;
  readonly original: Original;
  readonly reading: Reading;
  /** Came in one message, whose seal has all of it. */
  readonly single: boolean;
  /** Files that came with it, taken in already. */
  readonly files?: readonly NewAttachment[];
  /** What copies of its parts have in common, in their order; absent or empty where it is never a copy. */
  readonly partMarks?: readonly (Buffer | null)[];
};

/** What was done, and what is to be done next. */
export type Done = {
  /** In words for staff. */
  readonly outcome: string;
  /** The report it became, or was added to. */
  readonly reportId: ReportId | null;
  /** To be filed. */
  readonly reportIds: readonly ReportId[];
  readonly deliveryIds: readonly DeliveryId[];
  readonly notificationIds: readonly NotificationId[];
};

const dayMs = 24 * 3_600_000;

const nothing = { reportId: null, reportIds: [], deliveryIds: [], notificationIds: [] } as const;

/**
 * Does what a message asks. What is told of a report goes to the contact on file for it, and nowhere else, so whoever
 * writes in another's name learns nothing, and once in 24 hours is all that others can have told; a confidential report
 * is known to nobody but its reporter.
 */
export async function answerMessage(context: AnswerContext, db: Db, whole: Whole): Promise<Done> {
  const { reading } = whole;
  if ('report' in reading) return fileAsReport(context, db, whole, reading.report, 'filed as a report');
  const { command } = reading;
  switch (command.kind) {
    case 'status':
      return tellStatus(context, db, whole, command);
    case 'add':
      return add(context, db, whole, command);
    case 'rate':
      return rate(context, db, whole, command);
    default:
      return answerSender(context, db, whole, command.kind, command);
  }
}

async function tellStatus(
  context: AnswerContext,
  db: Db,
  whole: Whole,
  command: Extract<Command, { kind: 'status' }>,
): Promise<Done> {
  const asked = await findAskedReport(db, command.trackingId, whole.cause.phoneIndex);
  if (asked === null || (asked.confidential && !asked.fromReporter)) {
    return answerSender(context, db, whole, 'not_found', command);
  }
  const progress = await findProgressByReceipt(db, asked.receipt);
  if (progress === null || !asked.reachable) {
    return { ...nothing, outcome: 'nobody to tell: no phone number on file' };
  }
  if (!asked.fromReporter && (await wasAskedByOther(db, asked.reportId, after(context.clock(), -dayMs)))) {
    return { ...nothing, outcome: 'status, unsaid: others asked within 24 hours' };
  }
  const { trackingId } = command;
  const agencyName = progress.route?.agencyName;
  const params = {
    trackingId,
    status: statusOf(progress),
    ...(agencyName === undefined ? {} : { agencyName }),
  };
  return tellReporter(context, db, whole, 'status', { asked, params, language: command.language });
}

async function add(
  context: AnswerContext,
  db: Db,
  whole: Whole,
  command: Extract<Command, { kind: 'add' }>,
): Promise<Done> {
  const { trackingId, text, language } = command;
  const asked = await findAskedReport(db, trackingId, whole.cause.phoneIndex);
  if (asked === null || !asked.fromReporter || hidesMore(command, asked)) {
    // Nothing is lost. Whether there is such a report, and a confidential one, must not show in what becomes of this; the
    // words may belong to one, so they are confidential themselves.
    const words = {
      text: `Tambahan untuk laporan ${formatTrackingId(trackingId)}: ${text}`,
      anonymous: command.anonymous,
      confidential: true,
    };
    return fileAsReport(context, db, whole, words, 'filed as a report of its own');
  }
  const { deliveryIds } = await addToReport(context, db, whole, asked.reportId, text);
  const told = await tellReporter(context, db, whole, 'added', { asked, params: { trackingId }, language });
  return { ...told, deliveryIds, reportId: asked.reportId, outcome: 'added to the report' };
}

/** Asked to be secret, while the report is not. */
const hidesMore = (command: PlainWords, report: AskedReport): boolean =>
  (command.confidential && !report.confidential) ||
  (command.anonymous && !report.anonymous && !report.confidential);

/** Of a post that was edited: see `insertAddition`. */
type Version = { readonly version?: number | null };

/** Stores what the reporter says besides, and has it handed to the agency that has the report; cut as a report is. */
export async function addToReport(
  { sealAgain, clock }: Pick<AnswerContext, 'sealAgain' | 'clock'>,
  db: Db,
  { cause, identity, original, single, files = [], version = null }: Omit<Whole, 'reading'> & Version,
  reportId: ReportId,
  said: string,
): Promise<{ readonly deliveryIds: readonly DeliveryId[] }> {
  const id = single ? cause.id : newId<MessageId>();
  const text = cutText(said);
  const masked = maskPersonalData(text);
  if (!single) {
    const unmasked = masked === text ? null : { title: null, text, placeText: null };
    const seal = await sealAgain(cause.keyId);
    const fileNames = nameFiles(files);
    const sealed = seal(packSealedReport({ identity, unmasked, original, fileNames }), {
      reportId: id,
      audience: 'nobody',
    });
    await insertSeal(db, id, sealed, cause.phoneIndex);
  }
  const { channel, receivedAt } = cause;
  await insertAddition(db, {
    id,
    reportId,
    channel,
    text: masked,
    receivedAt,
    fileCount: files.length,
    version,
  });
  if (files.length > 0) {
    await lockFilesOf(db, reportId);
    await insertAddedFiles(db, { reportId, additionId: id }, files);
  }
  const delivery = { id: newId<DeliveryId>(), reportId, additionId: id };
  const pending = await insertAdditionDelivery(db, delivery, clock());
  return { deliveryIds: pending === null ? [] : [pending] };
}

async function rate(
  context: AnswerContext,
  db: Db,
  whole: Whole,
  command: Extract<Command, { kind: 'rate' }>,
): Promise<Done> {
  const { trackingId, rating, language } = command;
  const asked = await findAskedReport(db, trackingId, whole.cause.phoneIndex);
  if (asked === null || !asked.fromReporter) return answerSender(context, db, whole, 'not_found', command);
  const { channel, receivedAt } = whole.cause;
  await recordRating(db, { reportId: asked.reportId, rating, channel, ratedAt: receivedAt });
  return tellReporter(context, db, whole, 'rated', { asked, params: { trackingId, rating }, language });
}

/** Stores it as the door would have, without a way through the door: what became of the message is decided with it. */
export async function fileAsReport(
  context: AnswerContext,
  db: Db,
  { cause, identity, original, partMarks = [] }: Whole,
  words: PlainWords,
  outcome: string,
): Promise<Done> {
  const { channel, externalId, receivedAt, phoneIndex, keyId } = cause;
  const report = toPlainReport(words, { channel, externalId, identity, receivedAt, original });
  const indexes = {
    phone: phoneIndex,
    email: null,
    account: null,
    content: null,
    copy: joinPartMarks(partMarks, words),
  };
  const reportId = await storeReport(context, db, report, indexes, keyId);
  return { ...nothing, reportId, reportIds: [reportId], outcome };
}

/** Puts a report into the inbox, sealed for this key; answers its id, or that of the report with its external id. */
export async function storeReport(
  { sealAgain, clock }: Pick<AnswerContext, 'sealAgain' | 'clock'>,
  db: Db,
  report: NewReport,
  indexes: Indexes,
  keyId: string,
): Promise<ReportId> {
  const seal = await sealAgain(keyId);
  const entry = toReportEntry(report, indexes, seal, nameReport(clock()));
  const stored = await insertReports(db, [entry], clock());
  // An earlier version may have taken the same message for a report.
  const known = stored.has(entry.id) ? undefined : (await listAccepted(db, [entry])).get(entry.id);
  return known?.reportId ?? entry.id;
}

function tellReporter(
  context: AnswerContext,
  db: Db,
  { cause }: Whole,
  kind: NotificationKind,
  told: {
    readonly asked: AskedReport;
    readonly params: NotificationParams;
    readonly language: Command['language'];
  },
): Promise<Done> {
  const { asked, params, language } = told;
  const { reportId } = asked;
  const theirs = { kind, recipientId: reportId, reportId, params, language };
  // What others ask for wakes nobody up.
  return tell(
    context,
    db,
    cause,
    asked.fromReporter ? theirs : { ...theirs, askedAt: null, askedByOther: true },
  );
}

const answerSender = (
  context: AnswerContext,
  db: Db,
  { cause }: Whole,
  kind: NotificationKind,
  { language }: Pick<Command, 'language'>,
): Promise<Done> =>
  tell(context, db, cause, { kind, recipientId: cause.id, reportId: null, params: {}, language });

/** By the channel the message came by, where that can send: it is the one the asker has at hand. */
export async function tell(
  { channels, clock }: Pick<AnswerContext, 'channels' | 'clock'>,
  db: Db,
  { id: causeId, channel }: StoredMessage,
  told: Omit<Parameters<typeof insertNotifications>[1][number], 'id' | 'causeId' | 'channel'>,
): Promise<Done> {
  const { kind } = told;
  if (channels.find(({ name }) => name === channel)?.send === undefined) {
    return { ...nothing, outcome: `${kind}, unsaid: the channel cannot send` };
  }
  const id = newId<NotificationId>();
  await insertNotifications(db, [{ ...told, id, causeId, channel }], clock());
  return { ...nothing, notificationIds: [id], outcome: kind };
}
