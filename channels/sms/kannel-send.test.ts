import { describe, expect, it } from 'vitest';
import type { Identity, NotificationId } from '../../src/domain/report.ts';
import { describeSenderContract } from '../../test/channel-contract.ts';
import { createKannelSend } from './kannel-send.ts';

const told = { inReplyTo: null, kind: 'help', params: {}, language: 'id' } as const;

const account = {
  url: 'http://127.0.0.1:13013/cgi-bin/sendsms',
  user: 'lapor',
  password: 'kata&sandi=#1',
  from: '1708',
  receipts: null,
};
const person = (phone: string | null): Identity => ({ name: null, phone, email: null, onBehalfOf: null });

/** Answers as in gw/smsbox.c of Kannel 1.4.5. */
describeSenderContract('sms/kannel', {
  send: createKannelSend({ ...account, from: '+6281100001708' }),
  to: person('+6281234567890'),
  contact: '+6281234567890',
  unreachable: [
    { label: 'somebody without a number', to: person(null) },
    { label: 'a name', to: person('TELKOMSEL') },
    { label: 'a name with digits', to: person('XL500') },
    { label: 'a short code', to: person('3636') },
    { label: 'a short code of seven digits', to: person('+1234567') },
    { label: 'a number longer than any', to: person('1234567890123456') },
    { label: 'our own number', to: person('+6281100001708') },
  ],
  taken: [
    { status: 202, body: '0: Accepted for delivery' },
    { status: 202, body: '3: Queued for later delivery' },
  ],
  busy: [
    { status: 503, body: 'Temporal failure, try again later.' },
    { status: 429, body: '' },
  ],
  refusal: [
    { status: 400, body: 'Missing receiver number, rejected' },
    { status: 403, body: 'Authorization failed for sendsms' },
    { status: 403, body: 'Not routable. Do not try again.' },
    { status: 302, body: '' },
    { status: 404, body: 'Not found' },
  ],
  strange: [200, 500, 502, 504].map((status) => ({ status, body: '<html>Gateway time-out</html>' })),
});

describe('sms/kannel sends', () => {
  async function askFor(text: string): Promise<URL> {
    let url = '';
    const message = { id: '' as NotificationId, to: person('+6281234567890'), text, ...told };
    await createKannelSend(account)(message, async (request) => {
      url = request.url;
      return { kind: 'answer', status: 202, retryAfter: null, body: '' };
    });
    return new URL(url);
  }

  it('what sendsms asks for, whatever is in the password', async () => {
    const url = await askFor('Laporan Anda sudah kami catat.');
    expect(url.origin + url.pathname).toBe(account.url);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      username: 'lapor',
      password: 'kata&sandi=#1',
      from: '1708',
      to: '+6281234567890',
      text: 'Laporan Anda sudah kami catat.',
      charset: 'UTF-8',
      coding: '0',
    });
  });

  it.each([
    ['Rp 12.000,- @lurah_ok (50%) #1 & "ya"?', '0'],
    ['Café [Jl. Braga] ~€2', '0'],
    ['`petik`', '2'],
    ['Terima kasih 🙏', '2'],
  ])('%s in coding %s', async (text, coding) => {
    expect((await askFor(text)).searchParams.get('coding')).toBe(coding);
  });

  it('tells staff in the words of Kannel why it was refused', async () => {
    const message = { id: '' as NotificationId, to: person('+6281234567890'), text: 'x', ...told };
    const outcome = await createKannelSend(account)(message, async () => ({
      kind: 'answer',
      status: 403,
      retryAfter: null,
      body: 'Authorization failed for sendsms',
    }));
    expect(outcome).toEqual({
      kind: 'refused',
      reason: 'answered 403: Authorization failed for sendsms',
    });
  });
});
