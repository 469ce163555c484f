import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changeEachByte, codeOf, describeChannelContract } from '../../test/channel-contract.ts';
import type { InboundRequest } from '../channel.ts';
import { createInfobipReceive } from './infobip.ts';

const secret = '0d6f5f3c9e8b4a7d';
const receivedAt = new Date('2026-11-22T01:20:00Z');
const receive = createInfobipReceive({ secret, allow: [] });

function post(body: Buffer, secretGiven = secret): InboundRequest {
  return {
    method: 'POST',
    query: '',
    headers: { 'content-type': 'application/json' },
    body,
    receivedAt,
    caller: { secret: secretGiven, address: '203.0.113.7' },
  };
}
const postJson = (value: unknown) => post(Buffer.from(JSON.stringify(value)));

describeChannelContract('sms/infobip', {
  receive,
  sender: '6281234567890',
  request: ({ id, text, attempt }) => ({
    ...postJson({ results: [{ messageId: id, from: '6281234567890', to: '1708', text, smsCount: 1 }] }),
    receivedAt: new Date(receivedAt.getTime() + attempt * 60_000),
  }),
  tamper: (authentic) =>
    changeEachByte(Buffer.from(secret)).map((changed) => post(authentic.body, changed.toString('latin1'))),
  garbage: post,
});

/** https://www.infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages */
const inbound = readFileSync(new URL('./fixtures/infobip.json', import.meta.url));
/** https://www.infobip.com/docs/api/channels/sms/sms-messaging/logs-and-status-reports/receive-outbound-sms-message-report */
const reports = readFileSync(new URL('./fixtures/infobip-reports.json', import.meta.url));

describe('sms/infobip', () => {
  it('files every result, emoji too, with the time the operator had it', () => {
    const { messages } = receive(post(inbound));
    expect(messages).toMatchObject([
      {
        text: 'TANGKAB jln rusak parah dkt psr Tigaraksa "}], blm diperbaiki',
        identity: { phone: '+6281234567890' },
        receivedAt: new Date('2026-11-22T01:14:05.250Z'),
      },
      {
        text: 'Jalan berlubang 😊 di depan SD 🙏🏽, konténer',
        identity: { phone: 'TELKOMSEL' },
        receivedAt: new Date('2026-11-22T01:14:06Z'),
      },
    ]);
  });

  it('keeps the bytes of each result apart, as they were sent', () => {
    const { messages } = receive(post(inbound));
    const bodies = messages.map(({ original }) => original.body.toString());
    expect(bodies.map((body) => JSON.parse(body).messageId)).toEqual([
      '817790313235066447',
      '817790313235066448',
    ]);
    expect(bodies[1]).toContain('\\ud83d\\ude0a di depan SD 🙏🏽');
    for (const body of bodies) expect(inbound.toString()).toContain(body);
  });

  it('keeps the whole request with a message where it cannot be taken apart', () => {
    const body = Buffer.from('{"r\\u0065sults":[{"messageId":"1","from":"0812","text":"Banjir"}]}');
    expect(receive(post(body)).messages[0]?.original.body).toEqual(body);
  });

  it.each([
    ['no id', { from: '0812', text: 'Banjir' }, 'Banjir'],
    ['no sender', { messageId: '1', text: 'Banjir' }, 'Banjir'],
    ['no text', { messageId: '1', from: '0812' }, ''],
    ['numbers for words', { messageId: 1, from: 628121234567, text: 17 }, '17'],
    [
      'the form of another channel',
      { messageId: '1', sender: '0812', message: { text: 'Banjir' } },
      '{"text":"Banjir"}',
    ],
  ])('files a result with %s', (_, result, text) => {
    expect(receive(postJson({ results: [result] })).messages).toMatchObject([{ text }]);
  });

  it('tells a repeat without an id by sender, text and the time of the operator', () => {
    const message = { from: '0812', text: 'Banjir', receivedAt: '2026-11-22T01:14:05.250+0000' };
    const idOf = (result: object) => receive(postJson({ results: [result] })).messages[0]?.externalId;
    expect(idOf(message)).toMatch(/^infobip:time:/);
    expect(idOf({ ...message, smsCount: 1 })).toBe(idOf(message));
    expect(idOf({ ...message, receivedAt: '2026-11-22T01:14:06.250+0000' })).not.toBe(idOf(message));
  });

  it('answers 200 to nothing at all, too', () => {
    const received = receive(postJson({ results: [] }));
    expect(received.messages).toEqual([]);
    expect(received.answer([])).toEqual({ status: 200, contentType: 'text/plain', body: '' });
  });

  it.each([null, [], 'Banjir', {}, { results: {} }])('refuses %j', (value) => {
    expect(codeOf(() => receive(postJson(value)))).toBe('malformed');
  });

  it('takes delivery reports apart from messages, and only those of ours', () => {
    const { messages, deliveryReceipts } = receive(post(reports));
    expect(messages).toEqual([]);
    expect(deliveryReceipts).toEqual([
      {
        notificationId: '0190c0de-0000-7000-8000-000000000001',
        state: 'delivered',
        detail: 'DELIVERED_TO_HANDSET',
      },
      {
        notificationId: '0190c0de-0000-7000-8000-000000000002',
        state: 'accepted',
        detail: 'DELIVERED_TO_OPERATOR',
      },
      {
        notificationId: '0190c0de-0000-7000-8000-000000000003',
        state: 'failed',
        detail: 'UNDELIVERABLE_NOT_DELIVERED',
      },
    ]);
  });
});
