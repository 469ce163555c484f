import { expect, test } from 'vitest';
import { findMailRecipient } from './recipient.ts';

const own = ['lapor@layanan.example.go.id', 'masuk@lain.example.go.id'];

test.each([
  ['siti.aminah@example.com', 'siti.aminah@example.com'],
  ['Siti+lapor@Example.COM', 'Siti+lapor@example.com'],
  ['用户@例子.example.com', '用户@例子.example.com'],
  ['lapor@example.com', 'lapor@example.com'],
  ['noreplya@example.com', 'noreplya@example.com'],
  ['postmasterina@example.com', 'postmasterina@example.com'],
])('%s is written to', (email, address) => expect(findMailRecipient({ email }, own)).toEqual({ address }));

test.each([
  [null, 'no e-mail address'],
  ['', 'no address that mail can be sent to'],
  ['siti', 'no address that mail can be sent to'],
  ['siti@example.com\r\nRCPT TO:<budi@example.com>', 'no address that mail can be sent to'],
  ['siti@example.com, budi@example.com', 'no address that mail can be sent to'],
  ['Siti <siti@example.com>', 'no address that mail can be sent to'],
  ['"siti"@example.com', 'no address that mail can be sent to'],
  ['MAILER-DAEMON@example.com', 'nobody reads what is sent to that address'],
  ['postmaster@example.com', 'nobody reads what is sent to that address'],
  ['no-reply@example.com', 'nobody reads what is sent to that address'],
  ['noreply+abc@example.com', 'nobody reads what is sent to that address'],
  ['do-not-reply@example.com', 'nobody reads what is sent to that address'],
  ['donotreply@example.com', 'nobody reads what is sent to that address'],
  ['notifikasi-noreply@example.com', 'nobody reads what is sent to that address'],
  ['bounces@example.com', 'nobody reads what is sent to that address'],
  ['lapor@layanan.example.go.id', 'that address is our own'],
  ['LAPOR+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e@layanan.example.go.id', 'that address is our own'],
  ['masuk+apa@lain.example.go.id', 'that address is our own'],
])('%j is not, and the reason does not name it: %s', (email, problem) => {
  expect(findMailRecipient({ email }, own)).toEqual({ problem });
});
