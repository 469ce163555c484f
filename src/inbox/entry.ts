import type { DoorContext } from '../context.ts';
import type { InboxEntry } from '../db/reports.ts';
import { maskPersonalData } from '../domain/masking.ts';
import type { NewReport, ReportId } from '../domain/report.ts';
import { newId, newReceipt } from '../ids.ts';
import { indexContacts } from '../sealing/blind-index.ts';
import { audienceOf, packSealedReport, type Words } from '../sealing/sealed-report.ts';

/**
 * What is kept of a report: who speaks and what the channel got are sealed here, before anything is written anywhere, and
 * from here on its words carry no number, address or account name.
 */
export function toInboxEntry(
  report: NewReport,
  { seal, blindIndex, clock }: Pick<DoorContext, 'seal' | 'blindIndex' | 'clock'>,
): InboxEntry {
  const id = newId<ReportId>();
  const receipt = newReceipt(clock());
  const words: Words = { title: report.title, text: report.text, placeText: report.place?.text ?? null };
  const masked = maskWords(words);
  const sealed = seal(
    packSealedReport({
      identity: report.identity,
      unmasked: isSame(words, masked) ? null : words,
      original: report.original,
    }),
    { reportId: id, audience: audienceOf(report) },
  );
  const contacts = indexContacts(blindIndex, report.identity);
  const contentIndex =
    report.externalId === null ? null : blindIndex('content', report.original.body).toString('base64');
  return {
    id,
    receipt,
    channel: report.channel,
    externalId: report.externalId,
    contentIndex,
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
      phone_index: contacts.phone?.toString('base64'),
      email_index: contacts.email?.toString('base64'),
      content_index: contentIndex,
    }),
  };
}

const maskWords = ({ title, text, placeText }: Words): Words => ({
  title: title === null ? null : maskPersonalData(title),
  text: maskPersonalData(text),
  placeText: placeText === null ? null : maskPersonalData(placeText),
});

const isSame = (a: Words, b: Words): boolean =>
  a.title === b.title && a.text === b.text && a.placeText === b.placeText;

/** The entry that a row was written for. */
export function readEntry(row: string): InboxEntry {
  const { id, receipt, channel, external_id, content_index } = JSON.parse(row);
  return { id, receipt, channel, externalId: external_id, contentIndex: content_index, row };
}

/** The same entry under an external id that nobody else has. */
export function underOtherId(entry: InboxEntry): InboxEntry {
  const externalId = `${entry.externalId}#${entry.id}`;
  return { ...entry, externalId, row: JSON.stringify({ ...JSON.parse(entry.row), external_id: externalId }) };
}
