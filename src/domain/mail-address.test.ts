import { describe, expect, test } from 'vitest';
import {
  bounceAddress,
  isOwnAddress,
  ourMessageId,
  parseMailbox,
  plusLength,
  readOurMessageId,
  readPlusAddress,
  replyAddress,
  splitAddress,
} from './mail-address.ts';
import type { NotificationId } from './report.ts';

const id = '01977c3a-5b1e-7c40-9f2e-3d5a6b7c8d9e' as NotificationId;
const base = 'lapor@lapor.example.go.id';
const domain = 'lapor.example.go.id';

describe('Message-IDs of ours', () => {
  test('name the notification', () => {
    expect(ourMessageId(id, domain)).toBe(`<n.${id}@lapor.example.go.id>`);
  });

  test.each([
    `<n.${id}@lapor.example.go.id>`,
    `n.${id}@lapor.example.go.id`,
    `  <N.${id.toUpperCase()}@Lapor.Example.go.id>\r\n`,
  ])('are read back: %j', (messageId) => expect(readOurMessageId(messageId, domain)).toBe(id));

  test.each([
    '',
    '<>',
    `<n.${id}@lain.example.com>`,
    `<n.${id}@lapor.example.go.id.penipu.example>`,
    `<n.${id}@penipu.example@lapor.example.go.id>`,
    `<x.${id}@lapor.example.go.id>`,
    `<n.${'-'.repeat(36)}@lapor.example.go.id>`,
    `<n.${id}0@lapor.example.go.id>`,
    `<n.${id}@lapor.example.go.id> <n.${id}@lapor.example.go.id>`,
    `<n.${id}@>`,
  ])('others are not: %j', (messageId) => expect(readOurMessageId(messageId, domain)).toBeNull());
});

describe('plus addresses of ours', () => {
  test('are those of the base, for replies and for bounces', () => {
    expect(replyAddress(id, base)).toBe('lapor+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e@lapor.example.go.id');
    expect(bounceAddress(id, base)).toBe('lapor+b.01977c3a5b1e7c409f2e3d5a6b7c8d9e@lapor.example.go.id');
    expect(replyAddress(id, base)).toHaveLength(base.length + plusLength);
  });

  test.each([
    ['reply', replyAddress(id, base)],
    ['bounce', bounceAddress(id, base)],
    ['reply', ` ${replyAddress(id, base).toUpperCase()} `],
  ] as const)('%s: %s is read back', (kind, address) =>
    expect(readPlusAddress(address, base)).toEqual({ kind, id }),
  );

  test('a base with a plus of its own has them as well', () => {
    const own = 'warga+lapor@example.go.id';
    expect(readPlusAddress(bounceAddress(id, own), own)).toEqual({ kind: 'bounce', id });
    expect(readPlusAddress(bounceAddress(id, own), 'warga@example.go.id')).toBeNull();
  });

  test.each([
    base,
    'lapor+@lapor.example.go.id',
    'lapor+n.@lapor.example.go.id',
    `lapor+n.${id}@lapor.example.go.id`,
    'lapor+n.01977c3a5b1e7c409f2e3d5a6b7c8d9@lapor.example.go.id',
    'lapor+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e0@lapor.example.go.id',
    'lapor+x.01977c3a5b1e7c409f2e3d5a6b7c8d9e@lapor.example.go.id',
    'lain+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e@lapor.example.go.id',
    'lapor+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e@lain.example.com',
    'lapor+n.01977c3a5b1e7c409f2e3d5a6b7c8d9e',
    '',
  ])('others are not: %j', (address) => expect(readPlusAddress(address, base)).toBeNull());
});

test.each([
  [base, true],
  ['LAPOR@lapor.example.go.id', true],
  ['lapor+apa.saja@lapor.example.go.id', true],
  [replyAddress(id, base), true],
  ['laporan@lapor.example.go.id', false],
  ['lapor@lain.example.com', false],
  ['', false],
])('%s is our own: %s', (address, own) => expect(isOwnAddress(address, base)).toBe(own));

test.each([
  ['siti.aminah@example.com', 'siti.aminah', 'example.com'],
  ['Siti@Example.COM', 'Siti', 'example.com'],
  ["o'neil+lapor@surat.example.co.id", "o'neil+lapor", 'surat.example.co.id'],
  ['用户@例子.广告', '用户', '例子.广告'],
  ['a@xn--fsqu00a.xn--0zwm56d', 'a', 'xn--fsqu00a.xn--0zwm56d'],
])('%s is an address', (address, local, host) =>
  expect(splitAddress(address)).toEqual({ local, domain: host }),
);

test.each([
  '',
  '@',
  'siti',
  '@example.com',
  'siti@',
  'siti@localhost',
  'siti@[127.0.0.1]',
  'siti@127.0.0.1',
  'siti@example..com',
  'siti@-example.com',
  '.siti@example.com',
  'siti.@example.com',
  'si ti@example.com',
  '"siti"@example.com',
  'siti@example.com\r\nBcc: budi@example.com',
  'siti@example.com\n',
  'siti@example.com>',
  '<siti@example.com>',
  'siti@example.com,budi@example.com',
  'siti@budi@example.com',
  'siti\0@example.com',
  `${'s'.repeat(65)}@example.com`,
  `siti@${'a.'.repeat(126)}com`,
])('%j is none that mail can be sent to', (address) => expect(splitAddress(address)).toBeNull());

test.each([
  ['lapor@example.go.id', null, 'lapor@example.go.id'],
  [' <lapor@example.go.id> ', null, 'lapor@example.go.id'],
  ['Lapor! <lapor@example.go.id>', 'Lapor!', 'lapor@example.go.id'],
  ['"Dinas PU, Kota Bandung" <lapor@example.go.id>', 'Dinas PU, Kota Bandung', 'lapor@example.go.id'],
  [
    'Layanan Aspirasi – Jawa Barat<lapor@example.go.id>',
    'Layanan Aspirasi – Jawa Barat',
    'lapor@example.go.id',
  ],
])('%s is a name and an address', (written, name, address) =>
  expect(parseMailbox(written)).toEqual({ name, address }),
);

test.each([
  '',
  'Lapor!',
  'Lapor! lapor@example.go.id',
  'Lapor! <lapor>',
  'Lapor! <lapor@example.go.id> x',
  'Lapor!\r\nBcc: budi@example.com <lapor@example.go.id>',
  '<a@example.com> <b@example.com>',
  'a@example.com, b@example.com',
])('%j is not', (written) => expect(parseMailbox(written)).toBeNull());
