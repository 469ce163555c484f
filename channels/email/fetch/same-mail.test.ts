import { expect, test } from 'vitest';
import { readMarks } from './same-mail.ts';

const mail = [
  'From: Siti Aminah <Siti@warga.example>',
  'To: lapor@lapor.example',
  'Subject: Jalan rusak',
  'Date: Sun, 22 Nov 2026 08:00:00 +0700',
  'Message-ID: <a@warga.example>',
  '',
  'Baris satu',
  '',
  'Baris dua',
  '',
].join('\r\n');
const marks = (raw: string | Buffer) => readMarks(Buffer.from(raw)).sameAs.toString('hex');

test.each([
  ['lines that servers add', `Received: from x\r\n by y\r\nDelivered-To: kota@x.example\r\n${mail}`],
  [
    'a signature and a verdict',
    mail.replace('Subject', 'DKIM-Signature: v=1; b=abc\r\nX-Spam-Status: No\r\nSubject'),
  ],
  ['other line ends', mail.replaceAll('\r\n', '\n')],
  ['blank lines at the end', `${mail}\r\n\r\n`],
  ['a field that was folded anew', mail.replace('To: lapor', 'To:\r\n\tlapor')],
  ['fields in another order', mail.replace(/^(From.*\r\n)(To.*\r\n)/, '$2$1')],
])('a delivery with %s is the same mail', (_, other) => {
  expect(marks(other)).toBe(marks(mail));
});

test.each([
  ['another text', mail.replace('dua', 'tiga')],
  ['another subject', mail.replace('rusak', 'berlubang')],
  ['another sender', mail.replace('Siti@', 'Sari@')],
  ['another time', mail.replace('08:00', '08:01')],
  ['another Message-ID', mail.replace('<a@', '<b@')],
  ['no Message-ID', mail.replace(/Message-ID.*\r\n/, '')],
  ['a blank line more between its lines', mail.replace('satu\r\n', 'satu\r\n\r\n')],
])('one with %s is another mail', (_, other) => {
  expect(marks(other)).not.toBe(marks(mail));
});

test('what is long is told apart to its last byte, and line ends at any place are line ends', () => {
  const long = (end: string) => `${mail}${'x\r\n'.repeat(800_000)}${end}`;
  expect(marks(long('a'))).not.toBe(marks(long('b')));
  expect(marks(long('a'))).toBe(marks(long('a').replaceAll('\r\n', '\n')));
});

test.each([
  ['Siti Aminah <Siti@warga.example>', 'siti@warga.example'],
  ['siti@warga.example', 'siti@warga.example'],
  ['"Aminah, Siti" <siti@warga.example>', 'siti@warga.example'],
  ['a@x.example, b@x.example', null],
  ['"a@b" <c', null],
  ['undisclosed', null],
  ['', null],
])('of From: %s the address is %s', (from, address) => {
  expect(readMarks(Buffer.from(mail.replace(/^From:.*/, `From: ${from}`))).from).toBe(address);
});

test.each(['', '\r\n', '\n', 'x', ':', ' : \r\n\r\n', '\r', 'From: a@b.example'])(
  '%j is some mail',
  (raw) => {
    expect(readMarks(Buffer.from(raw)).sameAs.length).toBeGreaterThan(32);
  },
);
