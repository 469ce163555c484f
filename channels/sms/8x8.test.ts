import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changeEachByte, codeOf, describeChannelContract } from '../../test/channel-contract.ts';
import type { InboundRequest } from '../channel.ts';
import { create8x8Receive } from './8x8.ts';

const secret = '7b1f0c2d9e8b4a7d';
const receivedAt = new Date('2026-11-22T01:20:00Z');
const receive = create8x8Receive({ secret, allow: [] });

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

describeChannelContract('sms/8x8', {
  receive,
  sender: '+6281234567890',
  request: ({ id, text, attempt }) => ({
    ...postJson({
      namespace: 'SMS',
      eventType: 'inbound_message_received',
      payload: { umid: id, source: '+6281234567890', destination: '1708', body: text, encoding: 'UCS2' },
    }),
    receivedAt: new Date(receivedAt.getTime() + attempt * 10_000),
  }),
  tamper: (authentic) =>
    changeEachByte(Buffer.from(secret)).map((changed) => post(authentic.body, changed.toString('latin1'))),
  garbage: post,
});

/** https://developer.8x8.com/connect/reference/inbound-sms */
type Case = { label: string; event: object; text: string; phone: string; receivedAt: string };
const cases: Case[] = JSON.parse(readFileSync(new URL('./fixtures/8x8.json', import.meta.url), 'utf8'));

describe('sms/8x8', () => {
  it.each(cases)('reads $label', ({ event, text, phone, receivedAt: at }) => {
    const request = postJson(event);
    const [report] = receive(request).messages;
    expect(report).toMatchObject({ text, identity: { phone }, receivedAt: new Date(at) });
    expect(report?.original.body).toEqual(request.body);
  });

  it('answers 200 with nothing', () => {
    expect(receive(postJson(cases[0]?.event)).answer([])).toEqual({
      status: 200,
      contentType: 'text/plain',
      body: '',
    });
  });

  it.each([
    null,
    [],
    {},
    { payload: null },
    { namespace: 'CABM', eventType: 'template_status_update', payload: {} },
  ])('refuses %j, which is certainly no message', (value) => {
    expect(codeOf(() => receive(postJson(value)))).toBe('malformed');
  });

  /** https://developer.8x8.com/connect/reference/delivery-receipts-for-outbound-sms */
  const id = '0190c0de-0000-7000-8000-000000000001';
  const receiptOf = (status: object, clientMessageId: unknown = id) =>
    receive(
      postJson({
        namespace: 'SMS',
        eventType: 'outbound_message_status_changed',
        description: 'SMS delivery receipt',
        payload: {
          umid: 'bda3d56d-1424-e711-813c-06ed3428fe67',
          clientMessageId,
          subAccountId: 'lapor',
          destination: '+6281234567890',
          status,
        },
      }),
    );

  it.each([
    [{ state: 'queued' }, 'accepted', 'queued'],
    [{ state: 'sent' }, 'accepted', 'sent'],
    [{ state: 'delivered', detail: 'delivered_to_operator' }, 'accepted', 'delivered delivered_to_operator'],
    [
      { state: 'delivered', detail: 'delivered_to_recipient' },
      'delivered',
      'delivered delivered_to_recipient',
    ],
    [
      {
        state: 'undelivered',
        detail: 'rejected_by_operator',
        errorCode: 12,
        errorMessage: '+6281234567890 barred',
      },
      'failed',
      'undelivered rejected_by_operator 12',
    ],
    [{ state: 'rejected' }, 'failed', 'rejected'],
  ])('takes %j for %s', (status, state, detail) => {
    const { messages, deliveryReceipts } = receiptOf(status);
    expect(messages).toEqual([]);
    expect(deliveryReceipts).toEqual([{ notificationId: id, state, detail }]);
  });

  it.each([
    ['of a message that is none of ours', receiptOf({ state: 'delivered' }, 'promo-2026')],
    ['without a reference', receiptOf({ state: 'delivered' }, null)],
    ['that says nothing', receiptOf({ state: 'unknown' })],
  ])('ignores a receipt %s', (_, received) => {
    expect(received.deliveryReceipts).toEqual([]);
    expect(received.answer([]).status).toBe(200);
  });
});
