import type { SendOutcome } from '../../src/domain/notification.ts';
import type { CallOutcome } from '../../src/outbound/provider-call.ts';

export type AnsweredCall = Extract<CallOutcome, { kind: 'answer' }>;

/** What a call comes to: without an answer the same for every provider, with one what `read` makes of it. */
export function toSendOutcome(
  outcome: CallOutcome,
  read: (answer: AnsweredCall) => SendOutcome,
): SendOutcome {
  if (outcome.kind === 'answer') return read(outcome);
  return outcome.kind === 'not-sent'
    ? { kind: 'retry', reason: `no connection: ${outcome.detail}`, retryAfter: null }
    : { kind: 'unknown', reason: `no answer: ${outcome.detail}` };
}

/**
 * The body as a JSON object; an empty one where it is none. A provider's word counts only in the form that it documents:
 * what stands between us and it answers with statuses too, but not in that form.
 */
export function readObject(body: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(body));
  } catch {
    return {};
  }
}

/** An empty object where it is none. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The first element that is an object, of what may be no list. */
export const firstObject = (list: unknown): Readonly<Record<string, unknown>> =>
  asObject(Array.isArray(list) ? list[0] : null);

/** A provider's name for a message; null where it gave none. */
export const asId = (value: unknown): string | null =>
  typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value) ? value : null;

/** A code of the provider for reasons: capital letters or a few digits, nothing that could be a number or a text. */
export const asCode = (value: unknown): string =>
  /^([A-Z][A-Z0-9_]{1,60}|\d{1,5})$/.test(String(value)) ? String(value) : 'no code';
