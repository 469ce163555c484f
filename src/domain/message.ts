import type { Language } from './notification.ts';
import {
  type AgencyCode,
  type ChannelName,
  cutText,
  type Identity,
  type NewReport,
  type Original,
} from './report.ts';

/**
 * What a person sent that is no report of its own: a command about a report, or part of a message that came in several.
 * It is taken as a report is, durable before it is acknowledged, and sealed whole: people write numbers and names in it.
 */

declare const brand: unique symbol;
/** UUID version 7. What is added to a report by a message has the message's id, and so has its seal. */
export type MessageId = string & { readonly [brand]: 'MessageId' };

export type NewMessage = {
  readonly channel: ChannelName;
  /** The same message twice has the same external id; `(channel, externalId)` is unique for ever. */
  readonly externalId: string;
  readonly identity: Identity | null;
  readonly receivedAt: Date;
  readonly original: Original;
  readonly content: Command | Part | MailContent | PostContent;
};

/** What a person sent, whatever it is. */
export type Inbound = NewReport | NewMessage;

export const isReport = (inbound: Inbound): inbound is NewReport => !('content' in inbound);

/** What is asked of us, answered in the language it was asked in. A tracking ID has a check digit that fits. */
export type Command =
  | { readonly kind: 'status'; readonly trackingId: string; readonly language: Language }
  | {
      readonly kind: 'add';
      readonly trackingId: string;
      readonly text: string;
      /** Asked for with these words; what was asked for with the report holds anyway. */
      readonly anonymous: boolean;
      readonly confidential: boolean;
      readonly language: Language;
    }
  | {
      readonly kind: 'rate';
      readonly trackingId: string;
      readonly rating: number;
      readonly language: Language;
    }
  /** Answered as such: how to use the service, that an ID has a wrong digit, that a rating is a number from 1 to 5. */
  | { readonly kind: 'help' | 'wrong_id' | 'rating_range'; readonly language: Language };

/** Part `number` of `total`, counted from 1, exactly as it came: half a word, or half an emoji, is no text yet. */
export type Part = {
  readonly kind: 'part';
  /** The same for all parts of a message, and, because phones count to 256, for those of a later one. */
  readonly group: string;
  readonly number: number;
  readonly total: number;
  readonly text: string;
};

/** An e-mail as it was fetched, in `original`: nobody has read it yet. */
export type MailContent = {
  readonly kind: 'mail';
  /** Name of the mailbox it was in. */
  readonly mailbox: string;
  /** Whom the mailbox belongs to. */
  readonly agency: AgencyCode;
  /** Only the beginning of it is here; the rest was larger than may be. Its size as the server says, in bytes. */
  readonly cutFrom?: number;
};

/** A post, in `original` as the platform gave it. Its external id leads to its author: it is kept as a blind index. */
export type PostContent = {
  readonly kind: 'post';
  /** Id of its first version. */
  readonly origin: string;
  /** The same for all that its author posts in one conversation. */
  readonly thread: string;
  /** `thread`: asked for because it belongs to another one. `staff`: they want it filed, whatever it says. */
  readonly found: 'search' | 'stream' | 'thread' | 'staff';
};

/** The words of a report, without those that only say who may read it. */
export type PlainWords = Pick<NewReport, 'text' | 'anonymous' | 'confidential'>;

/** A report of which nothing is known but its words and who sent it; what is longer than a report may be is cut. */
export function toPlainReport(
  { text, anonymous, confidential }: PlainWords,
  sent: Pick<NewReport, 'channel' | 'externalId' | 'identity' | 'receivedAt' | 'original'>,
): NewReport {
  return {
    channel: sent.channel,
    externalId: sent.externalId,
    kind: 'complaint',
    title: null,
    text: cutText(text),
    occurredOn: null,
    place: null,
    topic: null,
    agency: null,
    identity: sent.identity,
    anonymous,
    confidential,
    receivedAt: sent.receivedAt,
    original: sent.original,
    hold: null,
  };
}
