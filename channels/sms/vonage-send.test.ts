import { describe, expect, it } from 'vitest';
import type { Identity, NotificationId } from '../../src/domain/report.ts';
import { describeSenderContract } from '../../test/channel-contract.ts';
import { createVonageSend, type VonageAccount } from './vonage-send.ts';

const told = { inReplyTo: null, kind: 'help', params: {}, language: 'id' } as const;

const account: VonageAccount = {
  apiUrl: 'https://rest.nexmo.com',
  apiKey: 'abcd1234',
  apiSecret: 'rahasia-api-vonage',
  from: '+6281100001708',
  receiptUrl: 'https://lapor.example.go.id/channels/sms/vonage',
};
const person = (phone: string | null): Identity => ({ name: null, phone, email: null, onBehalfOf: null });

/** https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms */
const answer = (...statuses: readonly string[]) => ({
  status: 200,
  body: JSON.stringify({
    'message-count': String(statuses.length),
    messages: statuses.map((status) =>
      status === '0'
        ? { to: '6281234567890', 'message-id': '0C000000217B7F02', status, network: '51010' }
        : { status, 'error-text': 'Invalid number 6281234567890' },
    ),
  }),
});

describeSenderContract('sms/vonage', {
  send: createVonageSend(account),
  to: person('+6281234567890'),
  contact: '+6281234567890',
  unreachable: [
    { label: 'somebody without a number', to: person(null) },
    { label: 'a name', to: person('TELKOMSEL') },
    { label: 'a short code', to: person('3636') },
    { label: 'our own number', to: person('+6281100001708') },
  ],
  taken: [answer('0'), answer('0', '0'), answer('0', '1'), answer('1', '0')],
  busy: [answer('1'), answer('9'), answer('10'), { status: 429, body: '' }],
  refusal: ['2', '3', '4', '6', '7', '8', '11', '12', '14', '15', '29'].map((status) => answer(status)),
  strange: [
    answer('5'),
    answer('1', '5'),
    answer('kaput'),
    answer(),
    { status: 200, body: '<html>OK</html>' },
    { ...answer('0'), status: 502 },
    { status: 500, body: '' },
    { status: 403, body: 'Forbidden' },
  ],
});

describe('sms/vonage sends', () => {
  const id = '0190c0de-0000-7000-8000-000000000001' as NotificationId;
  async function send(text: string, given: Partial<VonageAccount> = {}) {
    let form = new URLSearchParams();
    const outcome = await createVonageSend({ ...account, ...given })(
      { id, to: person('+6281234567890'), text, ...told },
      async ({ method, url, body }) => {
        expect({ method, url }).toEqual({ method: 'POST', url: 'https://rest.nexmo.com/sms/json' });
        form = new URLSearchParams(body ?? '');
        return { kind: 'answer', retryAfter: null, ...answer('0') };
      },
    );
    return { outcome, form: Object.fromEntries(form) };
  }

  it('what the SMS API asks for, with our id as the reference', async () => {
    const { outcome, form } = await send('Laporan Anda sudah kami catat.');
    expect(form).toEqual({
      api_key: 'abcd1234',
      api_secret: 'rahasia-api-vonage',
      from: '+6281100001708',
      to: '6281234567890',
      text: 'Laporan Anda sudah kami catat.',
      type: 'text',
      'client-ref': id,
      'status-report-req': '1',
      callback: 'https://lapor.example.go.id/channels/sms/vonage',
    });
    // the API takes 40 characters
    expect(id.length).toBeLessThanOrEqual(40);
    expect(outcome).toEqual({ kind: 'sent', providerId: '0C000000217B7F02' });
  });

  it('as unicode what GSM-7 has not', async () => {
    expect((await send('Terima kasih 🙏')).form.type).toBe('unicode');
  });

  it('without asking for receipts that could not prove to be from Vonage', async () => {
    const { form } = await send('x', { receiptUrl: null });
    expect(form['status-report-req']).toBe('0');
    expect(form).not.toHaveProperty('callback');
  });
});
