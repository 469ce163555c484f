import { createHmac } from 'node:crypto';
import type { DeliveryState } from '../../src/domain/notification.ts';
import { AppError } from '../../src/errors.ts';
import type { Answer, InboundRequest, Receive } from '../channel.ts';
import { isEqual } from './equal.ts';
import { firstOfEach, isForm, type Parameter, parseForm } from './form.ts';
import { toInbound, usableId } from './message.ts';
import { notificationParameter, toReceipts } from './receipts.ts';

/**
 * The way in for Twilio's messaging webhooks, by POST or GET, and for the status callbacks that `twilio-send.ts` asks
 * for. Twilio joins long messages itself, and says no time. By default it hardly repeats a request: what it could not hand over
 * waits in its log.
 */
export const createTwilioReceive =
  (settings: { readonly authToken: string; readonly url: string }): Receive =>
  (request) => {
    const { authToken } = settings;
    const form = isForm(request) ? parseForm(request.body.toString('latin1')) : [];
    verifyTwilioSignature(request, { ...settings, form });
    const parameters = firstOfEach([...form, ...parseForm(request.query)]);
    const value = (name: string) => parameters.get(name)?.toString();

    const status = value('MessageStatus');
    if (status !== undefined && !parameters.has('Body')) {
      const deliveryReceipts = toReceipts({
        reference: value(notificationParameter),
        state: states[status],
        detail: [status, value('ErrorCode') ?? ''].join(' '),
      });
      return { messages: [], deliveryReceipts, answer: () => nothingToSay };
    }
    if (!['Body', 'From', 'MessageSid'].some((name) => parameters.has(name))) {
      throw new AppError('malformed', 'neither a message nor the status of one');
    }
    const id = usableId(value('MessageSid') ?? value('SmsSid'));
    const message = toInbound({
      provider: 'twilio',
      id,
      from: value('From') ?? '',
      text: value('Body') ?? '',
      key: authToken,
      receivedAt: request.receivedAt,
      original: {
        contentType: 'application/x-www-form-urlencoded',
        body: form.length > 0 ? request.body : Buffer.from(request.query),
        messageId: id,
      },
    });
    return { messages: [message], answer: () => nothingToSay };
  };

/** TwiML that sends no message back: any other text would go to the citizen. */
const nothingToSay: Answer = {
  status: 200,
  contentType: 'text/xml',
  body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>',
};

/** https://www.twilio.com/docs/messaging/api/message-resource#message-status-values */
const states: Readonly<Record<string, DeliveryState>> = {
  accepted: 'accepted',
  scheduled: 'accepted',
  queued: 'accepted',
  sending: 'accepted',
  sent: 'accepted',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

/**
 * Passes what Twilio signed, else throws `AppError` `unauthenticated`. Signed are the address as it was given to Twilio,
 * query included, and behind it name and value of each form parameter, sorted by name
 * (https://www.twilio.com/docs/usage/security#validating-requests). What a proxy made of the address does not matter, so
 * it is `PUBLIC_URL` that counts, with its port and without: Twilio signs now one, now the other. A signature says nothing
 * of the time, so it holds for ever; the id of the message makes a replay the same report.
 */
function verifyTwilioSignature(
  { headers, query }: InboundRequest,
  signed: { readonly authToken: string; readonly url: string; readonly form: readonly Parameter[] },
): void {
  const given = headers['x-twilio-signature'];
  if (given === undefined) throw new AppError('unauthenticated', 'X-Twilio-Signature must be given');
  const parameters = sortedParameters(signed.form);
  const fits = withAndWithoutPort(signed.url)
    .map((url) => (query === '' ? url : `${url}?${query}`))
    .map((url) => createHmac('sha1', signed.authToken).update(url).update(parameters).digest('base64'))
    .filter((expected) => isEqual(given, expected));
  if (fits.length === 0) {
    throw new AppError(
      'unauthenticated',
      `X-Twilio-Signature does not fit SMS_TWILIO_AUTH_TOKEN and the address ${signed.url}, made of PUBLIC_URL`,
    );
  }
}

/** A name given more than once counts with each of its values, sorted, the same value once. */
function sortedParameters(form: readonly Parameter[]): string {
  const pairs = new Set(form.map(({ name, value }) => `${name}\0${value}`));
  return [...pairs]
    .sort()
    .map((pair) => pair.replace('\0', ''))
    .join('');
}

function withAndWithoutPort(address: string): readonly string[] {
  const url = new URL(address);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const behind = `${url.pathname}${url.search}`;
  return [`${url.protocol}//${url.hostname}${behind}`, `${url.protocol}//${url.hostname}:${port}${behind}`];
}
