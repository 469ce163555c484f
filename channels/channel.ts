import type { Logger } from 'pino';
import type { ReadMail } from '../src/domain/mail.ts';
import type { Inbound, NewMessage } from '../src/domain/message.ts';
import type {
  DeliveryState,
  FoundOutcome,
  Language,
  NotificationKind,
  NotificationParams,
  SendOutcome,
} from '../src/domain/notification.ts';
import type { ReadPost } from '../src/domain/post.ts';
import type { Accepted, ChannelName, Identity, NotificationId } from '../src/domain/report.ts';
import type { Call } from '../src/outbound/provider-call.ts';

/**
 * What every channel offers the gateway. A channel translates: it authenticates what a provider pushed, turns it
 * into normalized reports, and words the answer that provider expects; and it puts word back into the form the provider
 * takes. It stores nothing and decides nothing.
 */
export type Channel = {
  readonly name: ChannelName;
  readonly providers: readonly Provider[];
  /** Why nothing comes by it, where it fetches by itself and is not set up to. */
  readonly off?: string;
  /** Sends word back to a reporter; absent where nothing is set up for it, and then nobody is told anything. */
  readonly send?: Send;
  /**
   * Asks the provider what became of a message whose outcome was unknown; absent where it cannot be asked. Answers
   * `retry` only where the provider is certain never to have had it: then it is sent again. Never rejects.
   */
  readonly reconcile?: Reconcile;
  /**
   * Where it fetches by itself, as it is set up now: asked every few seconds. The same object as long as its settings are the
   * same; another of the same name takes its place. Throws `AppError` `config` where the settings cannot be used: then all
   * stays as it is.
   */
  readonly sources?: () => Promise<readonly Source[]>;
  /** Finds out what an e-mail says, from its bytes; never rejects. */
  readonly readMail?: (raw: Buffer) => Promise<ReadMail>;
  /** What it knows of posts besides fetching them. */
  readonly posts?: Posts;
  /** Everybody can read what it sends: nothing goes out about a report that is anonymous or confidential. */
  readonly isPublic?: true;
  /** Ends what it keeps open, once nothing is sent any more. */
  readonly close?: () => Promise<void>;
};

/**
 * A place that a channel fetches from by itself, a mailbox for one. One process at a time fetches from each, and none while
 * PostgreSQL is away.
 */
export type Source = {
  /** Unique among all sources, and the same for ever: the cursor is kept under it. Shown to staff, so no secret. */
  readonly name: string;
  /**
   * Fetches until it is told to stop. Rejects where it cannot go on, and is run again after a pause that grows; all that
   * comes after a cursor was saved is fetched again.
   */
  readonly run: (door: SourceDoor, signal: AbortSignal) => Promise<void>;
};

/** What a platform can be asked about posts. Rejects with `AppError` `unavailable` where it cannot be asked now: the budget is spent, say. */
export type Posts = {
  /** What a post says, from the `original` of its message. Throws `AppError` `malformed`. */
  readonly read: (original: Buffer) => ReadPost;
  /** All that its author posted in its conversation, as far as the platform can be searched; itself may be among them. */
  readonly findThread: (post: ReadPost) => Promise<readonly NewMessage[]>;
  /** The post at an address that a person copied. Throws `AppError` `invalid` where it is no such address, `not-found`. */
  readonly find: (address: string) => Promise<NewMessage>;
  /** Of these ids those that are there no more: deleted, or their author is gone or protected. */
  readonly listGone: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
};

export type SourceDoor = {
  /** Resolves once all are durable. Rejects where they cannot be stored: then the source stops fetching. */
  readonly take: (inbound: readonly Inbound[]) => Promise<readonly Accepted[]>;
  /** Up to where everything was taken, in the source's own terms; null at first. */
  readonly readCursor: () => Promise<unknown>;
  readonly saveCursor: (cursor: unknown) => Promise<void>;
  /** Tells staff, in `lapor doctor` and the metrics, that it is connected and that all is taken; each time it looked. */
  readonly connected: () => void;
  /**
   * Tells staff, in the log, `lapor doctor` and the metrics, of something that does not stop the source: under a name of ours,
   * in words; null once it is over.
   */
  readonly alarm: (name: string, words: string | null) => void;
  /** Equal for equal bytes; tells nobody else anything of them. */
  readonly fingerprint: (bytes: Buffer) => string;
  readonly clock: () => Date;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
};

/**
 * One way into a channel, reached at `/channels/<channel>/<provider>`; without its secret it is off and says why. A
 * provider that cannot sign has its secret behind that, `/channels/<channel>/<provider>/<secret>`.
 */
export type Provider = { readonly name: string; readonly secretInPath?: true } & (
  | { readonly receive: Receive }
  | { readonly off: string }
);

/**
 * Throws `AppError` `unauthenticated`, `forbidden`, `stale`, `malformed`, `invalid` or `too-large`; then nothing was
 * accepted.
 */
export type Receive = (request: InboundRequest) => Received;

export type InboundRequest = {
  readonly method: string;
  /** The query string exactly as sent, still percent-encoded and without the `?`: charsets are the channel's business. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly receivedAt: Date;
  /** How a provider is known whose secret is in the address it calls; undefined for all others. */
  readonly caller?: { readonly secret: string; readonly address: string };
};

export type Received = {
  readonly messages: readonly Inbound[];
  /** What became of messages that we sent, where the provider tells it by this way. */
  readonly deliveryReceipts?: readonly DeliveryReceipt[];
  /** Called once every message is durable, with their receipts in the same order. May throw `idempotency-conflict`. */
  readonly answer: (accepted: readonly Accepted[]) => Answer;
};

/**
 * What a provider says became of a message that we gave it. Names the notification by our own id, which every provider
 * returns: the word may come before the call that sent the message has returned.
 */
export type DeliveryReceipt = {
  readonly notificationId: NotificationId;
  readonly state: DeliveryState;
  /** In words for staff; never the recipient. */
  readonly detail: string | null;
};

export type Answer = { readonly status: number; readonly contentType: string; readonly body: string };

/**
 * One attempt, with `call` as the only way out. Never sends more than once, and never rejects. Once the request may have
 * reached the provider, only the provider's own word makes the outcome anything but `unknown`.
 */
export type Send = (message: OutgoingMessage, call: Call) => Promise<SendOutcome>;

export type Reconcile = (message: OutgoingMessage, call: Call) => Promise<FoundOutcome>;

export type OutgoingMessage = {
  /** The same on every attempt, for providers that know a repeat by it. */
  readonly id: NotificationId;
  readonly to: Identity;
  /** The sender's own name for what is answered, such as a Message-ID; null where it had none. */
  readonly inReplyTo: string | null;
  /** Whether who sent that called us; absent where no platform asks for it. */
  readonly summoned?: boolean;
  /** In the few words of an SMS. */
  readonly text: string;
  /** What it tells, for channels that have room to say more. */
  readonly kind: NotificationKind;
  readonly params: NotificationParams;
  readonly language: Language;
};
