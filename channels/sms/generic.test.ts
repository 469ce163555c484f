import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { Accepted } from '../../src/domain/report.ts';
import { AppError } from '../../src/errors.ts';
import { changeEachByte, codeOf, describeChannelContract, listReports } from '../../test/channel-contract.ts';
import type { InboundRequest } from '../channel.ts';
import { createGenericReceive } from './generic.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const receivedAt = new Date('2026-11-22T01:20:00Z');
const receive = createGenericReceive(secret);
const fixture = readFileSync(new URL('./fixtures/generic.json', import.meta.url));
const messages = JSON.parse(fixture.toString()) as Record<string, unknown>[];

/** Signed by the reference implementation of Standard Webhooks, not by our own. */
function sign(body: Buffer, { at = receivedAt, secondsAgo = 0, key = secret } = {}): InboundRequest {
  const timestamp = new Date(at.getTime() - secondsAgo * 1000);
  return {
    method: 'POST',
    query: '',
    headers: {
      'webhook-id': 'msg_2yXz',
      'webhook-timestamp': String(timestamp.getTime() / 1000),
      'webhook-signature': new Webhook(key).sign('msg_2yXz', timestamp, body),
    },
    body,
    receivedAt: at,
  };
}
/** The library signs text: what is not UTF-8 has to be signed by hand. */
function signBytes(body: Buffer): InboundRequest {
  const request = sign(Buffer.alloc(0));
  const signature = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(`msg_2yXz.${request.headers['webhook-timestamp']}.`)
    .update(body)
    .digest('base64');
  return { ...request, headers: { ...request.headers, 'webhook-signature': `v1,${signature}` }, body };
}
const signJson = (value: unknown) => sign(Buffer.from(JSON.stringify(value)));

function errorOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('expected an AppError');
}

describeChannelContract('sms/generic', {
  receive,
  request: ({ id, text, attempt }) =>
    sign(Buffer.from(JSON.stringify({ id, from: '081234567890', to: '1708', text })), {
      at: new Date(receivedAt.getTime() + attempt * 60_000),
    }),
  sender: '081234567890',
  tamper: (authentic) => changeEachByte(authentic.body).map((body) => ({ ...authentic, body })),
  garbage: (bytes) => signBytes(bytes),
});

describe('sms/generic', () => {
  it('files every message of an array, an empty text too', () => {
    const reports = listReports(receive(sign(fixture)));
    expect(reports.map(({ text }) => text)).toEqual(messages.map(({ text }) => text));
    expect(reports.map(({ identity }) => identity?.phone)).toEqual([
      '+6281234567890',
      '+6285712345678',
      '+6281398765432',
    ]);
  });

  it('takes the time the provider received a message, and now where it says none or one to come', () => {
    const [first, , third] = receive(sign(fixture)).messages;
    expect(first?.receivedAt).toEqual(new Date('2026-11-22T01:14:05Z'));
    expect(third?.receivedAt).toEqual(receivedAt);
    const [early] = receive(signJson({ ...messages[0], receivedAt: '2027-01-01T00:00:00Z' })).messages;
    expect(early?.receivedAt).toEqual(receivedAt);
  });

  it('keeps the bytes of each message apart, as they were sent', () => {
    const first = '{ "id": "a", "from": "0812", "text": "\\u0041ir keruh, \\"[}, bau", "x": [1, {}] }';
    const second = '{"id":"b","from":"0813","text":"\\\\"}';
    const { messages: reports } = receive(sign(Buffer.from(`[ ${first},\n ${second} ]`)));
    expect(reports.map(({ original }) => original.body.toString())).toEqual([first, second]);
  });

  it('answers with id, receipt and whether the message was known', () => {
    const { answer } = receive(sign(fixture));
    const accepted = ['r1', 'r2', 'r3'].map((receipt, index) => ({ receipt, repeated: index === 1 }));
    const { status, contentType, body } = answer(accepted as unknown as Accepted[]);
    expect({ status, contentType }).toEqual({ status: 202, contentType: 'application/json' });
    expect(JSON.parse(body).receipts[1]).toEqual({
      id: 'SMS-20261122-000418',
      receipt: 'r2',
      repeated: true,
    });
  });

  it('gives a replayed message the external id it had', () => {
    const ids = [0, 30].map((secondsAgo) => receive(sign(fixture, { secondsAgo })).messages[0]?.externalId);
    expect(ids[0]).toBe(ids[1]);
  });

  it('does not swallow another text under an id that was used before', () => {
    const [first] = receive(signJson({ id: '1', from: '0812', text: 'Banjir' })).messages;
    const [other] = receive(signJson({ id: '1', from: '0812', text: 'Longsor' })).messages;
    expect(first?.externalId).not.toBe(other?.externalId);
  });

  it('ignores what it does not know, the reporter included', () => {
    const message = {
      id: '1',
      from: '0812',
      text: 'Banjir',
      agency: 'K73',
      confidential: true,
      operator: {},
    };
    const [report] = listReports(receive(signJson(message)));
    expect(report?.agency).toBeNull();
    expect(report?.confidential).toBe(false);
  });

  it('takes 10,000 messages in one request and refuses 10,001', () => {
    const message = (index: number) => ({
      id: `m${index}`,
      from: '081234567890',
      text: `Laporan ke-${index}`,
    });
    const many = Array.from({ length: 10_000 }, (_, index) => message(index));
    expect(new Set(receive(signJson(many)).messages.map(({ externalId }) => externalId)).size).toBe(10_000);
    expect(errorOf(() => receive(signJson([...many, message(10_000)])))).toMatchObject({
      code: 'too-large',
      fields: [{ path: '', problem: 'must not hold more than 10000 messages' }],
    });
  });

  it('refuses an empty array', () => {
    expect(codeOf(() => receive(signJson([])))).toBe('invalid');
  });

  it('names the index and field of what is wrong, and takes nothing', () => {
    const list = [messages[0], { ...messages[1], from: 62812 }, { id: '3', from: '0812' }];
    const error = errorOf(() => receive(signJson(list)));
    expect(error.code).toBe('invalid');
    expect(error.fields.map(({ path }) => path)).toEqual(['/1/from', '/2/text']);
  });

  it.each([
    ['null', null, ''],
    ['a text', 'jalan rusak', ''],
    ['no id', { from: '0812', text: 'Banjir' }, '/id'],
    ['an empty id', { id: '', from: '0812', text: 'Banjir' }, '/id'],
    ['a number as id', { id: 7, from: '0812', text: 'Banjir' }, '/id'],
    ['NUL in the id', { id: 'a\0', from: '0812', text: 'Banjir' }, '/id'],
    ['a list as text', { id: '1', from: '0812', text: ['Banjir'] }, '/text'],
    [
      'a time without a zone',
      { id: '1', from: '0812', text: 'Banjir', receivedAt: '2026-11-22T08:14:05' },
      '/receivedAt',
    ],
  ])('refuses %s', (_, value, path) => {
    const error = errorOf(() => receive(signJson(value)));
    expect(error.code).toBe('invalid');
    expect(error.fields.map((field) => field.path)).toContain(path);
  });

  it('names at most 20 fields', () => {
    const long = { id: '1', from: '0812', text: 'x'.repeat(20_001) };
    const error = errorOf(() => receive(signJson(Array.from({ length: 30 }, () => long))));
    expect(error.fields).toHaveLength(20);
  });

  it('refuses a text of 1 MB by naming it', () => {
    const long = { id: '1', from: '0812', text: 'Jalan rusak '.repeat(90_000) };
    const error = errorOf(() => receive(signJson([messages[0], long])));
    expect(error.code).toBe('too-large');
    expect(error.fields).toEqual([{ path: '/1/text', problem: 'must not have more than 20000 characters' }]);
  });

  it('never repeats in an error what was sent', () => {
    const error = errorOf(() => receive(signJson({ id: ['081234567890'], from: 1, text: { rahasia: 1 } })));
    expect(JSON.stringify([error.message, error.fields])).not.toMatch(/081234567890|rahasia/);
  });

  describe('the signature', () => {
    const request = sign(fixture);
    const withHeader = (name: string, value: string | undefined) => ({
      ...request,
      headers: { ...request.headers, [name]: value },
    });

    it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('must come with %s', (name) => {
      expect(codeOf(() => receive(withHeader(name, undefined)))).toBe('unauthenticated');
    });

    it.each([
      ['of another secret', sign(fixture, { key: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })],
      ['of another message id', withHeader('webhook-id', 'msg_other')],
      ['of another time', withHeader('webhook-timestamp', String(receivedAt.getTime() / 1000 - 1))],
      [
        'of no version we know',
        withHeader('webhook-signature', request.headers['webhook-signature']?.replace('v1,', 'v2,')),
      ],
      ['that is no base64', withHeader('webhook-signature', 'v1,%%%%')],
      ['without a value', withHeader('webhook-signature', 'v1')],
      ['with a time that is no number', withHeader('webhook-timestamp', 'now')],
    ])('%s is unauthenticated', (_, forged) => {
      expect(codeOf(() => receive(forged))).toBe('unauthenticated');
    });

    it('may be one of several while a secret is replaced', () => {
      const both = `v1,${'A'.repeat(43)}= ${request.headers['webhook-signature']}`;
      expect(receive(withHeader('webhook-signature', both)).messages).toHaveLength(3);
    });

    it.each([299, -299])('of %i seconds ago is good', (secondsAgo) => {
      expect(receive(sign(fixture, { secondsAgo })).messages).toHaveLength(3);
    });

    it.each([301, -301, 86_400])('of %i seconds ago is stale', (secondsAgo) => {
      expect(codeOf(() => receive(sign(fixture, { secondsAgo })))).toBe('stale');
    });

    it('that is wrong is never called stale, which would tell a forger that it is right', () => {
      const old = sign(fixture, { secondsAgo: 900 });
      expect(codeOf(() => receive({ ...old, body: Buffer.from('[]') }))).toBe('unauthenticated');
    });
  });
});
