import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../src/errors.ts';
import type { Answer, InboundRequest, Receive } from '../channel.ts';
import { decodeText } from './charset.ts';
import { maxIdLength, toInbound } from './message.ts';

/**
 * The way in for Kannel's smsbox, as `kannel.conf` beside this file sets it up: `get-url`, with everything in the
 * query string, or `post-url`, with the text as the body. Kannel sends a message again until it is answered 200 or
 * 202, so a request that holds a message is never refused for what is in it.
 */
export const createKannelReceive =
  (secret: string): Receive =>
  (request) => {
    const parameters = parseParameters(request);
    if (!isEqual(parameters.get('secret') ?? Buffer.alloc(0), Buffer.from(secret))) {
      throw new AppError('unauthenticated', 'the parameter secret is not SMS_KANNEL_SECRET');
    }
    const value = (name: string) => parameters.get(name)?.toString();
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
      receivedAt: request.receivedAt,
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

/** Values stay bytes, because only `charset` tells what they mean. The query string counts before the body. */
function parseParameters(request: InboundRequest): ReadonlyMap<string, Buffer> {
  const parameters = new Map<string, Buffer>();
  const form = isForm(request) ? `&${request.body.toString('latin1')}` : '';
  for (const pair of (request.query + form).split('&')) {
    const [name = ''] = pair.split('=', 1);
    if (!parameters.has(name)) parameters.set(name, decodePercent(pair.slice(name.length + 1)));
  }
  return parameters;
}

/** A `%` without two hexadecimal digits after it stands for itself. */
function decodePercent(raw: string): Buffer {
  const bytes = raw
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

function isForm({ method, headers }: InboundRequest): boolean {
  return method === 'POST' && /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}

function findText(request: InboundRequest, parameters: ReadonlyMap<string, Buffer>): Buffer {
  const text = parameters.get('text');
  if (text !== undefined) return text;
  if (request.method === 'POST' && !isForm(request)) return request.body;
  throw new AppError('invalid', 'no text: get-url needs text=%b', {
    fields: [{ path: '/text', problem: 'must be given' }],
  });
}

/** Compares hashes, so that neither the time nor the length tells anything about the secret. */
function isEqual(a: Buffer, b: Buffer): boolean {
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function charsetOf(contentType: string): string {
  return /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? '';
}

function usableId(id: string | undefined): string | null {
  return id !== undefined && id.length <= maxIdLength && /^[\x21-\x7e]+$/.test(id) ? id : null;
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
