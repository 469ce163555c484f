import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config.ts';
import { chooseMailAccount } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'lapor-dkim-'));
afterAll(() => rmSync(folder, { recursive: true }));

const choose = (env: Readonly<Record<string, string>>) =>
  chooseMailAccount(
    parseConfig({
      EMAIL_FROM: 'Lapor! <lapor@example.go.id>',
      PUBLIC_URL: 'https://lapor.example.go.id',
      ...env,
    }),
  );

test('without a mail server nothing is sent', () => {
  expect(chooseMailAccount(parseConfig({}))).toBeNull();
});

test.each([
  ['smtp://surat.example.go.id', 587, 'starttls'],
  ['smtp://surat.example.go.id:25', 25, 'starttls'],
  ['smtp://10.0.0.5:25', 25, 'starttls'],
  ['smtps://surat.example.go.id', 465, 'wrapped'],
  ['smtps://127.0.0.1:1465', 1465, 'wrapped'],
  ['smtp://localhost:25', 25, 'none'],
  ['smtp://127.0.0.1:2525', 2525, 'none'],
  ['smtp://[::1]:2525', 2525, 'none'],
  ['smtp://127.0.0.1.example.com', 587, 'starttls'],
  ['smtp://localhost.example.com', 587, 'starttls'],
])('%s is reached at port %d with TLS %s', (url, port, tls) => {
  expect(choose({ EMAIL_SMTP_URL: url })?.server).toMatchObject({ port, tls, user: null });
});

test('user and password may have any sign', () => {
  expect(
    choose({ EMAIL_SMTP_URL: 'smtps://lapor%40example.go.id:r%2Fa%3Ah%25@surat.example.go.id' }),
  ).toMatchObject({
    server: { host: 'surat.example.go.id', user: { name: 'lapor@example.go.id', password: 'r/a:h%' } },
    from: { name: 'Lapor!', address: 'lapor@example.go.id' },
    base: 'lapor@example.go.id',
    publicUrl: 'https://lapor.example.go.id',
  });
});

describe('the DKIM key', () => {
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const pem = (bits: number) =>
    generateKeyPairSync('rsa', { modulusLength: bits })
      .privateKey.export({ type: 'pkcs1', format: 'pem' })
      .toString();
  const withKey = (file: string) =>
    choose({
      EMAIL_SMTP_URL: 'smtp://localhost:25',
      EMAIL_DKIM_DOMAIN: 'example.go.id',
      EMAIL_DKIM_SELECTOR: 'lapor2026',
      EMAIL_DKIM_KEY_FILE: file,
    });

  test('is read from its file', () => {
    const key = pem(2048);
    expect(withKey(write('good.pem', key))?.dkim).toEqual({
      domain: 'example.go.id',
      selector: 'lapor2026',
      privateKey: key,
    });
  });

  test.each([
    ['missing', () => join(folder, 'missing.pem')],
    ['no key', () => write('none.pem', 'rahasia')],
    ['too short', () => write('short.pem', pem(512))],
    [
      'of another kind',
      () =>
        write(
          'ed.pem',
          generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        ),
    ],
  ])('stops the start where it is %s', (_, file) => {
    expect(() => withKey(file())).toThrow(
      'EMAIL_DKIM_KEY_FILE cannot be used: expected the file of an RSA private key',
    );
  });
});
