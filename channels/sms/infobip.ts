import type { DeliveryState } from '../../src/domain/notification.ts';
import { AppError } from '../../src/errors.ts';
import type { Answer, Receive } from '../channel.ts';
import { createVerifyCaller, type PathSecret } from './caller.ts';
import { asText, parseJson } from './json-body.ts';
import { findJsonMember, splitJsonArray } from './json-elements.ts';
import { operatorTime, toInbound, usableId, withPlus } from './message.ts';
import { toReceipts } from './receipts.ts';
import { asObject } from './send-outcome.ts';

/**
 * The way in for Infobip: inbound messages (MO_JSON_2) and delivery reports, both as `{ "results": [ … ] }`
 * (https://www.infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages). Infobip signs nothing. It
 * joins long messages itself, and sends again, ever more seldom, what is not answered 2xx.
 */
export function createInfobipReceive(settings: PathSecret): Receive {
  const verifyCaller = createVerifyCaller(settings);
  return (request) => {
    verifyCaller(request);
    const { results } = asObject(parseJson(request.body));
    if (!Array.isArray(results)) throw new AppError('malformed', 'there are no results');
    const bodies = splitJsonArray(findJsonMember(request.body, 'results') ?? Buffer.alloc(0));
    const elements = results.map((result, index) => ({
      fields: asObject(result),
      // what cannot be taken apart is kept whole with each message
      body: bodies.length === results.length ? (bodies[index] ?? request.body) : request.body,
    }));
    const messages = elements.filter(({ fields }) => !isReport(fields) && Object.keys(fields).length > 0);
    return {
      messages: messages.map(({ fields, body }) => {
        const id = usableId(fields.messageId);
        return toInbound({
          provider: 'infobip',
          id,
          from: withPlus(asText(fields.from ?? fields.sender)),
          text: asText(fields.text ?? fields.cleanText ?? fields.message),
          key: settings.secret,
          receivedAt: request.receivedAt,
          sentAt: operatorTime(fields.receivedAt, request.receivedAt),
          original: { contentType: 'application/json', body, messageId: id },
        });
      }),
      deliveryReceipts: elements
        .filter(({ fields }) => isReport(fields))
        .flatMap(({ fields }) => {
          const status = asObject(fields.status);
          return toReceipts({
            reference: asText(fields.messageId),
            state: stateOf(status),
            detail: asText(status.name),
          });
        }),
      answer: () => taken,
    };
  };
}

const taken: Answer = { status: 200, contentType: 'text/plain', body: '' };

/** Reports of what we sent have a status, and what people send has a text. */
const isReport = (fields: Readonly<Record<string, unknown>>): boolean =>
  fields.status !== undefined && fields.text === undefined;

/** Groups of https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes. */
const groups: Readonly<Record<string, DeliveryState>> = {
  0: 'accepted',
  1: 'accepted',
  2: 'failed',
  3: 'delivered',
  4: 'failed',
  5: 'failed',
};

/** The group calls delivered, too, what has come as far as the operator. */
function stateOf({ groupId, name }: Readonly<Record<string, unknown>>): DeliveryState | undefined {
  return name === 'DELIVERED_TO_OPERATOR' ? 'accepted' : groups[String(groupId)];
}
