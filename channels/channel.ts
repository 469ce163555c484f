import type { Accepted, ChannelName, NewReport } from '../src/domain/report.ts';

/**
 * What every channel offers the gateway. A channel translates: it authenticates what a provider pushed, turns it
 * into normalized reports, and words the answer that provider expects. It stores nothing and decides nothing.
 */
export type Channel = {
  readonly name: ChannelName;
  readonly providers: readonly Provider[];
};

/** One way into a channel, reached at `/channels/<channel>/<provider>`; without its secret it is off and says why. */
export type Provider =
  | { readonly name: string; readonly receive: Receive }
  | { readonly name: string; readonly off: string };

/** Throws `AppError` `unauthenticated`, `stale`, `malformed`, `invalid` or `too-large`; then nothing was accepted. */
export type Receive = (request: InboundRequest) => Received;

export type InboundRequest = {
  readonly method: string;
  /** The query string exactly as sent, still percent-encoded and without the `?`: charsets are the channel's business. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly receivedAt: Date;
};

export type Received = {
  readonly reports: readonly NewReport[];
  /** Called once every report is durable, with their receipts in the same order. May throw `idempotency-conflict`. */
  readonly answer: (accepted: readonly Accepted[]) => Answer;
};

export type Answer = { readonly status: number; readonly contentType: string; readonly body: string };
