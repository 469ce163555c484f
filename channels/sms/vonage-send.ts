import type { SendOutcome } from '../../src/domain/notification.ts';
import { isGsm7 } from '../../src/domain/sms-text.ts';
import type { Send } from '../channel.ts';
import { findRecipient } from './recipient.ts';
import { type AnsweredCall, asCode, asId, asObject, readObject, toSendOutcome } from './send-outcome.ts';

export type VonageAccount = {
  /** `https://rest.nexmo.com`, unless something stands in for it. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly from: string;
  /** Where Vonage tells us what became of a message; null: nowhere, because it could not prove to be Vonage. */
  readonly receiptUrl: string | null;
};

/** The way out through Vonage's SMS API. A message in doubt cannot be asked about by the reference that is ours. */
export const createVonageSend =
  (account: VonageAccount): Send =>
  async ({ id, to, text }, call) => {
    const recipient = findRecipient(to, account.from);
    if ('problem' in recipient) return { kind: 'refused', reason: recipient.problem };
    const form = new URLSearchParams({
      api_key: account.apiKey,
      api_secret: account.apiSecret,
      from: account.from,
      to: recipient.phone.replace('+', ''),
      text,
      type: isGsm7(text) ? 'text' : 'unicode',
      'client-ref': id,
      'status-report-req': account.receiptUrl === null ? '0' : '1',
      ...(account.receiptUrl === null ? {} : { callback: account.receiptUrl }),
    });
    const outcome = await call({
      method: 'POST',
      url: `${account.apiUrl}/sms/json`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    return toSendOutcome(outcome, readAnswer);
  };

/** Too fast, out of credit, too many connections: https://developer.vonage.com/en/api-errors/sms. */
const passing = ['1', '9', '10'];

/**
 * Vonage answers 200 and says in the document, once for each part, what it did: 0 taken, 5 failed inside, and nobody knows
 * how far, anything else not taken.
 */
function readAnswer({ status, retryAfter, body }: AnsweredCall): SendOutcome {
  if (status === 429) return { kind: 'retry', reason: 'answered 429: too many requests', retryAfter };
  const { messages } = readObject(body);
  const parts = Array.isArray(messages) ? messages.map(asObject) : [];
  const taken = parts.find((part) => part.status === '0');
  if (status === 200 && taken !== undefined) return { kind: 'sent', providerId: asId(taken['message-id']) };
  const code = asCode(parts[0]?.status);
  const reason = `answered ${status}: Vonage status ${code}`;
  if (status !== 200 || !/^\d+$/.test(code) || parts.some((part) => part.status === '5')) {
    return { kind: 'unknown', reason };
  }
  return passing.includes(code) ? { kind: 'retry', reason, retryAfter } : { kind: 'refused', reason };
}
