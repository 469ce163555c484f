import type { SendOutcome } from '../../src/domain/notification.ts';
import type { Send } from '../channel.ts';
import { notificationParameter } from './receipts.ts';
import { findRecipient } from './recipient.ts';
import { type AnsweredCall, asId, readObject, toSendOutcome } from './send-outcome.ts';

export type TwilioAccount = {
  /** `https://api.twilio.com`, unless something stands in for it. */
  readonly apiUrl: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** A number of ours at Twilio, or the sid of a messaging service. */
  readonly from: string;
  /** Where Twilio tells us what became of a message. */
  readonly receiptUrl: string;
};

/**
 * The way out through Twilio's Messages API. Twilio knows no id but its own, which is lost with the answer that names it,
 * so it cannot be asked about a message in doubt; but its status callback carries ours.
 */
export const createTwilioSend =
  (account: TwilioAccount): Send =>
  async ({ id, to, text }, call) => {
    const recipient = findRecipient(to, account.from);
    if ('problem' in recipient) return { kind: 'refused', reason: recipient.problem };
    const form = new URLSearchParams({
      To: recipient.phone,
      [account.from.startsWith('MG') ? 'MessagingServiceSid' : 'From']: account.from,
      Body: text,
      StatusCallback: `${account.receiptUrl}?${notificationParameter}=${id}`,
    });
    const outcome = await call({
      method: 'POST',
      url: `${account.apiUrl}/2010-04-01/Accounts/${account.accountSid}/Messages.json`,
      headers: {
        authorization: `Basic ${Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form.toString(),
    });
    return toSendOutcome(outcome, readAnswer);
  };

/**
 * 201 created; 4xx with an error document, `{ code, message, more_info, status }`, not taken; 429 not for now
 * (https://www.twilio.com/docs/usage/twilios-response). A 5xx of Twilio does not say whether the message was created.
 */
function readAnswer({ status, retryAfter, body }: AnsweredCall): SendOutcome {
  const document = readObject(body);
  if (status === 201) return { kind: 'sent', providerId: asId(document.sid) };
  if (status === 429) return { kind: 'retry', reason: 'answered 429: too many requests', retryAfter };
  const isError = Number.isInteger(document.code) && document.status === status;
  return status >= 400 && status < 500 && isError
    ? { kind: 'refused', reason: `answered ${status}: Twilio error ${document.code}` }
    : { kind: 'unknown', reason: `answered ${status}` };
}
