import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changeEachByte, codeOf, describeChannelContract } from '../../test/channel-contract.ts';
import type { InboundRequest } from '../channel.ts';
import type { SmsPart } from './message.ts';
import { createVonageReceive, findVonagePart } from './vonage.ts';

const secret = 'rahasia-tanda-tangan-vonage';
const receivedAt = new Date('2026-11-22T01:20:00Z');
const receive = createVonageReceive(secret);

type Fields = Readonly<Record<string, string>>;
const methods = {
  'MD5 hash': (signed: string) => createHash('md5').update(`${signed}${secret}`).digest('hex'),
  'MD5 HMAC': (signed: string) => createHmac('md5', secret).update(signed).digest('hex'),
  'SHA-1 HMAC': (signed: string) => createHmac('sha1', secret).update(signed).digest('hex'),
  'SHA-256 HMAC': (signed: string) => createHmac('sha256', secret).update(signed).digest('hex').toUpperCase(),
  'SHA-512 HMAC': (signed: string) => createHmac('sha512', secret).update(signed).digest('hex'),
} as const;
type Method = keyof typeof methods;

/** By https://developer.vonage.com/en/getting-started/concepts/signing-messages#manually-generate-a-signature. */
function sign(fields: Fields, method: Method = 'SHA-256 HMAC'): Fields {
  let signed = '';
  for (const name of Object.keys(fields).sort()) {
    signed += `&${name}=${fields[name]?.replaceAll('&', '_').replaceAll('=', '_')}`;
  }
  return { ...fields, sig: methods[method](signed) };
}

const base = { query: '', headers: {}, body: Buffer.alloc(0), receivedAt };
const ways: Readonly<Record<string, (fields: Fields) => InboundRequest>> = {
  GET: (fields) => ({ ...base, method: 'GET', query: new URLSearchParams(fields).toString() }),
  'a form': (fields) => ({
    ...base,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(fields).toString()),
  }),
  JSON: (fields) => ({
    ...base,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(fields)),
  }),
};
const get = ways.GET!;

const sms = {
  msisdn: '6281234567890',
  to: '6281100001708',
  type: 'text',
  'message-timestamp': '2026-11-22 01:19:55',
  timestamp: '1795310395',
  nonce: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
};

for (const [name, way] of Object.entries(ways)) {
  describeChannelContract(`sms/vonage by ${name}`, {
    receive,
    sender: '6281234567890',
    // what cannot be read is not signed either
    garbage: null,
    // no unpaired surrogates, which no encoder of URLs lets pass
    request: ({ id, text }) => way(sign({ ...sms, messageId: id, text: text.toWellFormed() })),
    tamper: (authentic) => [
      ...changeEachByte(Buffer.from(authentic.query)).map((query) => ({
        ...authentic,
        query: query.toString('latin1'),
      })),
      ...changeEachByte(authentic.body).map((body) => ({ ...authentic, body })),
    ],
  });
}

/** Fields of https://developer.vonage.com/en/messaging/sms/guides/inbound-sms. */
type Case = { label: string; parameters: Fields; text: string; phone: string; part: SmsPart | null };
const cases: Case[] = JSON.parse(readFileSync(new URL('./fixtures/vonage.json', import.meta.url), 'utf8'));

describe.each(Object.entries(ways))('sms/vonage by %s', (_, way) => {
  it.each(cases)('reads $label', ({ parameters, text, phone, part }) => {
    const [message] = receive(way(sign(parameters))).messages;
    expect(message).toMatchObject({
      ...(part === null
        ? { text }
        : { content: { kind: 'part', number: part.number, total: part.total, text } }),
      identity: { phone },
      receivedAt: new Date('2026-11-22T01:14:05Z'),
      original: { messageId: parameters.messageId },
    });
  });

  it.each(cases)('finds which part of a message is $label', ({ parameters, part }) => {
    expect(findVonagePart(new Map(Object.entries(parameters)))).toEqual(part);
  });

  it.each(Object.keys(methods) as Method[])('passes what is signed by %s', (method) => {
    const fields = { ...sms, messageId: '1', text: 'a=b&c=d' };
    expect(receive(way(sign(fields, method))).messages).toHaveLength(1);
    const other = { ...sign(fields, method), msisdn: '6281234567891' };
    expect(codeOf(() => receive(way(other)))).toBe('unauthenticated');
  });
});

describe('sms/vonage', () => {
  const message = { ...sms, messageId: '1', text: 'Banjir' };
  const at = (timestamp: string) => get(sign({ ...message, timestamp }));
  const seconds = receivedAt.getTime() / 1000;

  it('answers 200 with nothing', () => {
    expect(receive(get(sign(message))).answer([])).toEqual({
      status: 200,
      contentType: 'text/plain',
      body: '',
    });
  });

  it.each(['', 'abc', 'f'.repeat(32), 'f'.repeat(64)])('refuses the signature %j', (sig) => {
    expect(codeOf(() => receive(get({ ...message, sig })))).toBe('unauthenticated');
  });

  it('takes what Vonage tries again for a day, and calls stale what is older or to come', () => {
    expect(codeOf(() => receive(at(String(seconds - 24 * 3600))))).toBeUndefined();
    expect(codeOf(() => receive(at(String(seconds - 26 * 3600))))).toBe('stale');
    expect(codeOf(() => receive(at(String(seconds + 60))))).toBeUndefined();
    expect(codeOf(() => receive(at(String(seconds + 3600))))).toBe('stale');
  });

  it('goes by message-timestamp where there is no other, and refuses what has none', () => {
    const { timestamp: _, ...untimed } = message;
    expect(codeOf(() => receive(get(sign(untimed))))).toBeUndefined();
    const old = { ...untimed, 'message-timestamp': '2026-11-20 01:19:55' };
    expect(codeOf(() => receive(get(sign(old))))).toBe('stale');
    const { 'message-timestamp': __, ...never } = untimed;
    expect(codeOf(() => receive(get(sign(never))))).toBe('unauthenticated');
  });

  it('tells a repeat without an id by sender, text and the time of the operator', () => {
    const { messageId: _, ...unnamed } = message;
    const first = receive(get(sign(unnamed))).messages[0]?.externalId;
    expect(first).toMatch(/^vonage:time:/);
    expect(
      receive({ ...get(sign(unnamed)), receivedAt: new Date('2026-11-22T01:30:00Z') }).messages[0]
        ?.externalId,
    ).toBe(first);
    const later = { ...unnamed, 'message-timestamp': '2026-11-22 01:19:56' };
    expect(receive(get(sign(later))).messages[0]?.externalId).not.toBe(first);
  });

  /** Of https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts, with our reference. */
  const id = '0190c0de-0000-7000-8000-000000000001';
  const receipt = {
    'err-code': '0',
    'message-timestamp': '2026-11-22 01:19:55',
    timestamp: '1795310395',
    messageId: '0B00000127FDBC63',
    msisdn: '6281234567890',
    'network-code': '51010',
    price: '0.03330000',
    scts: '2611220119',
    status: 'delivered',
    to: '1708',
    'client-ref': id,
  };

  it.each([
    ['accepted', '0', 'accepted'],
    ['buffered', '0', 'buffered'],
    ['delivered', '0', 'delivered'],
    ['expired', '2', 'failed'],
    ['failed', '11', 'failed'],
    ['rejected', '6', 'failed'],
  ])('takes the receipt %s, err-code %s, for %s', (status, code, state) => {
    const received = receive(get(sign({ ...receipt, status, 'err-code': code })));
    expect(received.messages).toEqual([]);
    expect(received.deliveryReceipts).toEqual([
      { notificationId: id, state, detail: `${status} err-code ${code}` },
    ]);
    expect(received.answer([]).status).toBe(200);
  });

  it.each([
    ['says nothing', { status: 'unknown' }],
    ['is of a message that is none of ours', { 'client-ref': 'promo-2026' }],
  ])('ignores a receipt that %s', (_, more) => {
    expect(receive(get(sign({ ...receipt, ...more }))).deliveryReceipts).toEqual([]);
  });
});
