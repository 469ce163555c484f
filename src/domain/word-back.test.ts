import { expect, test } from 'vitest';
import type { ChannelName } from './report.ts';
import { wordBackChannel } from './word-back.ts';

test.each<[ChannelName, boolean, readonly ChannelName[], ChannelName | null]>([
  ['sms', false, ['sms', 'email'], 'sms'],
  ['sms', true, ['sms', 'email'], 'sms'],
  ['sms', true, ['email'], 'email'],
  ['sms', false, ['email'], null],
  ['email', true, ['sms', 'email'], 'email'],
  // an address of which no index is kept: whether there is one shows when it is sent
  ['email', false, ['email'], 'email'],
  ['email', true, ['sms'], null],
  ['web', true, ['sms', 'email'], 'email'],
  ['web', false, ['sms', 'email'], null],
  ['web', true, ['sms'], null],
  ['letter', true, ['email'], 'email'],
  ['letter', false, ['email'], null],
  ['twitter', true, [], null],
])('a report by %s, with an e-mail address: %s, where %j send: by %s', (channel, hasEmail, sending, by) => {
  expect(wordBackChannel({ channel, hasEmail }, new Set(sending))).toBe(by);
});
