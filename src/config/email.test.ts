import { describe, expect, test } from 'vitest';
import { describeConfig, parseConfig } from '../config.ts';

const sending = {
  EMAIL_SMTP_URL: 'smtp://lapor%40example.go.id:rahasia%2Fkirim@surat.example.go.id:587',
  EMAIL_FROM: 'Lapor! <lapor@layanan.example.go.id>',
};
const dkim = {
  EMAIL_DKIM_DOMAIN: 'Example.go.id',
  EMAIL_DKIM_SELECTOR: 'lapor2026',
  EMAIL_DKIM_KEY_FILE: '/run/secrets/dkim.pem',
};

test('without settings no e-mail is sent', () => {
  expect(parseConfig({}).email).toMatchObject({ smtpUrl: null, from: null, replyTo: null, dkimDomain: null });
});

test('what is not set has its default', () => {
  expect(parseConfig(sending).email).toMatchObject({
    from: 'Lapor! <lapor@layanan.example.go.id>',
    maxPerAddress: 10,
    maxPerReport: 5,
    maxPerHour: 1_000,
  });
});

test.each([
  [{ EMAIL_SMTP_URL: sending.EMAIL_SMTP_URL }, 'EMAIL_SMTP_URL is set, so EMAIL_FROM must be set too'],
  [{ EMAIL_FROM: sending.EMAIL_FROM }, 'EMAIL_FROM is set, so EMAIL_SMTP_URL must be set too'],
  [{ EMAIL_REPLY_TO: 'lapor@example.go.id' }, 'EMAIL_REPLY_TO is set, so EMAIL_SMTP_URL must be set too'],
  [dkim, 'EMAIL_DKIM_DOMAIN is set, so EMAIL_SMTP_URL must be set too'],
  [
    { ...sending, EMAIL_DKIM_DOMAIN: 'example.go.id' },
    'EMAIL_DKIM_DOMAIN is set, so EMAIL_DKIM_SELECTOR and EMAIL_DKIM_KEY_FILE must be set too',
  ],
])('settings that mean something together: %j', (env, problem) => {
  expect(() => parseConfig(env)).toThrow(problem);
});

test('who signs is the domain of the sender or one above it', () => {
  expect(parseConfig({ ...sending, ...dkim }).email.dkimDomain).toBe('example.go.id');
  const other = { ...sending, ...dkim, EMAIL_DKIM_DOMAIN: 'ample.go.id' };
  expect(() => parseConfig(other)).toThrow(
    'EMAIL_DKIM_DOMAIN cannot be used: expected the domain of EMAIL_FROM',
  );
});

test.each([
  ['EMAIL_SMTP_URL', 'surat.example.go.id'],
  ['EMAIL_SMTP_URL', 'https://surat.example.go.id'],
  ['EMAIL_SMTP_URL', 'smtp://'],
  ['EMAIL_SMTP_URL', 'smtp://lapor@surat.example.go.id'],
  ['EMAIL_SMTP_URL', 'smtp://lapor:sandi@surat.example.go.id/?logger=true'],
  ['EMAIL_SMTP_URL', 'smtp://lapor:sandi%0d%0aQUIT@surat.example.go.id'],
  ['EMAIL_SMTP_URL', 'smtp://lapor:sandi%zz@surat.example.go.id'],
  ['EMAIL_SMTP_URL', 'smtp://a:b@surat.example.go.id,smtp://a:b@lain.example.go.id'],
  ['EMAIL_FROM', 'lapor'],
  ['EMAIL_FROM', 'Lapor! lapor@example.go.id'],
  ['EMAIL_FROM', 'Lapor!\r\nBcc: budi@example.com <lapor@example.go.id>'],
  ['EMAIL_FROM', 'lapor@example.go.id, budi@example.com'],
  ['EMAIL_FROM', `${'l'.repeat(30)}@example.go.id`],
  ['EMAIL_FROM', 'läpor@example.go.id'],
  ['EMAIL_REPLY_TO', 'Lapor! <lapor@example.go.id>'],
  ['EMAIL_REPLY_TO', `${'l'.repeat(30)}@example.go.id`],
  ['EMAIL_MAX_PER_ADDRESS', '-1'],
  ['EMAIL_MAX_PER_REPORT', 'lima'],
  ['EMAIL_MAX_PER_HOUR', '1e3'],
])('%s=%j stops the start, and is not repeated', (name, value) => {
  const start = () => parseConfig({ ...sending, [name]: value });
  expect(start).toThrow(`${name} cannot be used: expected `);
  expect(start).not.toThrow(/sandi|budi/);
});

test.each([
  ['EMAIL_DKIM_DOMAIN', 'example.go.id; s=lain'],
  ['EMAIL_DKIM_SELECTOR', 'lapor 2026'],
  ['EMAIL_DKIM_SELECTOR', 'lapor;x'],
])('%s=%j stops the start', (name, value) => {
  expect(() => parseConfig({ ...sending, ...dkim, [name]: value })).toThrow(`${name} cannot be used`);
});

describe('what is printed', () => {
  test('has neither the password nor the user of the mail server', () => {
    const printed = JSON.stringify(describeConfig(parseConfig({ ...sending, ...dkim })).email);
    expect(printed).toContain('smtp://***@surat.example.go.id:587');
    expect(printed).not.toMatch(/rahasia|lapor%40/);
  });

  test.each(['smtp://a:b@c@surat.example.go.id', 'smtps://a:b:c@surat.example.go.id:465'])(
    'not even where the password is written carelessly: %s',
    (url) => {
      const printed = JSON.stringify(describeConfig(parseConfig({ ...sending, EMAIL_SMTP_URL: url })));
      expect(printed).not.toMatch(/b(@|%40|:)c/);
    },
  );
});
