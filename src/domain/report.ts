import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { NewAttachment, UploadSecret } from './attachment.ts';
import type { Letter } from './letter.ts';

/**
 * The normalized report: the one shape every channel translates into and everything behind `accept` works on.
 * What identifies a person is kept in `identity`, apart from what the report says, from the first byte on.
 */

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** UUID version 7 (RFC 9562), so ids sort by the time they were made. */
export type ReportId = Brand<'ReportId'>;
export type DeliveryId = Brand<'DeliveryId'>;
export type NotificationId = Brand<'NotificationId'>;
/** Code of an agency in the directory: `nasional`, `K73`, `P32`, `D32.73`. */
export type AgencyCode = Brand<'AgencyCode'>;
/** 128-bit secret handed to the reporter at acceptance; whoever holds it may see the report's progress. */
export type Receipt = Brand<'Receipt'>;

export const kinds = ['complaint', 'aspiration', 'information_request'] as const;
export type Kind = (typeof kinds)[number];

export const channelNames = ['web', 'sms', 'twitter', 'email', 'letter'] as const;
export type ChannelName = (typeof channelNames)[number];

/** Where it happened. `areaCode` is a Kemendagri code with dots (`32`, `32.73`, `32.73.01`, `32.73.01.1001`). */
export type Place = {
  readonly text: string | null;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly areaCode: string | null;
};

/** Who reports. Every field is personal data: it is stored apart and never logged. `phone` is E.164 where it could be read. */
export type Identity = {
  readonly name: string | null;
  readonly phone: string | null;
  readonly email: string | null;
  /** Where a letter says its writer lives; absent where nobody is asked. */
  readonly address?: string | null;
  /** The person for whom the reporter speaks. */
  readonly onBehalfOf: string | null;
  /** Where they posted it; absent where they did not. */
  readonly account?: Account;
};

/** An account on X: its id stays the same, its handle may change. `permalink` is where what they said stands, for who checks it. */
export type Account = { readonly id: string; readonly handle: string | null; readonly permalink: string };

/** What the channel got, byte for byte, kept for audit. */
export type Original = {
  readonly contentType: string;
  readonly body: Buffer;
  /** The provider's or the sender's own name for it; sealed with it, because people make names of numbers. */
  readonly messageId: string | null;
  /** Its author called us, where a platform lets us answer nobody else; absent where that is not asked. */
  readonly summoned?: boolean;
};

export type NewReport = {
  readonly channel: ChannelName;
  /** The same message twice has the same external id; `(channel, externalId)` is unique for ever. Null: nothing tells a repeat. */
  readonly externalId: string | null;
  readonly kind: Kind;
  readonly title: string | null;
  readonly text: string;
  /** Calendar day of the event, `YYYY-MM-DD`. */
  readonly occurredOn: string | null;
  readonly place: Place | null;
  readonly topic: string | null;
  /** The agency the reporter named, if any: a wish, not yet the route. */
  readonly agency: AgencyCode | null;
  readonly identity: Identity | null;
  readonly anonymous: boolean;
  readonly confidential: boolean;
  readonly receivedAt: Date;
  readonly original: Original;
  /** Tracking ID of the report that the reporter says is the same as theirs ("saya juga"); a wish, absent as a rule. */
  readonly joins?: string | null;
  /** Why staff should look at it before it is filed, in words; null as a rule. */
  readonly hold: string | null;
  /** Secrets of files that were uploaded for it; `attachments` are made of them before it is accepted. */
  readonly uploads?: readonly UploadSecret[];
  /** The files that come with it, in their order. */
  readonly attachments?: readonly NewAttachment[];
  /** Where it stands in the books of an office; of the channel `letter` alone. */
  readonly letter?: Letter;
};

/**
 * `reportId` of a message that is no report is its own id, and its receipt leads nowhere, or to the report it became part of.
 * `repeated`: this external id was accepted before and the receipt is the one given then; `sameContent` is false
 * where the original bytes differ from those accepted then, which were kept and these not.
 */
export type Accepted = {
  readonly reportId: ReportId;
  readonly receipt: Receipt;
  readonly repeated: boolean;
  readonly sameContent: boolean;
};

export const limits = { title: 200, text: 20_000, placeText: 500, name: 200, contact: 254 } as const;

/** As much of a text as a report may have, not through the middle of a surrogate pair. */
export const cutText = (text: string): string =>
  text.length <= limits.text ? text : text.slice(0, limits.text).replace(/[\ud800-\udbff]$/, '');

/** Text as PostgreSQL and every reader can take it: well-formed Unicode in NFC, without NUL, Unix line ends, trimmed. */
export function normalizeText(raw: string): string {
  if (plain.test(raw)) return raw.trim();
  return raw.toWellFormed().replaceAll('\0', '').replace(/\r\n?/g, '\n').normalize('NFC').trim();
}

/** Nearly all that people write, and nothing that there is to normalize in: looked at once instead of five times. */
const plain = /^[\n\x20-\x7e]*$/;

/** As `normalizeText`, on one line; null when nothing is left. */
export function normalizeLine(raw: string | null | undefined): string | null {
  if (raw == null || raw === '') return null;
  const line = normalizeText(raw).replace(/\s+/g, ' ');
  return line === '' ? null : line;
}

/**
 * E.164 for what Indonesians write (`0812…`, `62812…`, `+62812…`, with spaces or dashes) and for foreign numbers
 * with a plus; null when it is no phone number, such as a short code or an alphanumeric sender.
 */
export function normalizePhone(raw: string): string | null {
  const compact = raw.replace(/[\s().-]/g, '');
  // The library takes as long for one number as all else does for a report, so what nearly everybody writes, an
  // Indonesian mobile number, is read without it; a test holds both to the same answer.
  const mobile = /^(?:\+?62|0)(8[1-35-9]\d{7,10})$/.exec(compact)?.[1];
  if (mobile !== undefined) return `+62${mobile}`;
  // libphonenumber reads a bare 62812… as a fixed line of area 0628: the plus has to be put back first.
  const international = /^62\d{8,}$/.test(compact) ? `+${compact}` : compact;
  const phone = parsePhoneNumberFromString(international, 'ID');
  return phone?.isValid() ? phone.number : null;
}
