import { expect, test } from 'vitest';
import { parseTwitterConfig } from '../../src/config/twitter.ts';
import { closedBudget } from '../../src/domain/budget.ts';
import { createTwitterChannel } from './index.ts';

const open = (env: Record<string, string>) => createTwitterChannel(parseTwitterConfig(env), closedBudget());
const keys = {
  TWITTER_BEARER_TOKEN: 'rahasia-uji',
  TWITTER_APP_KEY: 'kunci-uji',
  TWITTER_APP_SECRET: 'rahasia-uji',
  TWITTER_ACCESS_TOKEN: '17-token-uji',
  TWITTER_ACCESS_SECRET: 'rahasia-uji',
};

test('without a token nothing is fetched and nothing sent, and it says which setting is missing', () => {
  expect(open({})).toEqual({ name: 'twitter', providers: [], off: 'TWITTER_BEARER_TOKEN is not set' });
});

test('with a token posts are fetched and nobody is answered; with the keys of the account they are', async () => {
  const reading = open({ TWITTER_BEARER_TOKEN: keys.TWITTER_BEARER_TOKEN });
  expect((await reading.sources?.())?.map(({ name }) => name)).toEqual(['twitter/search', 'twitter/stream']);
  expect(reading.send).toBeUndefined();
  expect(open(keys)).toMatchObject({
    send: expect.any(Function),
    reconcile: expect.any(Function),
    isPublic: true,
  });
  expect(open(keys).off).toBeUndefined();
});

test('without the stream the search goes on alone', async () => {
  const sources = await open({ ...keys, TWITTER_STREAM: 'off' }).sources?.();
  expect(sources?.map(({ name }) => name)).toEqual(['twitter/search']);
});
