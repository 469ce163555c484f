import type { DoorContext } from '../context.ts';
import type { Bundle } from '../db/bundles.ts';
import type { InboxEntry } from '../db/reports.ts';
import type { NewAttachment } from '../domain/attachment.ts';
import { markOfCopies, markOfPart } from '../domain/duplicates/copies.ts';
import type { Letter } from '../domain/letter.ts';
import { maskPersonalData } from '../domain/masking.ts';
import { type Inbound, isReport, type NewMessage } from '../domain/message.ts';
import type { NewReport, Receipt, ReportId } from '../domain/report.ts';
import { newId, newReceipt } from '../ids.ts';
import { type BlindIndex, indexContacts } from '../sealing/blind-index.ts';
import type { Seal } from '../sealing/seal.ts';
import { audienceOf, packSealedReport, type Words } from '../sealing/sealed-report.ts';

type Sealing = Pick<DoorContext, 'seal' | 'blindIndex' | 'clock'>;

/** By what the same contact, and the same content, is found again. */
export type Indexes = {
  readonly phone: Buffer | null;
  readonly email: Buffer | null;
  readonly account: Buffer | null;
  readonly content: Buffer | null;
  /** Of what is said by whom, where another report may be a copy of it. */
  readonly copy: Buffer | null;
};

/**
 * What is kept of what somebody sent: who speaks and what the channel got are sealed here, before anything is written
 * anywhere.
 */
export function toInboxEntry(inbound: Inbound, { seal, blindIndex, clock }: Sealing): InboxEntry {
  if (!isReport(inbound)) return toMessageEntry(inbound, { seal, blindIndex, clock });
  return toReportEntry(inbound, indexReport(inbound, blindIndex), seal, nameReport(clock()));
}

/** What a report is known by from the moment that it is accepted. */
export type ReportNames = { readonly id: ReportId; readonly receipt: Receipt };

export const nameReport = (now: Date): ReportNames => ({ id: newId(), receipt: newReceipt(now) });

export function indexReport(report: NewReport, blindIndex: BlindIndex): Indexes {
  const mark = markOfCopies(report);
  return { ...indexSent(report, blindIndex), copy: mark === null ? null : blindIndex('copy', mark) };
}

const indexSent = (
  { identity, externalId, original }: Inbound,
  blindIndex: BlindIndex,
): Omit<Indexes, 'copy'> => ({
  ...indexContacts(blindIndex, identity),
  content: externalId === null ? null : blindIndex('content', original.body),
});

/** Of a report the words are kept as well; from here on they carry no number, address or account name. */
export function toReportEntry(
  report: NewReport,
  indexes: Indexes,
  seal: Seal,
  { id, receipt }: ReportNames,
): InboxEntry {
  const words: Words = { title: report.title, text: report.text, placeText: report.place?.text ?? null };
  const masked = maskWords(words);
  const sealed = seal(
    packSealedReport({
      identity: report.identity,
      unmasked: isSame(words, masked) ? null : words,
      original: report.original,
      fileNames: nameFiles(report.attachments ?? []),
    }),
    { reportId: id, audience: audienceOf(report) },
  );
  const written = writeIndexes(indexes);
  return {
    table: 'reports',
    id,
    receipt,
    channel: report.channel,
    externalId: report.externalId,
    contentIndex: written.content_index,
    // Written out once: PostgreSQL and the spool take the same bytes.
    row: JSON.stringify({
      id,
      receipt,
      channel: report.channel,
      external_id: report.externalId,
      kind: report.kind,
      title: masked.title,
      text: masked.text,
      occurred_on: report.occurredOn,
      place_text: masked.placeText,
      place_lat: report.place?.lat,
      place_lon: report.place?.lon,
      place_area_code: report.place?.areaCode,
      topic_code: report.topic,
      agency_code: report.agency,
      anonymous: report.anonymous,
      confidential: report.confidential,
      received_at: report.receivedAt,
      hold: report.hold,
      joins: report.joins,
      key_id: sealed.keyId,
      sealed: sealed.bytes.toString('base64'),
      ...written,
      copy_index: indexes.copy?.toString('base64'),
      ...(report.attachments?.length ? { attachments: report.attachments.map(describeFile) } : {}),
      ...(report.letter === undefined ? {} : { letter: describeLetter(report.letter) }),
    }),
  };
}

/** Of a message that is no report nothing is kept in the clear but what it takes to work on it, and whose mailbox it came to. */
function toMessageEntry(message: NewMessage, { seal, blindIndex, clock }: Sealing): InboxEntry {
  const { id, receipt } = nameReport(clock());
  const { channel, identity, original, content } = message;
  const post = content.kind === 'post' ? content : null;
  const externalId = post === null ? message.externalId : nameOfPost(message.externalId, blindIndex);
  const sealed = seal(packSealedReport({ identity, unmasked: unmaskedOf(content), original, content }), {
    reportId: id,
    audience: 'nobody',
  });
  const written = writeIndexes(indexSent(message, blindIndex));
  const part = content.kind === 'part' ? content : null;
  const mail = content.kind === 'mail' ? content : null;
  const mark = markOfPart(message);
  return {
    table: 'messages',
    id,
    receipt,
    channel,
    externalId,
    contentIndex: written.content_index,
    row: JSON.stringify({
      id,
      receipt,
      channel,
      external_id: externalId,
      form: content.kind,
      part_key: part && blindIndex('part', part.group).toString('base64'),
      part_number: part?.number,
      part_total: part?.total,
      mailbox: mail?.mailbox,
      agency_code: mail?.agency,
      bytes: mail === null ? undefined : original.body.length,
      origin_index: post && blindIndex('post', post.origin).toString('base64'),
      thread_index: post && blindIndex('thread', post.thread).toString('base64'),
      received_at: message.receivedAt,
      key_id: sealed.keyId,
      sealed: sealed.bytes.toString('base64'),
      ...written,
      copy_index: mark === null ? undefined : blindIndex('copy', mark).toString('base64'),
    }),
  };
}

/** Under what a post is known that has this id. */
export const nameOfPost = (id: string, blindIndex: BlindIndex): string =>
  blindIndex('post', id).toString('base64url');

/** What is added to a report reaches its agency as it was written, where the report does. */
function unmaskedOf(content: NewMessage['content']): Words | null {
  if (content.kind !== 'add' || maskPersonalData(content.text) === content.text) return null;
  return { title: null, text: content.text, placeText: null };
}

const writeIndexes = ({ phone, email, account, content }: Omit<Indexes, 'copy'>) => ({
  phone_index: phone?.toString('base64'),
  email_index: email?.toString('base64'),
  account_index: account?.toString('base64'),
  content_index: content?.toString('base64') ?? null,
});

/** Without its name, which is in the seal alone. */
const describeFile = ({ id, type, bytes, sha256, state }: NewAttachment, index: number) => ({
  id,
  position: index + 1,
  type,
  bytes,
  sha256,
  state,
});

const describeLetter = (letter: Letter) => ({
  office_code: letter.office,
  year: letter.year,
  agenda_number: letter.agendaNumber,
  origin: letter.origin,
  written_on: letter.writtenOn,
  received_on: letter.receivedOn,
  entered_by: letter.enteredBy,
});

/** What the files were called, by their ids. */
export const nameFiles = (attachments: readonly NewAttachment[]): Record<string, string> =>
  Object.fromEntries(attachments.flatMap(({ id, name }) => (name === null ? [] : [[id, name]])));

const maskWords = ({ title, text, placeText }: Words): Words => ({
  title: title === null ? null : maskPersonalData(title),
  text: maskPersonalData(text),
  placeText: placeText === null ? null : maskPersonalData(placeText),
});

const isSame = (a: Words, b: Words): boolean =>
  a.title === b.title && a.text === b.text && a.placeText === b.placeText;

/** What the spool keeps of what PostgreSQL could not be given. */
export function toRecord(entry: InboxEntry | Bundle): string {
  if (entry.table !== 'bundles') return entry.row;
  const { keyId, bytes } = entry.sealed;
  return JSON.stringify({ ...entry, sealed: { keyId, bytes: bytes.toString('base64') } });
}

/** What a record was made of. */
export function readRecord(row: string): InboxEntry | Bundle {
  const read = JSON.parse(row);
  if (read.table === 'bundles') {
    const { keyId, bytes } = read.sealed;
    return { ...read, sealed: { keyId, bytes: Buffer.from(bytes, 'base64') } };
  }
  const { id, receipt, channel, external_id, content_index, form } = read;
  const table = form === undefined ? 'reports' : 'messages';
  return { table, id, receipt, channel, externalId: external_id, contentIndex: content_index, row };
}

/** The same entry under an external id that nobody else has. */
export function underOtherId(entry: InboxEntry): InboxEntry {
  const externalId = `${entry.externalId}#${entry.id}`;
  return { ...entry, externalId, row: JSON.stringify({ ...JSON.parse(entry.row), external_id: externalId }) };
}
