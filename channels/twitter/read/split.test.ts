import { expect, test } from 'vitest';
import { splitAnswer } from './split.ts';

const users = [
  { id: '1', username: 'satu' },
  { id: '2', username: 'dua' },
  { id: '3', username: 'tiga' },
];
const media = [{ media_key: '3_1' }, { media_key: '3_2' }];
const tweets = [
  { id: '90', author_id: '3' },
  { id: '91', author_id: '2' },
];
const places = [{ id: 'p', full_name: 'Cirebon' }];

test('each post has only what it refers to', () => {
  const first = {
    id: '11',
    author_id: '1',
    attachments: { media_keys: ['3_2'] },
    referenced_tweets: [{ type: 'quoted', id: '90' }],
  };
  const second = { id: '12', author_id: '2', geo: { place_id: 'p' } };
  expect(splitAnswer({ data: [first, second], includes: { users, media, tweets, places } })).toEqual({
    payloads: [
      {
        data: first,
        includes: { users: [users[0], users[2]], media: [media[1]], tweets: [tweets[0]] },
      },
      { data: second, includes: { users: [users[1]], places } },
    ],
    unreadable: 0,
  });
});

test('a line of the stream is one post', () => {
  const data = { id: '11', text: 'Banjir' };
  expect(splitAnswer({ data, matching_rules: [{ id: '1', tag: 'lapor' }] })).toEqual({
    payloads: [{ data, includes: {} }],
    unreadable: 0,
  });
});

test('a post that X gives in another form is passed on as it is; one without an id is counted', () => {
  const strange = { id: '11', text: 17, entities: 'none', author_id: null };
  expect(splitAnswer({ data: [strange, { text: 'tanpa id' }, null, 'teks', { id: 'abc' }] })).toEqual({
    payloads: [{ data: strange, includes: {} }],
    unreadable: 4,
  });
});

test.each([[{}], [{ meta: { result_count: 0 } }], [null], ['x'], [{ errors: [{}] }]])(
  '%j holds no posts',
  (answer) => {
    expect(splitAnswer(answer)).toEqual({ payloads: [], unreadable: 0 });
  },
);
