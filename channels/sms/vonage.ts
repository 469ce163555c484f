import type { DeliveryState } from '../../src/domain/notification.ts';
import { AppError } from '../../src/errors.ts';
import type { Answer, InboundRequest, Receive } from '../channel.ts';
import { decodeText } from './charset.ts';
import { firstOfEach, isForm, parseForm } from './form.ts';
import { operatorTime, type SmsPart, toInbound, usableId, withPlus } from './message.ts';
import { toReceipts } from './receipts.ts';
import { readConcatenation, toConcatenation } from './udh.ts';
import { verifyVonageSignature } from './vonage-signature.ts';

/**
 * The way in for Vonage's SMS API: inbound messages and delivery receipts, by GET, as a form or as JSON, signed. Vonage
 * sends again for a day until it is answered 200 or 204, and hands over each part of a long message by itself
 * (https://developer.vonage.com/en/messaging/sms/guides/inbound-sms).
 */
export const createVonageReceive =
  (secret: string): Receive =>
  (request) => {
    const parameters = readParameters(request);
    verifyVonageSignature(parameters, secret, request.receivedAt);
    const value = (name: string) => parameters.get(name);

    const status = value('status');
    if (status !== undefined && !['text', 'data', 'type'].some((name) => parameters.has(name))) {
      const deliveryReceipts = toReceipts({
        reference: value('client-ref'),
        state: states[status],
        detail: `${status} err-code ${value('err-code') ?? 'none'}`,
      });
      return { messages: [], deliveryReceipts, answer: () => taken };
    }
    if (!['text', 'data', 'msisdn', 'messageId'].some((name) => parameters.has(name))) {
      throw new AppError('malformed', 'neither a message nor a delivery receipt');
    }
    const id = usableId(value('messageId'));
    const message = toInbound({
      provider: 'vonage',
      id,
      from: withPlus(value('msisdn') ?? ''),
      text: value('text') ?? readData(value('data') ?? ''),
      key: secret,
      part: findVonagePart(parameters),
      receivedAt: request.receivedAt,
      sentAt: operatorTime(
        value('message-timestamp')?.replace(/^(\S+) (\S+)$/, '$1T$2Z'),
        request.receivedAt,
      ),
      original: original(request, id),
    });
    return { messages: [message], answer: () => taken };
  };

const taken: Answer = { status: 200, contentType: 'text/plain', body: '' };

/** https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts; `unknown` says nothing. */
const states: Readonly<Record<string, DeliveryState>> = {
  accepted: 'accepted',
  buffered: 'buffered',
  delivered: 'delivered',
  expired: 'failed',
  undelivered: 'failed',
  failed: 'failed',
  rejected: 'failed',
};

function readParameters(request: InboundRequest): ReadonlyMap<string, string> {
  if (request.method === 'POST' && !isForm(request)) return readJson(request.body);
  const form = isForm(request) ? parseForm(request.body.toString('latin1')) : [];
  const parameters = firstOfEach([...form, ...parseForm(request.query)]);
  return new Map([...parameters].map(([name, value]) => [name, value.toString()]));
}

/** Numbers and booleans are signed as they are written. */
function readJson(body: Buffer): ReadonlyMap<string, string> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new AppError('unauthenticated', 'the body is not JSON in UTF-8, so it is not signed', {
      cause: error,
    });
  }
  const isObject = typeof document === 'object' && document !== null && !Array.isArray(document);
  return new Map(
    Object.entries(isObject ? (document as object) : {}).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}

/** The content of a binary message is hexadecimal; people's phones make one of a text now and then. */
function readData(data: string): string {
  const isHex = data.length % 2 === 0 && /^[0-9a-f]*$/i.test(data);
  return isHex ? decodeText(Buffer.from(data, 'hex'), { charset: '', coding: '' }).text : data;
}

/** Which part of a long message it is: by its own fields, else by the header of the message itself, which comes with binary ones. */
export function findVonagePart(parameters: ReadonlyMap<string, string>): SmsPart | null {
  const value = (name: string) => parameters.get(name);
  const number = (name: string) => {
    const text = value(name) ?? '';
    return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
  };
  const concatenation =
    value('concat') === 'true'
      ? toConcatenation(value('concat-ref') ?? '', number('concat-total'), number('concat-part'))
      : readConcatenation(Buffer.from(value('udh') ?? '', 'hex'));
  return concatenation === null ? null : { to: value('to') ?? '', ...concatenation };
}

/** As it came; the signature opens nothing, for it holds for this message only. */
function original(request: InboundRequest, messageId: string | null) {
  return request.body.length > 0
    ? { contentType: request.headers['content-type'] ?? 'application/json', body: request.body, messageId }
    : { contentType: 'application/x-www-form-urlencoded', body: Buffer.from(request.query), messageId };
}
