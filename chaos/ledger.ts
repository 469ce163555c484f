import type { Canaries } from './canaries.ts';

/** Who may know what of a report. */
export type Openness = 'open' | 'anonymous' | 'confidential';

/** One thing one citizen says, however often it has to be sent. */
export type Message = {
  /** Stands in the text, and is how the harness knows the report again wherever it meets it. */
  readonly number: number;
  readonly way: 'web' | 'web-keyed' | 'sms-generic' | 'sms-kannel';
  /** Idempotency key, or the provider's id of the SMS: the same on every attempt. */
  readonly key: string;
  readonly text: string;
  readonly agency: string | null;
  readonly openness: Openness;
  readonly canaries: Canaries;
  /** Number of the message whose text and sender it repeats, as a new SMS with a key of its own. */
  readonly copyOf: number | null;
};

export type Entry = {
  readonly message: Message;
  /** Requests sent: without a key each of them may have become a report of its own. */
  attempts: number;
  acknowledged: boolean;
  /** Receipts given; more than one where a repeat was taken for another report. */
  readonly receipts: Set<string>;
  /** What the gateway answered where it will never take it; an honest message should never get there. */
  refusal: string | null;
};

/** What was sent and what was acknowledged: kept by the harness alone, so that no fault can touch it. */
export type Ledger = {
  readonly open: (message: Message) => Entry;
  readonly find: (number: number) => Entry | undefined;
  readonly list: () => readonly Entry[];
};

export function createLedger(): Ledger {
  const entries = new Map<number, Entry>();
  return {
    open: (message) => {
      const entry = { message, attempts: 0, acknowledged: false, receipts: new Set<string>(), refusal: null };
      entries.set(message.number, entry);
      return entry;
    },
    find: (number) => entries.get(number),
    list: () => [...entries.values()],
  };
}

/** How a message carries its number; letters around it, so that nothing takes it for a telephone or identity number. */
export const markOf = (number: number): string => `berkas UJI${String(number).padStart(6, '0')}Z`;

/** The number of the message a text was, or null. */
export function readMark(text: string): number | null {
  const digits = /UJI(\d{6})Z/.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
