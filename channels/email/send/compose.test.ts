import { generateKeyPairSync } from 'node:crypto';
import { createTransport } from 'nodemailer';
import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';
import type { NotificationId } from '../../../src/domain/report.ts';
import { readDkimSignature, verifyDkim } from '../../../test/support/dkim.ts';
import type { OutgoingMessage } from '../../channel.ts';
import { parseMail } from '../read/parse.ts';
import type { DkimKey, MailAccount } from './account.ts';
import { composeMail } from './compose.ts';

const id = '01977c3a-5b1e-7c40-9f2e-3d5a6b7c8d9e' as NotificationId;
const account: MailAccount = {
  server: { host: '127.0.0.1', port: 25, tls: 'none', user: null },
  from: { name: 'Lapor! Jawa Barat', address: 'lapor@layanan.example.go.id' },
  base: 'lapor@layanan.example.go.id',
  dkim: null,
  publicUrl: 'https://lapor.example.go.id',
};
const message: OutgoingMessage = {
  id,
  to: { name: 'Siti Aminah', phone: null, email: 'siti@example.com', onBehalfOf: null },
  inReplyTo: '<CAF+abc=1@mail.example.com>',
  text: 'Laporan Anda sudah kami catat.',
  kind: 'tracking_id',
  params: { trackingId: '869931144244' },
  language: 'id',
};

/** The mail as it leaves. */
async function build(
  more: Partial<OutgoingMessage> = {},
  by: MailAccount = account,
  to = 'siti@example.com',
) {
  const mail = composeMail({ ...message, ...more }, to, by);
  const { message: raw, envelope } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    ...mail,
    ...(by.dkim === null
      ? {}
      : {
          dkim: { domainName: by.dkim.domain, keySelector: by.dkim.selector, privateKey: by.dkim.privateKey },
        }),
  });
  const bytes = raw as Buffer;
  const parsed = await PostalMime.parse(bytes);
  const header = (name: string) => parsed.headers.filter(({ key }) => key === name).map(({ value }) => value);
  return { bytes, parsed, header, envelope };
}

describe('a confirmation', () => {
  test('has our Message-ID, and stands in the thread of what it answers', async () => {
    const { parsed, header } = await build();
    expect(parsed.messageId).toBe(`<n.${id}@layanan.example.go.id>`);
    expect(parsed.inReplyTo).toBe('<CAF+abc=1@mail.example.com>');
    expect(parsed.references).toBe('<CAF+abc=1@mail.example.com>');
    expect(parsed.subject).toBe('Laporan 8699-3114-4244: sudah kami catat');
    expect(header('date')).toHaveLength(1);
  });

  test('is the same on every attempt but for its date and boundary', async () => {
    const ids = await Promise.all([build(), build()]);
    expect(new Set(ids.map(({ parsed }) => parsed.messageId)).size).toBe(1);
  });

  test('says that a machine sent it, and is answered by none', async () => {
    const { header, envelope } = await build();
    expect(header('auto-submitted')).toEqual(['auto-replied']);
    expect(header('x-auto-response-suppress')).toEqual(['All']);
    expect(header('precedence')).toEqual([]);
    expect(header('x-mailer')).toEqual([]);
    expect(envelope).toEqual({ from: false, to: ['siti@example.com'] });
  });

  test('comes from us, and replies come to its plus address', async () => {
    const { parsed } = await build();
    expect(parsed.from).toEqual({ name: 'Lapor! Jawa Barat', address: 'lapor@layanan.example.go.id' });
    expect(parsed.to).toEqual([{ name: '', address: 'siti@example.com' }]);
    expect(parsed.replyTo?.[0]?.address).toBe(
      'lapor+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e@layanan.example.go.id',
    );
  });

  test('has lines that end as SMTP wants them', async () => {
    const { bytes } = await build();
    expect(bytes.toString('latin1')).not.toMatch(/(?<!\r)\n|\r(?!\n)/);
  });

  test('says the same as text and as HTML, and has neither pictures nor secrets nor names', async () => {
    const { parsed, bytes } = await build();
    for (const body of [parsed.text, parsed.html]) {
      expect(body).toContain('8699-3114-4244');
      expect(body).toContain('https://lapor.example.go.id/lacak?id=869931144244');
      expect(body).toContain('112');
      expect(body).toContain('Balas saja e-mail ini');
    }
    expect(parsed.html).toMatch(/^<!doctype html>\s*<html lang="id">/);
    expect(parsed.html).not.toMatch(/<img|<script|<link|url\(/);
    expect(parsed.attachments).toEqual([]);
    expect(bytes.toString()).not.toContain('Siti Aminah');
    expect(bytes.length).toBeLessThan(8_000);
  });

  test('is in English where it was asked for in English', async () => {
    const { parsed, header } = await build({ language: 'en' });
    expect(parsed.subject).toBe('Report 8699-3114-4244: on record');
    expect(header('content-language')).toEqual(['en']);
  });
});

test('what answers no mail has a sender, so that somebody hears where it bounces', async () => {
  const { parsed, envelope } = await build({ inReplyTo: null });
  expect(envelope.from).toBe('lapor+b.01977c3a5b1e7c409f2e3d5a6b7c8d9e@layanan.example.go.id');
  expect(parsed.inReplyTo).toBeUndefined();
  expect(parsed.references).toBeUndefined();
});

test('what was added by mail is answered without a sender, though the report itself came by the form', async () => {
  const { envelope } = await build({ inReplyTo: null, kind: 'added' });
  expect(envelope.from).toBe(false);
});

test('is known as ours by whoever gets it back, in our mailbox or in another gateway', async () => {
  const { bytes, header } = await build();
  expect(header('x-lapor-gateway')).toEqual(['1']);
  expect(header('x-loop')).toEqual(['lapor@layanan.example.go.id']);
  const own = { address: 'lapor@layanan.example.go.id', domain: 'layanan.example.go.id' };
  const changed = (pattern: RegExp) => Buffer.from(bytes.toString('latin1').replace(pattern, ''), 'latin1');
  expect(parseMail(bytes, {})).toMatchObject({ kind: 'own' });
  // each of the three by itself is enough
  expect(parseMail(changed(/^(X-Lapor-Gateway|Message-ID): .*\r\n/gm), own)).toMatchObject({ kind: 'own' });
  expect(parseMail(changed(/^(X-Lapor-Gateway|X-Loop): .*\r\n/gm), own)).toMatchObject({ kind: 'own' });
});

test('replies and bounces go where the operator wants them', async () => {
  const { parsed, envelope } = await build(
    { inReplyTo: null },
    { ...account, base: 'masuk@lain.example.go.id' },
  );
  expect(parsed.replyTo?.[0]?.address).toBe('masuk+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e@lain.example.go.id');
  expect(envelope.from).toBe('masuk+b.01977c3a5b1e7c409f2e3d5a6b7c8d9e@lain.example.go.id');
  expect(parsed.from?.address).toBe('lapor@layanan.example.go.id');
});

describe('hostile input', () => {
  test.each([
    '<a@example.com>\r\nBcc: <budi@example.com>',
    '<a@example.com>\nX-Spam: yes',
    '<a@example.com> <b@example.com>',
    '<a@b@example.com',
    '<a b@example.com>',
    '<a\0b@example.com>',
    `<${'a'.repeat(600)}@example.com>`,
    '<é@example.com>',
    'no message id',
    '',
  ])('a Message-ID such as %j becomes no header', async (inReplyTo) => {
    const { bytes, header } = await build({ inReplyTo });
    expect(header('in-reply-to')).toEqual([]);
    expect(header('references')).toEqual([]);
    expect(header('bcc')).toEqual([]);
    expect(bytes.toString()).not.toMatch(/budi|X-Spam/i);
  });

  test('the name of an agency is text, in either form', async () => {
    const agencyName = '<script>alert("1")</script> & \'Kantor\'\r\n.\r\nQUIT';
    const params = { trackingId: '869931144244', status: 'delivered' as const, agencyName };
    const { parsed } = await build({ kind: 'status', params });
    expect(parsed.html).not.toContain('<script>');
    expect(parsed.html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;Kantor&#39;');
    expect(parsed.text).toContain('<script>');
  });

  test('our own name may have commas, quotes and other scripts', async () => {
    const name = 'Dinas PU, Kota "Satu" Bandung – 你好';
    const { parsed } = await build({}, { ...account, from: { name, address: 'lapor@example.go.id' } });
    expect(parsed.from).toEqual({ name, address: 'lapor@example.go.id' });
  });

  test('an address in another script stays one address', async () => {
    const { parsed, envelope } = await build({}, account, '用户@例子.example.com');
    expect(envelope.to).toEqual(['用户@例子.example.com']);
    expect(parsed.to).toEqual([{ name: '', address: '用户@例子.example.com' }]);
  });
});

describe('DKIM', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const dkim: DkimKey = {
    domain: 'example.go.id',
    selector: 'lapor2026',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };

  test('signs what the reader sees, so that others can verify it', async () => {
    const { bytes } = await build({}, { ...account, dkim });
    const signature = readDkimSignature(bytes);
    expect(signature.tags).toMatchObject({ d: 'example.go.id', s: 'lapor2026', a: 'rsa-sha256' });
    const signed = signature.tags.h?.split(':') ?? [];
    expect(signed).toEqual(
      expect.arrayContaining(['from', 'to', 'subject', 'date', 'message-id', 'reply-to', 'in-reply-to']),
    );
    expect(verifyDkim(bytes, publicKey)).toEqual({ body: true, headers: true });
  });

  test.each([
    ['the text', (mail: string) => mail.replace('8699-3114-4244', '1111-1111-1111'), 'headers'],
    ['the body', (mail: string) => mail.replace('</body>', 'lain</body>'), 'body'],
  ] as const)('which fails once %s is changed', async (_, change, part) => {
    const { bytes } = await build({}, { ...account, dkim });
    const changed = Buffer.from(change(bytes.toString('latin1')), 'latin1');
    expect(changed.equals(bytes)).toBe(false);
    expect(verifyDkim(changed, publicKey)[part]).toBe(false);
  });
});
