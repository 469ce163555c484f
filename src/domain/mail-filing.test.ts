import { describe, expect, test } from 'vitest';
import type { ReadMail } from './mail.ts';
import { bounceAddress, ourMessageId, replyAddress } from './mail-address.ts';
import {
  isOnlyHistory,
  judgeSender,
  listAnswered,
  readDelivery,
  readIdentity,
  readOurAddress,
  readWords,
  tellWhy,
  toHeaderOriginal,
  toReportWords,
} from './mail-filing.ts';
import type { NotificationId } from './report.ts';

const our = readOurAddress({ from: 'SP4N-LAPOR! <Lapor@contoh.go.id>', replyTo: null });
const [one, two] = ['01a20326-0337-7369-88dc-236c3957ea45', '01a20326-0337-7369-88dc-236c3957ea46'] as [
  NotificationId,
  NotificationId,
];

const mail = (more: Partial<ReadMail> = {}): ReadMail => ({
  kind: 'report',
  why: null,
  messageId: null,
  inReplyTo: null,
  references: [],
  from: { name: 'Siti Rahayu', address: 'siti@contoh.id' },
  forwardedFrom: null,
  recipients: [],
  subject: null,
  date: null,
  text: '',
  quoted: null,
  files: [],
  bounce: null,
  authentication: [],
  markedSpam: false,
  notes: [],
  error: null,
  ...more,
});

test.each([
  ['SP4N-LAPOR! <Lapor@contoh.go.id>', { address: 'lapor@contoh.go.id', domain: 'contoh.go.id' }],
  ['lapor@contoh.go.id', { address: 'lapor@contoh.go.id', domain: 'contoh.go.id' }],
  ['lapor', null],
  [null, null],
])('EMAIL_FROM %s is %o', (from, expected) => {
  expect(readOurAddress({ from, replyTo: null })).toEqual(
    expected && { ...expected, base: expected.address },
  );
});

test('what a mail answers is named by the address it came to, before In-Reply-To and References, each once', () => {
  const base = 'lapor@contoh.go.id';
  const answer = mail({
    recipients: [{ name: null, address: replyAddress(two, base).toUpperCase() }],
    inReplyTo: ourMessageId(one, 'contoh.go.id'),
    references: ['<lain@contoh.id>', ourMessageId(two, 'contoh.go.id')],
  });
  expect(listAnswered(answer, our)).toEqual([two, one]);
  expect(listAnswered(answer, null)).toEqual([]);
  expect(
    listAnswered(mail({ recipients: [{ name: null, address: bounceAddress(one, base) }] }), our),
  ).toEqual([one]);
  expect(listAnswered(mail({ inReplyTo: ourMessageId(one, 'contoh.id') }), our)).toEqual([]);
});

test('where replies go to another address than mails come from, that one has the names', () => {
  const both = readOurAddress({ from: 'Lapor! <lapor@contoh.go.id>', replyTo: 'Masuk@lain.go.id' });
  const to = (address: string) => mail({ recipients: [{ name: null, address }] });
  expect(listAnswered(to(replyAddress(one, 'masuk@lain.go.id')), both)).toEqual([one]);
  expect(listAnswered(to(bounceAddress(one, 'masuk@lain.go.id')), both)).toEqual([one]);
  expect(listAnswered(mail({ inReplyTo: ourMessageId(one, 'contoh.go.id') }), both)).toEqual([one]);
  for (const address of ['lapor@contoh.go.id', 'masuk@lain.go.id', replyAddress(one, 'masuk@lain.go.id')])
    expect(readIdentity(mail({ from: { name: null, address } }), both, false)).toBeNull();
});

test.each([
  ['Pada 22 November SP4N menulis:\n> Laporan Anda\n>\n> sudah kami catat', true],
  ['> Laporan Anda', true],
  ['On Sun, 22 Nov 2026 at 14:02, Lapor!\n<lapor@contoh.go.id> wrote:\n\n> Laporan Anda', true],
  [
    '________________________________\nDari: Lapor! <lapor@contoh.go.id>\nDikirim: Minggu\n\nLaporan Anda',
    true,
  ],
  ['*From:* Lapor! <lapor@contoh.go.id>\nSent: Sunday\n\nLaporan Anda', true],
  ['sudah diperbaiki', false],
  ['Mohon dicek:\n> Laporan Anda\nbelum diperbaiki', false],
  ['Masih gelap\n> Laporan Anda', false],
  ['Dari: Pak Lurah <lurah@contoh.id>\nmohon segera', false],
  ['', false],
])('an answer such as %j has no words of its own: %s', (text, expected) => {
  expect(isOnlyHistory(text, our)).toBe(expected);
});

describe('who wrote it is', () => {
  const says = (...results: readonly (readonly [string, string, string])[]) => ({
    notes: [],
    authentication: results.map(([authservId, method, result]) => ({ authservId, method, result })),
  });
  test.each([
    ['proven', [['mx', 'dmarc', 'pass']]],
    ['proven', [['MX', 'dmarc', 'Pass']]],
    ['forged', [['mx', 'dmarc', 'fail']]],
    // somebody wrote a header of their own, and our server another
    [
      'forged',
      [
        ['mx', 'dmarc', 'pass'],
        ['mx', 'dmarc', 'fail'],
      ],
    ],
    [
      'unknown',
      [
        ['mx', 'dmarc', 'pass'],
        ['mx', 'dmarc', 'none'],
      ],
    ],
    ['forged', [['mx', 'spf', 'fail']]],
    ['unknown', [['mx', 'spf', 'softfail']]],
    ['unknown', [['mx.lain.id', 'spf', 'fail']]],
    // forwarded on its way, with its signature
    [
      'unknown',
      [
        ['mx', 'spf', 'fail'],
        ['mx', 'dkim', 'pass'],
      ],
    ],
    [
      'proven',
      [
        ['mx', 'spf', 'fail'],
        ['mx', 'dmarc', 'pass'],
      ],
    ],
    ['unknown', [['mx.lain.id', 'dmarc', 'fail']]],
    ['unknown', []],
  ] as const)('%s: %o', (expected, results) => {
    expect(judgeSender(says(...results), ['mx'])).toBe(expected);
  });

  test('forged where there are several From: which one was checked?', () => {
    const two = { ...says(['mx', 'dmarc', 'pass']), notes: ['several fields from'] };
    expect(judgeSender(two, ['mx'])).toBe('forged');
  });
});

describe('who reports', () => {
  test.each([
    ['siti@contoh.id', 'siti@contoh.id'],
    ['  siti@contoh.id ', 'siti@contoh.id'],
    // nobody is written to in two places, or by more than a name
    ['siti@contoh.id, lain@contoh.id', null],
    ['siti@contoh.id\r\nBcc: lain@contoh.id', null],
    ['"siti lain"@contoh.id', null],
    ['@contoh.id', null],
    ['siti', null],
    [`${'a'.repeat(250)}@contoh.id`, null],
    ['lapor@contoh.go.id', undefined],
    [replyAddress(one, 'lapor@contoh.go.id'), undefined],
  ])('with the address %j hears from us at %s', (address, email) => {
    const identity = readIdentity(mail({ from: { name: 'Siti', address } }), our, false);
    expect(identity?.email).toBe(email);
  });

  test('is nobody where a machine wrote it', () => {
    expect(readIdentity(mail({ kind: 'bounce' }), our, false)).toBeNull();
    expect(readIdentity(mail({ kind: 'auto-reply' }), our, false)).toMatchObject({ email: 'siti@contoh.id' });
    expect(readIdentity(mail({ from: null }), our, false)).toBeNull();
  });
});

describe('the words', () => {
  test.each([
    ['Re: Fwd: BLS: Trs [2]: Jalan rusak', 'Jalan rusak'],
    ['Reformasi: jalan rusak', 'Reformasi: jalan rusak'],
    ['RE:', null],
    [`${'a'.repeat(199)}😀`, 'a'.repeat(199)],
  ])('have the subject %j as the title %j', (subject, title) => {
    const words = toReportWords(readWords(mail({ subject, text: 'rusak' }), false), new Date());
    expect(words.title?.replace('\ufffd', '')).toBe(title ?? undefined);
  });

  test('are no longer than a report, whatever is sent', () => {
    const { text } = readWords(mail({ text: 'RAHASIA '.repeat(2_000_000) }), false);
    expect(text.length).toBeLessThanOrEqual(20_000);
  });

  test('of a footer are no wish for secrecy', () => {
    const text = `${'jalan rusak\n'.repeat(6)}\nCONFIDENTIAL: this e-mail is for its recipient`;
    expect(readWords(mail({ text }), false)).toMatchObject({ confidential: false });
  });
});

test('of a header no more is kept than its beginning, and none of the mail', () => {
  const original = (body: string) =>
    toHeaderOriginal({ contentType: 'message/rfc822', body: Buffer.from(body), messageId: null }, '<a@b>');
  expect(original('A: b\r\nC: d\r\n\r\nhalo\n\nhalo')).toEqual({
    contentType: 'text/rfc822-headers',
    body: Buffer.from('A: b\r\nC: d\r\n\r\n'),
    messageId: '<a@b>',
  });
  expect(original('A: b\n\nhalo\r\n\r\n').body.toString()).toBe('A: b\n\n');
  expect(original(`A: ${'x'.repeat(1_000_000)}`).body).toHaveLength(65_536);
  expect(original('').body).toHaveLength(0);
});

test('a bounce tells bad news only, and never to whom', () => {
  expect(readDelivery({ action: 'failed', status: '5.1.1' })).toEqual({
    state: 'failed',
    detail: 'bounced 5.1.1',
  });
  expect(readDelivery({ action: 'failed', status: 'siti@contoh.id' })).toEqual({
    state: 'failed',
    detail: 'bounced',
  });
  for (const action of ['delivered', 'relayed', 'delayed', null] as const) {
    expect(readDelivery({ action, status: '2.0.0' })).toBeNull();
  }
});

test('why it is no report names nobody', () => {
  expect(tellWhy('Auto-Submitted by siti@contoh.id\nor so')).toBe('Auto-Submitted by [email] or so');
  expect(tellWhy(`x${'y'.repeat(500)}`)).toHaveLength(200);
});
