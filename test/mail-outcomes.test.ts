import { createServer } from 'node:net';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutgoingMessage } from '../channels/channel.ts';
import type { MailAccount } from '../channels/email/send/account.ts';
import { createEmailSend } from '../channels/email/send/send.ts';
import type { NotificationId } from '../src/domain/report.ts';
import { eventually } from './support/eventually.ts';
import { type ScriptedSmtp, type SmtpScript, startScriptedSmtp } from './support/scripted-smtp.ts';

/** What came of a mail, at each stage at which SMTP can go wrong. */

const timeouts = { connect: 1_500, silence: 1_500, total: 6_000 };
const noCall = async () => ({ kind: 'not-sent', detail: 'nobody is called' }) as const;

let server: ScriptedSmtp;
let way: ReturnType<typeof createEmailSend>;

const account = (port: number, more: Partial<MailAccount['server']> = {}): MailAccount => ({
  server: { host: '127.0.0.1', port, tls: 'none', user: null, ...more },
  from: { name: 'Lapor!', address: 'lapor@layanan.example.go.id' },
  base: 'lapor@layanan.example.go.id',
  dkim: null,
  publicUrl: 'https://lapor.example.go.id',
});

const message = (more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  id: uuidv7() as NotificationId,
  to: { name: 'Siti Aminah', phone: null, email: 'siti@example.com', onBehalfOf: null },
  inReplyTo: '<asal@mail.example.com>',
  text: 'Laporan Anda sudah kami catat.',
  kind: 'tracking_id',
  params: { trackingId: '869931144244' },
  language: 'id',
  ...more,
});

beforeEach(async () => {
  server = await startScriptedSmtp();
  way = createEmailSend(account(server.port), undefined, timeouts);
});
afterEach(async () => {
  await way.close();
  await server.stop();
});

const pipelining = '250-uji.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME';

describe.each([
  ['one command after the other', {}],
  ['commands sent together', { ehlo: pipelining }],
] as const)('%s', (_, base) => {
  const sendWith = (script: Partial<SmtpScript>) => {
    server.does({ ...base, ...script });
    return way.send(message(), noCall);
  };

  test('a mail that the server takes is sent, with the name the server gives it', async () => {
    expect(await sendWith({})).toEqual({ kind: 'sent', providerId: '4Dscripted' });
    expect(server.mails).toHaveLength(1);
    expect(server.lines).toContainEqual(expect.stringMatching(/^MAIL FROM:<>( |$)/));
    expect(server.lines).toContain('RCPT TO:<siti@example.com>');
  });

  test.each([
    ['greeting', '554 5.7.1 siti@example.com not here'],
    ['greeting', '421 4.3.2 restarting'],
    ['greeting', 'hangs up'],
    ['greeting', 'says nothing'],
    ['ehlo', '421 4.3.2 restarting'],
    ['ehlo', 'hangs up'],
    ['ehlo', 'says nothing'],
    ['mail', '451 4.3.0 later'],
    ['mail', '421 4.3.2 restarting'],
    ['mail', '530 5.7.0 sign in'],
    ['mail', 'hangs up'],
    ['mail', 'says nothing'],
    ['rcpt', '450 4.2.0 <siti@example.com>: Greylisted'],
    ['rcpt', '421 4.3.2 restarting'],
    ['rcpt', 'hangs up'],
    ['rcpt', 'says nothing'],
    ['data', '451 4.3.0 later'],
    ['data', '421 4.3.2 restarting'],
    ['data', 'hangs up'],
    ['data', 'says nothing'],
    ['dot', '451 4.7.1 siti@example.com later'],
    ['dot', '421 4.3.2 restarting'],
  ] as const)('%s: %s is tried again', async (stage, doing) => {
    const outcome = await sendWith({ [stage]: doing });
    expect(outcome).toMatchObject({ kind: 'retry', retryAfter: null });
    expect(JSON.stringify(outcome)).not.toMatch(/siti/i);
  });

  test.each([
    ['mail', '550 5.1.8 lapor@layanan.example.go.id', 'answered to the sender with 550 5.1.8'],
    [
      'rcpt',
      '550 5.1.1 <siti@example.com>: Recipient address rejected',
      'answered to the recipient with 550 5.1.1',
    ],
    ['rcpt', '552 siti@example.com penuh', 'answered to the recipient with 552'],
    ['data', '554 5.7.1 siti@example.com', 'answered to the mail with 554 5.7.1'],
    ['dot', '554 5.7.1 siti@example.com spam', 'answered to the mail with 554 5.7.1'],
    ['dot', '552 5.3.4 too large', 'answered to the mail with 552 5.3.4'],
  ] as const)('%s: %s is refused', async (stage, doing, reason) => {
    const outcome = await sendWith({ [stage]: doing });
    expect(outcome).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason) });
    expect(JSON.stringify(outcome)).not.toMatch(/siti|lapor@/i);
  });

  test.each([
    ['dot', 'hangs up'],
    ['dot', 'says nothing'],
    ['dot', '999 siti@example.com'],
    ['dot', '354 once more'],
  ] as const)(
    '%s: after the mail the server %s, so nobody knows, and it is not sent again',
    async (stage, doing) => {
      const outcome = await sendWith({ [stage]: doing });
      expect(outcome).toMatchObject({ kind: 'unknown' });
      expect(JSON.stringify(outcome)).not.toMatch(/siti/i);
      expect(server.mails).toHaveLength(1);
    },
  );
});

test('a server that is not there is tried again', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  const nowhere = createEmailSend(account(port), undefined, timeouts);
  expect(await nowhere.send(message(), noCall)).toEqual({
    kind: 'retry',
    reason: 'no answer to the connection: ECONNREFUSED',
    retryAfter: null,
  });
  await nowhere.close();
});

test('a server whose name is not known is tried again', async () => {
  const nowhere = createEmailSend(account(25, { host: 'surat.invalid' }), undefined, timeouts);
  expect(await nowhere.send(message(), noCall)).toMatchObject({ kind: 'retry' });
  await nowhere.close();
});

test('a wrong password is for the operator to mend: the mail is tried again', async () => {
  server.does({ ehlo: '250-uji.example\r\n250 AUTH PLAIN', auth: '535 5.7.8 lapor: rahasia' });
  const signedIn = createEmailSend(
    account(server.port, { user: { name: 'lapor', password: 'rahasia' } }),
    undefined,
    timeouts,
  );
  expect(await signedIn.send(message(), noCall)).toEqual({
    kind: 'retry',
    reason: 'the mail server answered to our signing in with 535 5.7.8 (our user or password is wrong)',
    retryAfter: null,
  });
  await signedIn.close();
});

test('where TLS is required, nothing is said in the clear', async () => {
  const strict = createEmailSend(
    account(server.port, { tls: 'starttls', user: { name: 'lapor', password: 'rahasia' } }),
    undefined,
    timeouts,
  );
  expect(await strict.send(message(), noCall)).toMatchObject({ kind: 'retry' });
  expect(server.lines.filter((line) => !/^(EHLO|STARTTLS|QUIT)/.test(line))).toEqual([]);
  expect(server.mails).toEqual([]);
  await strict.close();
});

describe('connections', () => {
  test('are used again, also after a mail was refused', async () => {
    for (const rcpt of ['250 2.1.5 ok', '550 5.1.1 no', '250 2.1.5 ok', '450 4.2.0 later', '250 2.1.5 ok']) {
      server.does({ rcpt });
      await way.send(message(), noCall);
    }
    // One that says goodbye to a refused mail may be busy when the next one comes.
    expect(server.connections()).toBeLessThanOrEqual(2);
    expect(server.mails).toHaveLength(3);
  });

  test('that the server ended meanwhile cost an attempt at most, and no mail is doubled', async () => {
    expect(await way.send(message(), noCall)).toMatchObject({ kind: 'sent' });
    server.dropAll();
    const outcomes = [await way.send(message(), noCall), await way.send(message(), noCall)];
    expect(outcomes.map(({ kind }) => kind)).toContain('sent');
    expect(outcomes.map(({ kind }) => kind)).not.toContain('unknown');
    expect(server.mails).toHaveLength(1 + outcomes.filter(({ kind }) => kind === 'sent').length);
  });

  test('a mail whose session ends when it is handed over is not sent by another', async () => {
    server.does({ dot: 'hangs up' });
    expect(await way.send(message(), noCall)).toMatchObject({ kind: 'unknown' });
    server.does({});
    expect(await way.send(message(), noCall)).toMatchObject({ kind: 'sent' });
    expect(server.mails).toHaveLength(2);
    expect(new Set(server.mails.map((mail) => /Message-ID: (.*)/.exec(mail)?.[1])).size).toBe(2);
  });

  test('are ended when the gateway stops', async () => {
    await way.send(message(), noCall);
    await way.close();
    await eventually(() => expect(server.lines.at(-1)).toBeDefined());
    expect(await way.send(message(), noCall)).toMatchObject({ kind: 'retry' });
    expect(server.mails).toHaveLength(1);
  });
});

test('a server that drips its answer is left in time, with nothing sent', async () => {
  // Each line is a word of the server, so that silence never lasts; the answer never ends.
  const dripping = createServer((socket) => {
    socket.on('error', () => undefined);
    const timer = setInterval(() => socket.write('220-tunggu\r\n'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
  const { port } = dripping.address() as { port: number };
  const slow = createEmailSend(account(port), undefined, timeouts);
  expect(await slow.send(message(), noCall)).toMatchObject({ kind: 'retry' });
  await slow.close();
  await new Promise((resolve) => dripping.close(resolve));
});

test('an address in another script goes to a server that knows such, as it is', async () => {
  const to = { name: null, phone: null, email: '用户@例子.example.com', onBehalfOf: null };
  expect(await way.send(message({ to }), noCall)).toMatchObject({ kind: 'sent' });
  expect(server.lines.some((line) => /^MAIL FROM:<>.* SMTPUTF8/.test(line))).toBe(true);
});

test.each([
  ['siti@example.com\r\nRCPT TO:<budi@example.com>'],
  ['siti@example.com>\r\nDATA'],
  ['<siti@example.com>, budi@example.com'],
  ['mailer-daemon@example.com'],
  ['lapor+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e@layanan.example.go.id'],
])('nothing is said to the server about %j', async (email) => {
  const to = { name: null, phone: null, email, onBehalfOf: null };
  expect(await way.send(message({ to }), noCall)).toMatchObject({ kind: 'refused' });
  expect(server.connections()).toBe(0);
});
