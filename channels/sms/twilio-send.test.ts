import { describe, expect, it } from 'vitest';
import type { Identity, NotificationId } from '../../src/domain/report.ts';
import type { CallRequest } from '../../src/outbound/provider-call.ts';
import { describeSenderContract } from '../../test/channel-contract.ts';
import { createTwilioSend, type TwilioAccount } from './twilio-send.ts';

const told = { inReplyTo: null, kind: 'help', params: {}, language: 'id' } as const;

const account: TwilioAccount = {
  apiUrl: 'https://api.twilio.com',
  accountSid: 'AC0123456789abcdef0123456789abcdef',
  authToken: 'rahasia-token-twilio',
  from: '+6281100001708',
  receiptUrl: 'https://lapor.example.go.id/channels/sms/twilio',
};
const person = (phone: string | null): Identity => ({ name: null, phone, email: null, onBehalfOf: null });

/** https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions */
const problem = (status: number, code: number, message: string) => ({
  status,
  body: JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }),
});

describeSenderContract('sms/twilio', {
  send: createTwilioSend(account),
  to: person('+6281234567890'),
  contact: '+6281234567890',
  unreachable: [
    { label: 'somebody without a number', to: person(null) },
    { label: 'a name', to: person('TELKOMSEL') },
    { label: 'a short code', to: person('3636') },
    { label: 'our own number', to: person('+6281100001708') },
  ],
  taken: [{ status: 201, body: JSON.stringify({ sid: 'SM1', status: 'queued', error_code: null }) }],
  busy: [problem(429, 20429, 'Too Many Requests'), { status: 429, body: '' }],
  refusal: [
    problem(400, 21211, "The 'To' number +6281234567890 is not a valid phone number."),
    problem(400, 21610, 'Attempt to send to unsubscribed recipient'),
    problem(401, 20003, 'Authenticate'),
  ],
  strange: [
    { status: 200, body: '{}' },
    { status: 400, body: '<html>Bad Request</html>' },
    { status: 403, body: '{"code":1020,"message":"Access denied"}' },
    problem(500, 20500, 'Internal Server Error'),
    problem(503, 20503, 'Service Unavailable'),
    { status: 504, body: '' },
  ],
});

describe('sms/twilio sends', () => {
  const id = '0190c0de-0000-7000-8000-000000000001' as NotificationId;
  async function send(given: Partial<TwilioAccount> = {}) {
    const calls: CallRequest[] = [];
    const outcome = await createTwilioSend({ ...account, ...given })(
      { id, to: person('+6281234567890'), text: 'Laporan Anda sudah kami catat. 🙏', ...told },
      async (request) => {
        calls.push(request);
        return { kind: 'answer', status: 201, retryAfter: null, body: '{"sid":"SM9","status":"queued"}' };
      },
    );
    return { outcome, call: calls[0]!, form: Object.fromEntries(new URLSearchParams(calls[0]?.body ?? '')) };
  }

  it('what the Messages API asks for, with an address for receipts that names our notification', async () => {
    const { outcome, call, form } = await send();
    expect(call).toMatchObject({
      method: 'POST',
      url: 'https://api.twilio.com/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json',
      headers: {
        authorization: `Basic ${btoa('AC0123456789abcdef0123456789abcdef:rahasia-token-twilio')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    expect(form).toEqual({
      To: '+6281234567890',
      From: '+6281100001708',
      Body: 'Laporan Anda sudah kami catat. 🙏',
      StatusCallback: `https://lapor.example.go.id/channels/sms/twilio?notification=${id}`,
    });
    expect(outcome).toEqual({ kind: 'sent', providerId: 'SM9' });
  });

  it('through a messaging service where that is the sender', async () => {
    const from = 'MG0123456789abcdef0123456789abcdef';
    const { form } = await send({ from });
    expect(form).toMatchObject({ MessagingServiceSid: from });
    expect(form).not.toHaveProperty('From');
  });
});
