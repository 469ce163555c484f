import type { DeliveryState } from '../../src/domain/notification.ts';
import { AppError } from '../../src/errors.ts';
import type { Answer, Receive } from '../channel.ts';
import { createVerifyCaller, type PathSecret } from './caller.ts';
import { asText, parseJson } from './json-body.ts';
import { operatorTime, toInbound, usableId, withPlus } from './message.ts';
import { toReceipts } from './receipts.ts';
import { asObject } from './send-outcome.ts';

/**
 * The way in for 8x8: `{ namespace, eventType, payload }`, one event a request, for inbound messages and delivery receipts
 * (https://developer.8x8.com/connect/reference/inbound-sms). 8x8 signs nothing. It joins long messages itself, and tries
 * again after 1, 10, 30 and 90 seconds only.
 */
export function create8x8Receive(settings: PathSecret): Receive {
  const verifyCaller = createVerifyCaller(settings);
  return (request) => {
    verifyCaller(request);
    const { eventType, payload: given } = asObject(parseJson(request.body));
    const payload = asObject(given);
    if (eventType === 'outbound_message_status_changed') {
      const status = asObject(payload.status);
      const deliveryReceipts = toReceipts({
        reference: asText(payload.clientMessageId),
        state: stateOf(status),
        detail: [status.state, status.detail, status.errorCode].map(asText).join(' '),
      });
      return { messages: [], deliveryReceipts, answer: () => taken };
    }
    if (!['body', 'source', 'umid'].some((name) => payload[name] !== undefined)) {
      throw new AppError('malformed', 'neither a message nor a delivery receipt');
    }
    const id = usableId(payload.umid);
    const message = toInbound({
      provider: '8x8',
      id,
      from: withPlus(asText(payload.source)),
      text: asText(payload.body),
      key: settings.secret,
      receivedAt: request.receivedAt,
      sentAt: operatorTime(payload.timestamp, request.receivedAt),
      original: { contentType: 'application/json', body: request.body, messageId: id },
    });
    return { messages: [message], answer: () => taken };
  };
}

const taken: Answer = { status: 200, contentType: 'text/plain', body: '' };

/** https://developer.8x8.com/connect/reference/message-status-reference; `unknown` says nothing. */
const states: Readonly<Record<string, DeliveryState>> = {
  queued: 'accepted',
  sent: 'accepted',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  rejected: 'failed',
  failed: 'failed',
};

/** Delivered may be as far as the operator. */
function stateOf({ state, detail }: Readonly<Record<string, unknown>>): DeliveryState | undefined {
  return detail === 'delivered_to_operator' ? 'accepted' : states[String(state)];
}
