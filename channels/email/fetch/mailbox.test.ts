import { expect, test } from 'vitest';
import { type MailboxEntry, parseEntries, toMailbox } from './mailbox.ts';

const entry: MailboxEntry = { name: 'kota', host: 'imap.kota.example', user: 'lapor', password: 'rahasia' };
const parse = (...mailboxes: readonly object[]) => parseEntries(JSON.stringify({ mailboxes }));

test('what is left out is what most need', () => {
  expect(parse(entry).map(toMailbox)).toEqual([
    {
      name: 'kota',
      agency: 'nasional',
      host: 'imap.kota.example',
      port: 993,
      secure: 'tls',
      user: 'lapor',
      login: { kind: 'password', password: 'rahasia' },
      folder: 'INBOX',
      processedFolder: null,
      pollSeconds: 60,
      maxMb: 100,
      caFile: null,
    },
  ]);
  expect(toMailbox({ ...entry, secure: 'starttls' }).port).toBe(143);
});

const { password: _, ...bare } = entry;
const oauth2 = { tokenUrl: 'https://masuk.example/token', clientId: 'x', refreshToken: 'rahasia' };

test.each<[string, object, RegExp]>([
  ['no host', { ...entry, host: undefined }, /^mailbox kota: host must be given$/],
  ['a port of words', { ...entry, port: 'imap' }, /^mailbox kota: port must be integer$/],
  [
    'a wrong kind of security',
    { ...entry, secure: 'ssl' },
    /^mailbox kota: secure must be one of tls, starttls, none$/,
  ],
  ['no TLS over a network', { ...entry, secure: 'none' }, /^mailbox kota: secure must be tls or starttls/],
  ['no password', bare, /^mailbox kota: it must have one of password, passwordFile and oauth2$/],
  ['two passwords', { ...entry, passwordFile: '/x' }, /one of password/],
  [
    'a member nobody knows',
    { ...entry, pasword: 'rahasia' },
    /^mailbox kota: pasword is no setting of a mailbox$/,
  ],
  [
    'tokens from an open address',
    { ...bare, oauth2: { ...oauth2, tokenUrl: 'http://x.example' } },
    /oauth2.tokenUrl/,
  ],
  [
    'tokens for nothing',
    { ...bare, oauth2: { ...oauth2, refreshToken: undefined } },
    /refreshToken or a clientSecret/,
  ],
  ['one folder for both', { ...entry, processedFolder: 'inbox' }, /processedFolder must be another folder/],
  ['a name that is a path', { ...entry, name: '../x' }, /^mailbox \.\.\/x: name /],
  ['a poll that is too rare for IDLE', { ...entry, pollSeconds: 3_600 }, /pollSeconds must be <= 1500/],
])('a mailbox with %s is refused by its name and field, without its secrets', (_case, wrong, message) => {
  expect(() => parse(wrong)).toThrow(message);
  expect(() => parse(wrong)).not.toThrow(/rahasia/);
});

test('a file is refused as a whole where it is none of mailboxes, or one name is there twice', () => {
  expect(() => parseEntries('{"password": "rahasia"')).toThrow(/^it is not JSON$/);
  expect(() => parseEntries('[]')).toThrow(/one member, "mailboxes"/);
  expect(() => parse(entry, entry)).toThrow(/^mailbox kota: the name is there twice$/);
  expect(() => parse(entry, 7 as never)).toThrow(/^mailbox number 2: /);
});

test('to this machine no TLS is needed', () => {
  for (const host of ['127.0.0.1', 'localhost', '::1']) {
    expect(toMailbox({ ...entry, host, secure: 'none' }).secure).toBe('none');
  }
  expect(() => toMailbox({ ...entry, host: '127.0.0.1.evil.example', secure: 'none' })).toThrow();
});
