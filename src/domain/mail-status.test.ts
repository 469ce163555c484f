import { expect, test } from 'vitest';
import { describeMailStatus, describeSmtpAnswer } from './mail-status.ts';

test.each([
  ['5.1.1', '5.1.1 (there is no such mailbox)'],
  ['4.2.2', '4.2.2 (the mailbox is full)'],
  ['5.9.9', '5.9.9'],
  ['siti@example.com', 'siti@example.com'],
])('%s reads %s', (status, words) => expect(describeMailStatus(status)).toBe(words));

test.each([
  ['550 5.1.1 <siti@example.com>: Recipient address rejected', '550 5.1.1 (there is no such mailbox)'],
  ['550-5.7.26 siti@example.com\n550 5.7.26 no', '550 5.7.26 (neither SPF nor DKIM fits)'],
  ['450 4.2.0 <siti@example.com>: Greylisted', '450 4.2.0'],
  ['552 siti@example.com is full', '552'],
  ['550 0812.3456.7890', '550'],
  ['550 5.1.1234', '550'],
  ['siti@example.com', null],
  ['', null],
])('of %j only %j is repeated', (answer, words) => expect(describeSmtpAnswer(answer)).toBe(words));
