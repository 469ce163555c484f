import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changeEachByte, codeOf, describeChannelContract } from '../../test/channel-contract.ts';
import type { InboundRequest } from '../channel.ts';
import { createTwilioReceive } from './twilio.ts';

const authToken = '12345';
const url = 'https://lapor.example.go.id/channels/sms/twilio';
const receivedAt = new Date('2026-11-22T01:20:00Z');
const receive = createTwilioReceive({ authToken, url });

/** As Twilio signs, with what it was told is our address. */
function sign(given: {
  readonly body?: string;
  readonly query?: string;
  readonly address?: string;
}): InboundRequest {
  const { body = '', query = '', address = url } = given;
  const form = new URLSearchParams(body);
  const names = [...new Set(form.keys())].sort();
  const signed = names.map((name) => name + [...new Set(form.getAll(name))].sort().join(name)).join('');
  const full = query === '' ? address : `${address}?${query}`;
  return {
    method: body === '' ? 'GET' : 'POST',
    query,
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': createHmac('sha1', authToken)
        .update(full + signed)
        .digest('base64'),
    },
    body: Buffer.from(body),
    receivedAt,
  };
}
const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();
const message = { MessageSid: 'SM1', From: '+6281234567890', To: '1708', Body: 'Banjir' };

const contract = {
  receive,
  sender: '+6281234567890',
  tamper: (authentic: InboundRequest) => {
    const signature = authentic.headers['x-twilio-signature'] ?? '';
    return [
      ...changeEachByte(authentic.body).map((body) => ({ ...authentic, body })),
      ...changeEachByte(Buffer.from(authentic.query)).map((query) => ({
        ...authentic,
        query: query.toString('latin1'),
      })),
      ...changeEachByte(Buffer.from(signature)).map((changed) => ({
        ...authentic,
        headers: { ...authentic.headers, 'x-twilio-signature': changed.toString('latin1') },
      })),
    ];
  },
  garbage: null,
};
describeChannelContract('sms/twilio by POST', {
  ...contract,
  request: ({ id, text, attempt }) => ({
    ...sign({ body: form({ ...message, MessageSid: id, Body: text }) }),
    receivedAt: new Date(receivedAt.getTime() + attempt * 15_000),
  }),
});
describeChannelContract('sms/twilio by GET', {
  ...contract,
  request: ({ id, text }) => sign({ query: form({ ...message, MessageSid: id, Body: text }) }),
});

/** Parameters of https://www.twilio.com/docs/messaging/guides/webhook-request. */
type Case = { label: string; body: string; text: string; phone: string };
const cases: Case[] = JSON.parse(readFileSync(new URL('./fixtures/twilio.json', import.meta.url), 'utf8'));

describe('sms/twilio', () => {
  it.each(cases)('reads $label', ({ body, text, phone }) => {
    const [report] = receive(sign({ body })).messages;
    expect(report).toMatchObject({ text, identity: { phone } });
    expect(report?.original.body.toString()).toBe(body);
  });

  it('knows the signature of the documentation', () => {
    // https://www.twilio.com/docs/usage/security#validating-requests
    const documented = createTwilioReceive({ authToken, url: 'https://mycompany.com/myapp.php' });
    const call = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    };
    const request = { ...sign({ body: form(call), query: 'foo=1&bar=2' }) };
    const headers = { ...request.headers, 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' };
    expect(documented({ ...request, headers }).messages[0]?.identity?.phone).toBe('+14158675309');
  });

  it.each([
    ['with the port of https', 'https://lapor.example.go.id:443/channels/sms/twilio'],
    ['with none', url],
  ])('passes what Twilio signed %s', (_, address) => {
    expect(receive(sign({ body: form(message), address })).messages).toHaveLength(1);
  });

  it.each([
    ['of another host', 'https://lapor.example.com/channels/sms/twilio'],
    ['of another scheme', 'http://lapor.example.go.id/channels/sms/twilio'],
    ['of another address of ours', 'https://lapor.example.go.id/channels/sms/kannel'],
  ])('refuses a signature %s', (_, address) => {
    expect(codeOf(() => receive(sign({ body: form(message), address })))).toBe('unauthenticated');
  });

  it('refuses what is not signed', () => {
    const { headers, ...request } = sign({ body: form(message) });
    expect(codeOf(() => receive({ ...request, headers: {} }))).toBe('unauthenticated');
  });

  it('counts each value of a name given more than once, sorted, and the same one once', () => {
    // from the tests of Twilio's own libraries; signed well, and no message
    const documented = createTwilioReceive({ authToken, url: 'https://mycompany.com/myapp.php' });
    const body = 'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234';
    const request = sign({ body, query: 'foo=1&bar=2' });
    const headers = { ...request.headers, 'x-twilio-signature': 'IK+Dwps556ElfBT0I3Rgjkr1wJU=' };
    expect(codeOf(() => documented({ ...request, headers }))).toBe('malformed');
  });

  it('sends nothing back to the citizen', () => {
    const { status, contentType, body } = receive(sign({ body: form(message) })).answer([]);
    expect({ status, contentType }).toEqual({ status: 200, contentType: 'text/xml' });
    expect(body.replace(/<\?xml.*?\?>/, '')).toBe('<Response></Response>');
  });

  it('refuses what is neither a message nor a status, whoever signed it', () => {
    expect(codeOf(() => receive(sign({ body: 'hello=world' })))).toBe('malformed');
  });

  const id = '0190c0de-0000-7000-8000-000000000001';
  const status = (more: Readonly<Record<string, string>>, query = `notification=${id}`) =>
    receive(sign({ query, body: form({ MessageSid: 'SM1', To: '+6281234567890', From: '1708', ...more }) }));

  it.each([
    ['queued', 'accepted'],
    ['sent', 'accepted'],
    ['delivered', 'delivered'],
    ['undelivered', 'failed'],
    ['failed', 'failed'],
  ])('takes the status %s for %s', (MessageStatus, state) => {
    const received = status({ MessageStatus, SmsStatus: MessageStatus });
    expect(received.messages).toEqual([]);
    expect(received.deliveryReceipts).toEqual([{ notificationId: id, state, detail: MessageStatus }]);
    expect(received.answer([]).status).toBe(200);
  });

  it('tells why a message failed, by its code', () => {
    const [receipt] = status({ MessageStatus: 'undelivered', ErrorCode: '30003' }).deliveryReceipts ?? [];
    expect(receipt?.detail).toBe('undelivered 30003');
  });

  it.each(['', 'notification=', 'notification=6281234567890', 'other=1'])(
    'ignores the status of a message that is none of ours: %j',
    (query) => {
      expect(status({ MessageStatus: 'delivered' }, query).deliveryReceipts).toEqual([]);
    },
  );
});
