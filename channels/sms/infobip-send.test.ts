import { describe, expect, it } from 'vitest';
import type { Identity, NotificationId } from '../../src/domain/report.ts';
import type { CallOutcome, CallRequest } from '../../src/outbound/provider-call.ts';
import { describeSenderContract } from '../../test/channel-contract.ts';
import { createInfobipReconcile, createInfobipSend, type InfobipAccount } from './infobip-send.ts';

const told = { inReplyTo: null, kind: 'help', params: {}, language: 'id' } as const;

const account: InfobipAccount = {
  baseUrl: 'https://xxxxx.api.infobip.com',
  apiKey: 'rahasia-kunci-infobip',
  from: '6281100001708',
  receiptUrl: 'https://lapor.example.go.id/channels/sms/infobip/0d6f5f3c9e8b4a7d',
};
const id = '0190c0de-0000-7000-8000-000000000001' as NotificationId;
const person = (phone: string | null): Identity => ({ name: null, phone, email: null, onBehalfOf: null });

const status = (groupId: number, name: string) => ({
  groupId,
  groupName: 'x',
  id: 26,
  name,
  description: 'Message to 6281234567890',
});
/** https://www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages */
const answer = (groupId: number, name: string) => ({
  status: 200,
  body: JSON.stringify({
    bulkId: '2034072219640523072',
    messages: [{ messageId: id, destination: '6281234567890', status: status(groupId, name) }],
  }),
});
const problem = (httpStatus: number, errorCode: string) => ({
  status: httpStatus,
  body: JSON.stringify({
    errorCode,
    description: 'to 6281234567890 is wrong',
    action: 'Check',
    violations: [],
  }),
});

describeSenderContract('sms/infobip', {
  send: createInfobipSend(account),
  to: person('+6281234567890'),
  contact: '+6281234567890',
  unreachable: [
    { label: 'somebody without a number', to: person(null) },
    { label: 'a name', to: person('TELKOMSEL') },
    { label: 'a short code', to: person('3636') },
    { label: 'our own number', to: person('+6281100001708') },
  ],
  taken: [answer(1, 'PENDING_ACCEPTED'), answer(1, 'PENDING_ENROUTE'), answer(0, 'MESSAGE_ACCEPTED')],
  busy: [problem(429, 'E429'), { status: 429, body: '' }],
  refusal: [
    answer(5, 'REJECTED_NOT_ENOUGH_CREDITS'),
    answer(5, 'REJECTED_DESTINATION_NOT_REGISTERED'),
    problem(400, 'E400'),
    problem(401, 'E401'),
    {
      status: 401,
      body: '{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Invalid login details"}}}',
    },
  ],
  strange: [
    answer(5, 'REJECTED_DUPLICATE_MESSAGE_ID'),
    answer(7, 'NEW_GROUP'),
    { status: 200, body: '{}' },
    { status: 200, body: '<html>' },
    { status: 400, body: '<html>Bad Request</html>' },
    problem(500, 'E500'),
    { status: 502, body: '' },
  ],
});

describe('sms/infobip sends', () => {
  async function send(given: Partial<InfobipAccount> = {}) {
    const calls: CallRequest[] = [];
    const outcome = await createInfobipSend({ ...account, ...given })(
      { id, to: person('+6281234567890'), text: 'Laporan Anda sudah kami catat. 🙏', ...told },
      async (request) => {
        calls.push(request);
        return { kind: 'answer', retryAfter: null, ...answer(1, 'PENDING_ACCEPTED') };
      },
    );
    return { outcome, call: calls[0]!, message: JSON.parse(calls[0]?.body ?? '').messages[0] };
  }

  it('what the SMS API asks for, under our id', async () => {
    const { outcome, call, message } = await send();
    expect(call).toMatchObject({
      method: 'POST',
      url: 'https://xxxxx.api.infobip.com/sms/3/messages',
      headers: { authorization: 'App rahasia-kunci-infobip', 'content-type': 'application/json' },
    });
    expect(message).toEqual({
      sender: '6281100001708',
      destinations: [{ to: '6281234567890', messageId: id }],
      content: { text: 'Laporan Anda sudah kami catat. 🙏' },
      webhooks: {
        delivery: { url: 'https://lapor.example.go.id/channels/sms/infobip/0d6f5f3c9e8b4a7d' },
        contentType: 'application/json',
      },
    });
    expect(outcome).toEqual({ kind: 'sent', providerId: id });
  });

  it('without asking for receipts where no way in is open', async () => {
    expect((await send({ receiptUrl: null })).message).not.toHaveProperty('webhooks');
  });
});

/** https://www.infobip.com/docs/api/channels/sms/logs-and-status-reports/get-outbound-sms-message-logs */
describe('sms/infobip asked what became of a message', () => {
  const ask = (outcome: CallOutcome, calls: CallRequest[] = []) =>
    createInfobipReconcile(account)(
      { id, to: person('+6281234567890'), text: 'x', ...told },
      async (request) => {
        calls.push(request);
        return outcome;
      },
    );
  const log = (results: readonly object[], httpStatus = 200): CallOutcome => ({
    kind: 'answer',
    status: httpStatus,
    retryAfter: null,
    body: JSON.stringify({ results }),
  });
  const logged = (groupId: number, name: string) => ({
    messageId: id,
    sender: '6281100001708',
    destination: '6281234567890',
    status: status(groupId, name),
  });

  it('looks for our id, and sends nothing', async () => {
    const calls: CallRequest[] = [];
    await ask(log([]), calls);
    expect(calls).toEqual([
      expect.objectContaining({
        method: 'GET',
        url: `https://xxxxx.api.infobip.com/sms/3/logs?messageId=${id}`,
        body: null,
      }),
    ]);
  });

  it.each([
    [1, 'PENDING_ENROUTE'],
    [3, 'DELIVERED_TO_HANDSET'],
  ])('group %i, %s: it was sent', async (groupId, name) => {
    expect(await ask(log([logged(groupId, name)]))).toEqual({ kind: 'sent', providerId: id });
  });

  it('rejected: it was refused', async () => {
    expect(await ask(log([logged(5, 'REJECTED_NETWORK')]))).toEqual({
      kind: 'refused',
      reason: 'REJECTED_NETWORK',
    });
  });

  it.each([
    ['not there', log([])],
    ['another message', log([{ ...logged(3, 'DELIVERED_TO_HANDSET'), messageId: 'other' }])],
    ['a page of something else', { kind: 'answer', status: 200, retryAfter: null, body: '<html>' }],
  ] as const)('%s: nobody knows', async (_, outcome) => {
    expect((await ask(outcome)).kind).toBe('unknown');
  });

  it.each([
    ['not let in', log([logged(3, 'DELIVERED_TO_HANDSET')], 401)],
    ['not for now', log([], 503)],
    ['no connection', { kind: 'not-sent', detail: 'ECONNREFUSED' }],
    ['no answer', { kind: 'lost', detail: 'ECONNRESET' }],
  ] as const)('%s: it is asked again', async (_, outcome) => {
    expect((await ask(outcome)).kind).toBe('ask_again');
  });
});
