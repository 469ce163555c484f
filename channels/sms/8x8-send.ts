import type { SendOutcome } from '../../src/domain/notification.ts';
import type { Send } from '../channel.ts';
import { findRecipient } from './recipient.ts';
import { type AnsweredCall, asCode, asId, asObject, readObject, toSendOutcome } from './send-outcome.ts';

export type EightByEightAccount = {
  /** `https://sms.8x8.com`, or that of another region: `https://sms.8x8.id` in Indonesia. */
  readonly apiUrl: string;
  readonly subaccount: string;
  readonly apiKey: string;
  readonly from: string;
  /** Where 8x8 tells us what became of a message, secret included; null: nowhere. */
  readonly receiptUrl: string | null;
};

/** The way out through 8x8's SMS API. A message can be asked about by 8x8's own id only, lost where the answer is. */
export const create8x8Send =
  (account: EightByEightAccount): Send =>
  async ({ id, to, text }, call) => {
    const recipient = findRecipient(to, account.from);
    if ('problem' in recipient) return { kind: 'refused', reason: recipient.problem };
    const outcome = await call({
      method: 'POST',
      url: `${account.apiUrl}/api/v1/subaccounts/${encodeURIComponent(account.subaccount)}/messages`,
      headers: { authorization: `Bearer ${account.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        destination: recipient.phone,
        source: account.from,
        text,
        encoding: 'AUTO',
        clientMessageId: id,
        ...(account.receiptUrl === null ? {} : { dlrCallbackUrl: account.receiptUrl }),
      }),
    });
    return toSendOutcome(outcome, readAnswer);
  };

/**
 * 200 with QUEUED or REJECTED; 4xx with an error document, `{ code, message, errorId, timestamp }`, not taken; 429 not for
 * now (https://developer.8x8.com/connect/reference/send-sms-single, https://developer.8x8.com/connect/docs/api-error-codes).
 */
function readAnswer({ status, retryAfter, body }: AnsweredCall): SendOutcome {
  if (status === 429) return { kind: 'retry', reason: 'answered 429: too many requests', retryAfter };
  const document = readObject(body);
  const verdict = asObject(document.status).code;
  if (status === 200 && verdict === 'QUEUED') return { kind: 'sent', providerId: asId(document.umid) };
  if (status === 200 && verdict === 'REJECTED') return { kind: 'refused', reason: 'answered REJECTED' };
  return [400, 401, 403, 404, 410, 422].includes(status) && Number.isInteger(document.code)
    ? { kind: 'refused', reason: `answered ${status}: 8x8 error ${asCode(document.code)}` }
    : { kind: 'unknown', reason: `answered ${status}` };
}
