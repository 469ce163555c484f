import { describe, expect, test } from 'vitest';
import { toFailedOutcome, toSentOutcome } from './outcome.ts';

const failure = (code: string, command?: string, response?: string) =>
  Object.assign(new Error('siti@example.com'), { code, command, response });

const refused = 'refused';
const retry = 'retry';
const unknown = 'unknown';

describe('before any of the mail was written', () => {
  test.each([
    [retry, failure('ESOCKET', 'CONN'), 'no answer to the connection: ESOCKET'],
    [
      retry,
      Object.assign(failure('ESOCKET', 'CONN'), { originalCode: 'ECONNREFUSED' }),
      'no answer to the connection: ECONNREFUSED',
    ],
    [retry, failure('EDNS', 'CONN'), 'no answer to the connection: EDNS'],
    [retry, failure('ETIMEDOUT', 'CONN'), 'no answer to the connection: ETIMEDOUT'],
    [retry, failure('ECONNECTION'), 'no answer to the connection: ECONNECTION'],
    [retry, failure('ETLS', 'STARTTLS'), 'no answer to the greeting: ETLS'],
    [retry, failure('EABORT'), 'no answer to the connection: EABORT'],
    [
      retry,
      failure('EPROTOCOL', 'CONN', '554 5.7.1 go away'),
      'the mail server answered to the connection with 554 5.7.1 (it is not allowed, or was taken for spam)',
    ],
    [
      retry,
      failure('ECONNECTION', 'CONN', '421 4.3.2 closing'),
      'the mail server answered to the connection with 421 4.3.2 (the mail system takes no mail at the moment)',
    ],
    [
      retry,
      failure('EAUTH', 'AUTH PLAIN', '535 5.7.8 siti@example.com'),
      'the mail server answered to our signing in with 535 5.7.8 (our user or password is wrong)',
    ],
    [
      retry,
      failure('EENVELOPE', 'MAIL FROM', '530 5.7.0 sign in first'),
      'the mail server answered to the sender with 530 5.7.0 (it is not allowed)',
    ],
    [
      retry,
      failure('EENVELOPE', 'MAIL FROM', '503 5.5.1 out of order'),
      'the mail server answered to the sender with 503 5.5.1',
    ],
    [
      retry,
      failure('EENVELOPE', 'MAIL FROM', '451 4.3.0 later'),
      'the mail server answered to the sender with 451 4.3.0',
    ],
    [
      refused,
      failure('EENVELOPE', 'MAIL FROM', '553 5.1.8 lapor@example.go.id'),
      'the mail server answered to the sender with 553 5.1.8 (our sender address is not known there)',
    ],
    [refused, failure('EMESSAGE', 'MAIL FROM'), 'the mail server takes no such mail: EMESSAGE'],
    [
      retry,
      failure('EENVELOPE', 'RCPT TO', '450 4.2.0 <siti@example.com> greylisted'),
      'the mail server answered to the recipient with 450 4.2.0',
    ],
    [
      retry,
      failure('EENVELOPE', 'RCPT TO', '452 4.2.2 siti@example.com full'),
      'the mail server answered to the recipient with 452 4.2.2 (the mailbox is full)',
    ],
    [
      refused,
      failure('EENVELOPE', 'RCPT TO', '550 5.1.1 <siti@example.com> unknown'),
      'the mail server answered to the recipient with 550 5.1.1 (there is no such mailbox)',
    ],
    [
      refused,
      failure('EENVELOPE', 'DATA', '554 5.5.1 no valid recipients'),
      'the mail server answered to the mail with 554 5.5.1',
    ],
    [
      retry,
      failure('EENVELOPE', 'DATA', '451 4.3.0 later'),
      'the mail server answered to the mail with 451 4.3.0',
    ],
    [retry, 'siti@example.com', 'no answer to the connection: unknown failure'],
  ] as const)('%s: %s', (kind, error, reason) => {
    const outcome = toFailedOutcome(error, false);
    expect(outcome).toMatchObject({ kind, reason });
    expect(JSON.stringify(outcome)).not.toMatch(/siti|lapor@/);
  });
});

describe('once some of the mail was written', () => {
  test.each([
    [refused, failure('EMESSAGE', 'DATA', '554 5.7.1 siti@example.com spam')],
    [refused, failure('EMESSAGE', 'DATA', '552 5.3.4 too large')],
    [retry, failure('EMESSAGE', 'DATA', '451 4.7.1 siti@example.com later')],
    [retry, failure('EMESSAGE', 'DATA', '421 4.3.2 closing')],
    [unknown, failure('ECONNECTION', 'CONN')],
    [unknown, failure('ESOCKET', 'CONN')],
    [unknown, failure('ETIMEDOUT', 'CONN')],
    [unknown, failure('EABORT')],
    // a half answer, and one that nobody asked for
    [unknown, failure('ECONNECTION', 'CONN', '550 5.1.1')],
    [unknown, failure('EPROTOCOL', 'CONN', '550 5.1.1 siti@example.com')],
    [unknown, failure('EMESSAGE', 'DATA', '354 once more')],
    [unknown, failure('EMESSAGE', 'DATA', 'siti@example.com')],
    [unknown, new Error('siti@example.com')],
  ] as const)('%s: %s', (kind, error) => {
    const outcome = toFailedOutcome(error, true);
    expect(outcome.kind).toBe(kind);
    expect(JSON.stringify(outcome)).not.toContain('siti');
  });
});

test.each([
  ['250 2.0.0 Ok: queued as 4D9tRk3xQzz1n', '4D9tRk3xQzz1n'],
  ['250 OK id=1rXyZa-000123-Ab', '1rXyZa-000123-Ab'],
  ['250 2.0.0 siti@example.com saved', null],
  ['250 OK', null],
])('the server calls it by its own name: %s', (answer, providerId) => {
  expect(toSentOutcome(answer)).toEqual({ kind: 'sent', providerId });
});
