import { describe, expect, test } from 'vitest';
import { createMediaFiles } from './media.ts';
import { createPosts } from './posts.ts';
import { Problem } from './problem.ts';
import { countRecent, searchRecent } from './search.ts';
import { firstIdOf } from './snowflake.ts';
import { createUsers } from './users.ts';

const day = 86_400_000;

type Page = {
  readonly data?: readonly Record<string, unknown>[];
  readonly includes?: Record<string, readonly Record<string, unknown>[]>;
  readonly errors?: readonly Record<string, unknown>[];
  readonly meta: { readonly result_count: number; readonly next_token?: string };
};

function open(indexingMs = 0) {
  let now = Date.parse('2026-11-22T10:00:00Z');
  const clock = () => now;
  const users = createUsers(clock);
  const posts = createPosts({ clock, users, files: createMediaFiles(() => 'http://x'), indexingMs });
  const disorder = { isOn: false };
  const context = { posts, clock, queryLimit: 512, disorder };
  const search = (query: Record<string, string>) =>
    searchRecent(context, new URLSearchParams({ query: '#lapor', ...query })) as unknown as Page;
  const searchAll = (query: Record<string, string>): string[] => {
    const { data = [], meta } = search(query);
    const rest = meta.next_token === undefined ? [] : searchAll({ ...query, next_token: meta.next_token });
    return [...data.map(({ id }) => String(id)), ...rest];
  };
  const publishMany = (count: number) =>
    Array.from({ length: count }, (_, index) => {
      now += 1_000;
      return posts.publish({ text: `${index} #lapor` }).id;
    });
  return {
    posts,
    disorder,
    context,
    search,
    searchAll,
    publishMany,
    clock,
    pass: (ms: number) => (now += ms),
  };
}

const refusal = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${JSON.stringify(error.body)}`;
    throw error;
  }
  return 'accepted';
};

test('all pages together are everything once, newest first', () => {
  const { publishMany, searchAll } = open();
  const ids = publishMany(37);
  expect(searchAll({ max_results: '10' })).toEqual(ids.toReversed());
});

test('in disorder pages repeat and turn round, but nothing is missing', () => {
  const { publishMany, searchAll, disorder } = open();
  const ids = publishMany(37);
  disorder.isOn = true;
  const found = searchAll({ max_results: '10' });
  expect(found.length).toBeGreaterThan(37);
  expect(new Set(found)).toEqual(new Set(ids));
  expect(found[0]).not.toBe(ids.at(-1));
});

test('a token means the same page whatever is posted meanwhile', () => {
  const { publishMany, search } = open();
  publishMany(25);
  const next_token = search({}).meta.next_token ?? '';
  const before = search({ next_token });
  publishMany(3);
  expect(search({ next_token })).toEqual(before);
});

test('since_id and until_id do not count themselves', () => {
  const { publishMany, searchAll } = open();
  const ids = publishMany(5);
  expect(searchAll({ since_id: ids[1] ?? '', until_id: ids[4] ?? '' })).toEqual([ids[3], ids[2]]);
});

test('a post is found once it is indexed, and not before', () => {
  const { posts, search, pass } = open(5_000);
  posts.publish({ text: '#lapor' });
  expect(search({})).toEqual({ meta: { result_count: 0 } });
  pass(5_000);
  expect(search({}).meta.result_count).toBe(1);
});

test('of an edited post the latest version is found, with the ids of all', () => {
  const { posts, search, pass } = open();
  const { id } = posts.publish({ text: 'lampu mti #lapor' });
  pass(60_000);
  const edited = posts.edit(id, 'lampu mati #lapor');
  expect(search({}).data).toEqual([
    { id: edited.id, text: 'lampu mati #lapor', edit_history_tweet_ids: [id, edited.id] },
  ]);
});

test('only what is asked for is given', () => {
  const { posts, search } = open();
  const quoted = posts.publish({ author: 'budi', text: 'Air mati' });
  posts.publish({ author: 'siti', text: 'Sini juga #lapor', quote: quoted.id });
  expect(Object.keys(search({}).data?.[0] ?? {})).toEqual(['id', 'text', 'edit_history_tweet_ids']);
  const { data, includes } = search({
    expansions: 'author_id,referenced_tweets.id',
    'user.fields': 'verified',
    'tweet.fields': 'lang',
  });
  expect(data?.[0]).toMatchObject({ referenced_tweets: [{ type: 'quoted', id: quoted.id }], lang: 'in' });
  expect(includes?.['users']).toEqual([
    { id: expect.any(String), name: 'siti', username: 'siti', verified: false },
  ]);
  expect(includes?.['tweets']).toMatchObject([{ id: quoted.id, text: 'Air mati' }]);
  posts.delete(quoted.id);
  expect(search({ expansions: 'referenced_tweets.id' })).toMatchObject({
    errors: [{ resource_id: quoted.id, title: 'Not Found Error' }],
  });
});

test('counts deliver no post', () => {
  const { publishMany, context } = open();
  publishMany(90);
  const { data, meta } = countRecent(
    context,
    new URLSearchParams({ query: '#lapor', granularity: 'minute', start_time: '2026-11-22T09:59:00Z' }),
  );
  expect(meta).toEqual({ total_tweet_count: 90 });
  expect(data.map(({ tweet_count }) => tweet_count)).toEqual([0, 59, 31]);
});

describe('X refuses', () => {
  const { search, clock } = open();
  const old = String(firstIdOf(clock() - 7 * day - 1_000));
  const soon = new Date(clock() - 5_000).toISOString();
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'a query that is too long',
      { query: `#lapor ${'x'.repeat(510)}` },
      /not within the allowed limit \[1-512\]/,
    ],
    ['a since_id of more than seven days ago', { since_id: old }, /must be a tweet id created after/],
    [
      'a start_time of more than seven days ago',
      { start_time: '2026-11-15T09:59:59Z' },
      /must be on or after/,
    ],
    ['an end_time of just now', { end_time: soon }, /minimum of 10 seconds/],
    ['ids together with moments', { since_id: '2124523800270733312', start_time: soon }, /Invalid use of/],
    ['pages that are too small', { max_results: '9' }, /not between 10 and 100/],
    ['pages that are too large', { max_results: '101' }, /not between 10 and 100/],
    ['fields that do not exist', { 'tweet.fields': 'full_text' }, /is not one of/],
    ['a token it never gave', { next_token: 'x' }, /next_token/],
  ])('%s', (_, query, words) => {
    expect(refusal(() => search(query))).toMatch(words);
    expect(refusal(() => search(query))).toMatch(/^400 .*problems\/invalid-request/);
  });
});
