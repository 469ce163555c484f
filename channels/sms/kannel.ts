import { AppError } from '../../src/errors.ts';
import type { Answer, DeliveryReceipt, InboundRequest, Receive } from '../channel.ts';
import { decodeText } from './charset.ts';
import { isEqual } from './equal.ts';
import { firstOfEach, isForm, parseForm } from './form.ts';
import { operatorTime, type SmsPart, toInbound, usableId } from './message.ts';
import { notificationParameter, toReceipts } from './receipts.ts';
import { readConcatenation } from './udh.ts';

/**
 * The way in for Kannel's smsbox, as `kannel.conf` beside this file sets it up: `get-url`, with everything in the
 * query string, or `post-url`, with the text as the body. Kannel sends a message again until it is answered 200 or
 * 202, so a request that holds a message is never refused for what is in it.
 */
export const createKannelReceive =
  (secret: string): Receive =>
  (request) => {
    const parameters = readParameters(request);
    if (!isEqual(parameters.get('secret') ?? '', secret)) {
      throw new AppError('unauthenticated', 'the parameter secret is not SMS_KANNEL_SECRET');
    }
    const value = (name: string) => parameters.get(name)?.toString();
    if (parameters.has('dlr'))
      return { messages: [], deliveryReceipts: readReceipt(value), answer: () => taken };
    const text = decodeText(findText(request, parameters), {
      charset: value('charset') ?? charsetOf(request.headers['content-type'] ?? ''),
      coding: value('coding') ?? request.headers['x-kannel-coding'] ?? '',
    });
    const id = usableId(value('id'));
    const message = toInbound({
      provider: 'kannel',
      id,
      from: value('from') ?? request.headers['x-kannel-from'] ?? '',
      text: text.text,
      key: secret,
      part: readPart(parameters.get('udh'), value('to') ?? ''),
      receivedAt: request.receivedAt,
      sentAt: operatorTime(toIsoTime(value('time')), request.receivedAt),
      original: {
        contentType: `message/http; text-decoded-as=${text.encoding}`,
        body: asSent(request),
        messageId: id,
      },
    });
    return { messages: [message], answer: () => taken };
  };

/** Kannel sends the body to the citizen as an SMS, and says "Result could not be represented" to a type it doesn't know. */
const taken: Answer = { status: 200, contentType: 'text/plain', body: '' };

/** The query string counts before the body. */
function readParameters(request: InboundRequest): ReadonlyMap<string, Buffer> {
  const body = isForm(request) ? request.body.toString('latin1') : '';
  return firstOfEach([...parseForm(request.query), ...parseForm(body)]);
}

function findText(request: InboundRequest, parameters: ReadonlyMap<string, Buffer>): Buffer {
  const text = parameters.get('text');
  if (text !== undefined) return text;
  if (request.method === 'POST' && !isForm(request)) return request.body;
  throw new AppError('invalid', 'no text: get-url needs text=%b', {
    fields: [{ path: '/text', problem: 'must be given' }],
  });
}

/**
 * What became of a message that we sent, as `dlr-url` of `kannel-send.ts` asks for it: bits of 1 delivered, 2 not, 4
 * waiting at the SMS centre, 8 taken by it, 16 refused by it; 66 says that the SMS centre does not know.
 */
function readReceipt(value: (name: string) => string | undefined): readonly DeliveryReceipt[] {
  const dlr = Number(value('dlr'));
  const state =
    dlr === 66
      ? null
      : dlr & 1
        ? 'delivered'
        : dlr & (2 | 16)
          ? 'failed'
          : dlr & 4
            ? 'buffered'
            : dlr & 8
              ? 'accepted'
              : null;
  return toReceipts({ reference: value(notificationParameter), state, detail: `dlr ${value('dlr')}` });
}

/** Bearerbox joins parts itself; who told it not to (`sms-combine-concatenated-mo`) adds `udh=%u`. */
function readPart(udh: Buffer | undefined, to: string): SmsPart | null {
  const concatenation = udh === undefined ? null : readConcatenation(udh);
  return concatenation === null ? null : { to, ...concatenation };
}

/** `%T`, in seconds. */
function toIsoTime(seconds: string | undefined): string | null {
  return seconds !== undefined && /^\d{9,11}$/.test(seconds)
    ? new Date(Number(seconds) * 1000).toISOString()
    : null;
}

function charsetOf(contentType: string): string {
  return /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? '';
}

/**
 * The request as it came (`message/http`, RFC 9112), less our secret and the headers that tell nothing about the
 * message. A repeat by Kannel is the same to the byte.
 */
function asSent(request: InboundRequest): Buffer {
  const withoutSecret = (parameters: string) => parameters.replace(/(^|&)secret=[^&]*/g, '$1secret=');
  const headers = Object.entries(request.headers)
    .filter(([name]) => name === 'content-type' || name.startsWith('x-kannel-'))
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${request.method} ?${withoutSecret(request.query)} HTTP/1.1\r\n${headers.join('')}\r\n`;
  const body = isForm(request)
    ? Buffer.from(withoutSecret(request.body.toString('latin1')), 'latin1')
    : request.body;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
