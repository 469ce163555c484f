import { createHmac } from 'node:crypto';
import { readText } from '../../src/domain/commands.ts';
import { type Inbound, toPlainReport } from '../../src/domain/message.ts';
import {
  type Identity,
  limits,
  normalizeLine,
  normalizePhone,
  normalizeText,
  type Original,
} from '../../src/domain/report.ts';

/** Part `number` of `total`, counted from 1: what has the same sender, recipient, reference and total is one message. */
export type SmsPart = {
  readonly to: string;
  readonly reference: string;
  readonly total: number;
  readonly number: number;
};

/** One SMS as a provider handed it over, authenticated and decoded. */
export type SmsMessage = {
  readonly provider: string;
  /** The provider's name for this message, the same on every attempt; null where it gave none. */
  readonly id: string | null;
  readonly from: string;
  readonly text: string;
  /** The channel's secret. */
  readonly key: string;
  /** Which part of a long message this is; null where it is whole. */
  readonly part?: SmsPart | null;
  readonly receivedAt: Date;
  /** When the operator had it, the same on every attempt; null where the provider does not say. */
  readonly sentAt?: Date | null;
  readonly original: Original;
};

/** Longest id a provider may give. */
export const maxIdLength = 200;

/** An id that can be one: printable, without spaces, not too long; null else, and then something else tells a repeat. */
export function usableId(id: unknown): string | null {
  return typeof id === 'string' && id.length <= maxIdLength && /^[\x21-\x7e]+$/.test(id) ? id : null;
}

/**
 * When the operator had a message, as the provider says; null where that is no time, or one to come: a provider's clock
 * that runs ahead must not lengthen the deadlines that count from here.
 */
export function operatorTime(given: unknown, now: Date): Date | null {
  const time = typeof given === 'string' ? Date.parse(given) : Number.NaN;
  // before the year 2000 it is a clock that was never set
  return time > 946_684_800_000 && time < now.getTime() ? new Date(time) : null;
}

/** With its plus, for providers that write international numbers without one; names and short codes stay as they are. */
export const withPlus = (from: string): string => (/^[1-9]\d{8,14}$/.test(from) ? `+${from}` : from);

/**
 * Every SMS is filed, an empty one too, unless it is a command; what is longer than a report may be is cut, and kept whole
 * in `original`. A part stays a part: what it means is known when the others are there.
 */
export function toInbound(message: SmsMessage): Inbound {
  const { original } = message;
  const receivedAt = message.sentAt ?? message.receivedAt;
  const part = message.part != null && isPartOfMany(message.part) ? message.part : null;
  const sent = { channel: 'sms', identity: identify(message.from), receivedAt, original } as const;
  if (part !== null) {
    const { to, reference, number, total } = part;
    const group = [message.from, to, reference, total].join('\n');
    return {
      ...sent,
      externalId: externalId(message, `${message.text}\npart:${reference}:${number}/${total}`),
      content: { kind: 'part', group, number, total, text: message.text },
    };
  }
  const text = normalizeText(message.text);
  const named = { ...sent, externalId: externalId(message, text) };
  const reading = readText(text);
  return 'command' in reading ? { ...named, content: reading.command } : toPlainReport(reading.report, named);
}

/** What no phone sends (3GPP TS 23.040, 9.2.3.24.1) is a whole message that somebody labelled wrongly. */
const isPartOfMany = ({ number, total }: SmsPart): boolean =>
  Number.isInteger(number) &&
  Number.isInteger(total) &&
  total > 1 &&
  total < 256 &&
  number > 0 &&
  number <= total;

/**
 * Sender and text are part of it, so a provider that uses an id again cannot make us swallow another message; hashed
 * with a key, because there are few enough phone numbers to find the one behind a plain hash, and because providers make
 * ids of numbers, too. What stands after the provider's name tells how far a repeat can be told: `id`, by the provider's
 * own name for the message; `time`, by the moment the operator had it, which two messages with the same words might
 * share; `once`, not at all. In the last the moment of arrival stands in: a repeat may then be filed twice, which costs
 * less than taking two messages for one.
 */
function externalId({ provider, id, from, key, receivedAt, sentAt }: SmsMessage, text: string): string {
  const [kind, name] =
    id !== null
      ? ['id', id]
      : sentAt != null
        ? ['time', sentAt.toISOString()]
        : ['once', receivedAt.toISOString()];
  const digest = createHmac('sha256', key)
    .update(`${from}
${kind}:${name}
${text}`)
    .digest('hex');
  return `${provider}:${kind}:${digest.slice(0, 32)}`;
}

function identify(from: string): Identity | null {
  // 00 stands for the plus in what an SMSC hands over; a plus that nobody percent-encoded arrives as a space.
  const line = normalizeLine(from.replace(/^(00| )(?=\d{8})/, '+'));
  if (line === null) return null;
  const phone = normalizePhone(line) ?? line.slice(0, limits.contact).toWellFormed();
  return { name: null, phone, email: null, onBehalfOf: null };
}
