import { describe, expect, it } from 'vitest';
import type { Identity, NotificationId } from '../../src/domain/report.ts';
import type { CallRequest } from '../../src/outbound/provider-call.ts';
import { describeSenderContract } from '../../test/channel-contract.ts';
import { create8x8Send, type EightByEightAccount } from './8x8-send.ts';

const told = { inReplyTo: null, kind: 'help', params: {}, language: 'id' } as const;

const account: EightByEightAccount = {
  apiUrl: 'https://sms.8x8.id',
  subaccount: 'lapor_hq',
  apiKey: 'rahasia-kunci-8x8',
  from: '+6281100001708',
  receiptUrl: 'https://lapor.example.go.id/channels/sms/8x8/7b1f0c2d9e8b4a7d',
};
const person = (phone: string | null): Identity => ({ name: null, phone, email: null, onBehalfOf: null });

/** https://developer.8x8.com/connect/reference/send-sms-single */
const answer = (code: string) => ({
  status: 200,
  body: JSON.stringify({
    umid: 'bda3d56d-1424-e711-813c-06ed3428fe67',
    clientMessageId: '0190c0de-0000-7000-8000-000000000001',
    destination: '6281234567890',
    encoding: 'GSM7',
    status: { code, description: 'Invalid MSISDN format 6281234567890' },
  }),
});
const problem = (status: number, code: number) => ({
  status,
  body: JSON.stringify({
    code,
    message: 'Invalid 6281234567890',
    errorId: 'x',
    timestamp: '2026-11-22T01:20:00Z',
  }),
});

describeSenderContract('sms/8x8', {
  send: create8x8Send(account),
  to: person('+6281234567890'),
  contact: '+6281234567890',
  unreachable: [
    { label: 'somebody without a number', to: person(null) },
    { label: 'a name', to: person('TELKOMSEL') },
    { label: 'a short code', to: person('3636') },
    { label: 'our own number', to: person('+6281100001708') },
  ],
  taken: [answer('QUEUED')],
  busy: [problem(429, 1300), { status: 429, body: '' }],
  refusal: [answer('REJECTED'), problem(400, 1002), problem(401, 1200), problem(403, 1203)],
  strange: [
    answer('PONDERED'),
    { status: 200, body: '<html>' },
    { status: 202, body: '' },
    { status: 400, body: '<html>Bad Request</html>' },
    problem(500, 1000),
    { status: 504, body: '' },
  ],
});

describe('sms/8x8 sends', () => {
  const id = '0190c0de-0000-7000-8000-000000000001' as NotificationId;
  async function send(given: Partial<EightByEightAccount> = {}) {
    const calls: CallRequest[] = [];
    const outcome = await create8x8Send({ ...account, ...given })(
      { id, to: person('+6281234567890'), text: 'Laporan Anda sudah kami catat.', ...told },
      async (request) => {
        calls.push(request);
        return { kind: 'answer', retryAfter: null, ...answer('QUEUED') };
      },
    );
    return { outcome, call: calls[0]!, body: JSON.parse(calls[0]?.body ?? '') };
  }

  it('what the SMS API asks for, with our id as the client’s', async () => {
    const { outcome, call, body } = await send();
    expect(call).toMatchObject({
      method: 'POST',
      url: 'https://sms.8x8.id/api/v1/subaccounts/lapor_hq/messages',
      headers: { authorization: 'Bearer rahasia-kunci-8x8', 'content-type': 'application/json' },
    });
    expect(body).toEqual({
      destination: '+6281234567890',
      source: '+6281100001708',
      text: 'Laporan Anda sudah kami catat.',
      encoding: 'AUTO',
      clientMessageId: id,
      dlrCallbackUrl: 'https://lapor.example.go.id/channels/sms/8x8/7b1f0c2d9e8b4a7d',
    });
    expect(outcome).toEqual({ kind: 'sent', providerId: 'bda3d56d-1424-e711-813c-06ed3428fe67' });
  });

  it('without asking for receipts where no way in is open', async () => {
    expect((await send({ receiptUrl: null })).body).not.toHaveProperty('dlrCallbackUrl');
  });
});
