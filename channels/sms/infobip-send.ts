import type { SendOutcome } from '../../src/domain/notification.ts';
import type { Reconcile, Send } from '../channel.ts';
import { findRecipient } from './recipient.ts';
import {
  type AnsweredCall,
  asCode,
  asId,
  asObject,
  firstObject,
  readObject,
  toSendOutcome,
} from './send-outcome.ts';

export type InfobipAccount = {
  /** Each account has its own, `https://xxxxx.api.infobip.com`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly from: string;
  /** Where Infobip tells us what became of a message, secret included; null: nowhere. */
  readonly receiptUrl: string | null;
};

/** The way out through Infobip's SMS API 3. The message gets our id, so that it can be asked about by that. */
export const createInfobipSend =
  (account: InfobipAccount): Send =>
  async ({ id, to, text }, call) => {
    const recipient = findRecipient(to, account.from);
    if ('problem' in recipient) return { kind: 'refused', reason: recipient.problem };
    const message = {
      sender: account.from,
      destinations: [{ to: recipient.phone.replace('+', ''), messageId: id }],
      content: { text },
      ...(account.receiptUrl === null
        ? {}
        : { webhooks: { delivery: { url: account.receiptUrl }, contentType: 'application/json' } }),
    };
    const outcome = await call({
      method: 'POST',
      url: `${account.baseUrl}/sms/3/messages`,
      headers: { ...authorize(account), 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [message] }),
    });
    return toSendOutcome(outcome, readAnswer);
  };

/**
 * Looks into Infobip's log, which goes back 48 hours. A message that is there was taken. That it is not there yet says
 * nothing: nobody documents how soon one gets there.
 */
export const createInfobipReconcile =
  (account: InfobipAccount): Reconcile =>
  async ({ id }, call) => {
    const outcome = await call({
      method: 'GET',
      url: `${account.baseUrl}/sms/3/logs?messageId=${id}`,
      headers: authorize(account),
      body: null,
    });
    if (outcome.kind !== 'answer') {
      return { kind: 'ask_again', reason: `Infobip could not be asked: ${outcome.detail}` };
    }
    if (outcome.status !== 200) {
      return { kind: 'ask_again', reason: `Infobip could not be asked: answered ${outcome.status}` };
    }
    const { results } = readObject(outcome.body);
    const logged = Array.isArray(results)
      ? results.map(asObject).find(({ messageId }) => messageId === id)
      : undefined;
    if (logged === undefined) return { kind: 'unknown', reason: "not in Infobip's log" };
    return readStatus(asObject(logged.status), id);
  };

const authorize = ({ apiKey }: InfobipAccount) => ({
  authorization: `App ${apiKey}`,
  accept: 'application/json',
});

/**
 * 200 with a status for the message; 4xx with an error document not taken, 429 not for now
 * (https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes).
 */
function readAnswer({ status, retryAfter, body }: AnsweredCall): SendOutcome {
  if (status === 429) return { kind: 'retry', reason: 'answered 429: too many requests', retryAfter };
  const document = readObject(body);
  if (status === 200) {
    const message = firstObject(document.messages);
    return readStatus(asObject(message.status), asId(message.messageId));
  }
  const { serviceException } = asObject(document.requestError);
  const code = asCode(document.errorCode ?? asObject(serviceException).messageId);
  const reason = `answered ${status}: ${code}`;
  return [400, 401, 403, 404].includes(status) && code !== 'no code'
    ? { kind: 'refused', reason }
    : { kind: 'unknown', reason };
}

/** Groups: 0 accepted, 1 pending, 2 undeliverable, 3 delivered, 4 expired, 5 rejected. */
function readStatus(status: Readonly<Record<string, unknown>>, providerId: string | null): SendOutcome {
  const name = asCode(status.name);
  // taken before under the same id, by an attempt of ours
  if (name.includes('DUPLICATE')) return { kind: 'unknown', reason: name };
  if ([0, 1, 3].includes(Number(status.groupId ?? Number.NaN))) return { kind: 'sent', providerId };
  return [2, 4, 5].includes(Number(status.groupId))
    ? { kind: 'refused', reason: name }
    : { kind: 'unknown', reason: 'answered without a status' };
}
