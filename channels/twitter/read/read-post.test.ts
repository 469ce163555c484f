import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { limits } from '../../../src/domain/report.ts';
import { AppError } from '../../../src/errors.ts';
import { momentOf } from '../snowflake.ts';
import { readPost } from './read-post.ts';
import { splitAnswer } from './split.ts';
import { toMessage } from './to-message.ts';

const us = { handle: 'LAPOR1708', terms: ['#lapor1708', '#lapor', '@LAPOR1708'], id: '1708' };
const id = '1860000000000000000';

const read = (data: object, includes: object = {}) =>
  readPost(Buffer.from(JSON.stringify({ data: { id, author_id: '62', ...data }, includes })), us);
const say = (text: string, more: object = {}) => read({ text, ...more });
const answers = { referenced_tweets: [{ type: 'replied_to', id: '1850000000000000000' }] };
const link = (name: string, expanded: string, more: object = {}) => ({
  url: `https://t.co/${name}`,
  expanded_url: expanded,
  ...more,
});

describe('the words of a post', () => {
  it.each([
    ['#lapor Jalan rusak', 'Jalan rusak'],
    ['Jalan rusak #LAPOR1708', 'Jalan rusak'],
    ['Halo @lapor1708, lampu mati', 'Halo, lampu mati'],
    ['@LAPOR1708 @LAPOR1708 lampu mati', 'lampu mati'],
    ['.@LAPOR1708 lampu mati', 'lampu mati'],
    ['Lampu mati, min @LAPOR1708!', 'Lampu mati, min!'],
    ['Lampu mati (#lapor)', 'Lampu mati'],
    ['Banjir 🙏#lapor', 'Banjir 🙏'],
    ['👨‍👩‍👧‍👦🇮🇩 e\u0301 #lapor banjir', '👨‍👩‍👧‍👦🇮🇩 é banjir'],
    ['Banjir ＃lapor ＠LAPOR1708', 'Banjir'],
    ['Banjir @LAPOR1708#lapor#lapor', 'Banjir'],
    ['Banjir\n\n#lapor\n\n\n\nSudah dua hari', 'Banjir\n\nSudah dua hari'],
    ['Halo @LAPOR1708 dan @dinas_contoh', 'Halo dan @dinas_contoh'],
  ])('do not hold what only calls us: %s', (text, expected) => {
    expect(say(text).text).toBe(expected);
  });

  it.each([
    ['#laporan saya #lapor', 'laporan saya'],
    ['surel ke admin@LAPOR1708.example #lapor', 'surel ke admin@LAPOR1708.example'],
    ['antrean #12 #lapor', 'antrean #12'],
    ['fungsi() di (#lapor @LAPOR1708) situs galat', 'fungsi() di situs galat'],
  ])('hold what only looks like it: %s', (text, expected) => {
    expect(say(text).text).toBe(expected);
  });

  it.each([
    ['Jalan di #Cirebon rusak', 'Jalan di Cirebon rusak'],
    ['Jalan rusak. #cirebon #viral @LAPOR1708 #jalanrusak', 'Jalan rusak.'],
    ['Lubang besar di #Cirebon #lapor #viral', 'Lubang besar di Cirebon'],
    ['Lubang besar di #lapor #viral', 'Lubang besar di'],
    ['#lapor #jalanrusak #cirebon', 'jalanrusak cirebon'],
    ['#lapor @LAPOR1708', ''],
  ])('keep hashtags that belong to a sentence, without their sign: %s', (text, expected) => {
    expect(say(text).text).toBe(expected);
  });

  test('are without the names in front of an answer, and of an answer alone', () => {
    expect(say('@warga2 @LAPOR1708 @dinas Setuju, @warga2', answers).text).toBe('Setuju, @warga2');
    expect(say('@dinas tolong diperbaiki').text).toBe('@dinas tolong diperbaiki');
    expect(say('@warga2 @dinas', answers).text).toBe('');
  });

  test('have `&`, `<` and `>` as they were written, once', () => {
    expect(say('Jl. A &amp; B, 3 &lt; 5 &gt; 2, &amp;lt; &quot;').text).toBe(
      'Jl. A & B, 3 < 5 > 2, &lt; &quot;',
    );
  });

  test('name where links lead, not what stands for them', () => {
    const urls = [
      link('peta', 'https://maps.app.goo.gl/x', { unwound_url: 'https://maps.example/@-6.7,108.5' }),
      link('b', 'https://example.org/a?b=1&c=2#lapor'),
      link('c', 'javascript:alert(1)'),
      link('d', 'https://example.org/x y'),
    ];
    const text =
      'Di https://t.co/peta dan https://t.co/b dan https://t.co/c dan https://t.co/d, https://t.co/e';
    expect(say(text, { entities: { urls } }).text).toBe(
      'Di https://maps.example/@-6.7,108.5 dan https://example.org/a?b=1&c=2#lapor dan https://t.co/c dan https://t.co/d, https://t.co/e',
    );
  });

  test('hold no links to their own media, to what is quoted, or to the rest of themselves', () => {
    const urls = [
      link('m', `https://x.com/warga/status/${id}/photo/1`),
      link('k', 'https://pic.example/1', { media_key: '3_1' }),
      link('q', 'https://twitter.com/dinas/status/1840000000000000000?s=20'),
      link('s', `https://x.com/i/web/status/${id}`),
      link('o', 'https://x.com/dinas/status/1830000000000000000'),
    ];
    const post = say('Lihat https://t.co/o https://t.co/q https://t.co/s https://t.co/m https://t.co/k', {
      entities: { urls },
      attachments: { media_keys: ['3_1'] },
      referenced_tweets: [{ type: 'quoted', id: '1840000000000000000' }],
    });
    expect(post.text).toBe('Lihat https://x.com/dinas/status/1830000000000000000');
    expect(post.quoted).toEqual({ id: '1840000000000000000', text: null, handle: 'dinas' });
  });

  test('of a long post are all of them, with its own links and names', () => {
    const post = say('Awalnya … https://t.co/s', {
      entities: { urls: [link('s', `https://x.com/i/web/status/${id}`)] },
      note_tweet: {
        text: `${'Panjang sekali. '.repeat(100)}#lapor @LAPOR1708 https://t.co/n`,
        entities: {
          urls: [link('n', 'https://example.org/n')],
          mentions: [{ start: 1_607, end: 1_617, username: 'LAPOR1708', id: '1708' }],
          hashtags: [{ start: 1_600, end: 1_606, tag: 'lapor' }],
        },
      },
    });
    expect(post.text).toBe(`${'Panjang sekali. '.repeat(100)}https://example.org/n`);
    expect(post).toMatchObject({
      summons: 'mention',
      isTagged: true,
      hashtags: ['lapor'],
      mentions: ['LAPOR1708'],
    });
  });
});

test('hashtags and names are kept, whether they stand in the text or not', () => {
  const post = say('#Lapor #JalanRusak @Dinas_PU #jalanrusak', {
    entities: { hashtags: [{ tag: 'Lapor' }], mentions: [{ username: 'Dinas_PU' }, { username: 'lain' }] },
  });
  expect(post).toMatchObject({
    hashtags: ['Lapor', 'JalanRusak'],
    mentions: ['Dinas_PU', 'lain'],
    isTagged: true,
  });
  expect(say('Tidak memanggil siapa pun #laporan').isTagged).toBe(false);
});

describe('we are called', () => {
  const quote = { referenced_tweets: [{ type: 'quoted', id: '1840000000000000000' }] };
  it.each([
    ['by our name', { entities: { mentions: [{ username: 'lapor1708' }] } }, {}, 'mention'],
    [
      'by our id, under a handle of before',
      { entities: { mentions: [{ username: 'LAPOR', id: '1708' }] } },
      {},
      'mention',
    ],
    ['by an answer to us', { ...answers, in_reply_to_user_id: '1708' }, {}, 'mention'],
    ['by a quote', quote, { tweets: [{ id: '1840000000000000000', author_id: '1708' }] }, 'quote'],
    [
      'by a quote whose author only the link names',
      { ...quote, entities: { urls: [link('q', 'https://x.com/lapor1708/status/1840000000000000000')] } },
      {},
      'quote',
    ],
    [
      'by nobody who quotes somebody else',
      quote,
      { tweets: [{ id: '1840000000000000000', author_id: '7' }] },
      null,
    ],
    [
      'by nobody who only uses the hashtag',
      { text: '#lapor', entities: { hashtags: [{ tag: 'lapor' }] } },
      {},
      null,
    ],
    ['by nobody where X takes it for no name', { text: 'rumah@LAPOR1708' }, {}, null],
    [
      'not by ourselves',
      { author_id: '1708', entities: { mentions: [{ username: 'LAPOR1708' }] } },
      {},
      null,
    ],
  ] as const)('%s', (_, data, includes, expected) => {
    expect(read(data, includes).summons).toBe(expected);
  });
});

test('we know ourselves by our id and by our handle', () => {
  expect(read({ author_id: '1708' }).isOurs).toBe(true);
  expect(read({}, { users: [{ id: '62', username: 'Lapor1708' }] }).isOurs).toBe(true);
  expect(read({}, { users: [{ id: '62', username: 'warga' }] }).isOurs).toBe(false);
});

test('longitude comes first, a small place is a point, and a point that is none is left out', () => {
  const at = (coordinates: readonly number[]) =>
    read({ geo: { coordinates: { type: 'Point', coordinates }, place_id: 'p' } }, { places: [shop] }).place;
  const shop = { id: 'p', full_name: 'Pasar Kanoman', geo: { bbox: [108.566, -6.722, 108.568, -6.72] } };
  expect(at([108.5571, -6.7063])).toEqual({
    text: 'Pasar Kanoman',
    lat: -6.7063,
    lon: 108.5571,
    areaCode: null,
  });
  expect(at([-6.7063, 108.5571])).toMatchObject({
    lat: expect.closeTo(-6.721),
    lon: expect.closeTo(108.567),
  });
  expect(read({ geo: {} }).place).toBeNull();
});

test('the moment is what X says, else what the id says', () => {
  expect(read({ created_at: '2026-11-22T03:04:05.000Z' }).createdAt).toEqual(
    new Date('2026-11-22T03:04:05Z'),
  );
  expect(read({ created_at: 'kemarin' }).createdAt).toEqual(momentOf(id));
});

test.each([
  ['in', 'in'],
  ['zh-TW', 'zh-TW'],
  ['und', null],
  ['qme', null],
  ['zxx', null],
])('X takes it for %s: that is %s', (lang, expected) => {
  expect(read({ lang }).language).toBe(expected);
});

test('of a video all versions are named, the best one first, and media come in the order of the post', () => {
  const variants = [
    { content_type: 'video/mp4', bit_rate: 832_000, url: 'https://video.example/s.mp4' },
    { content_type: 'video/mp4', bit_rate: 25_128_000, url: 'https://video.example/l.mp4' },
  ];
  const long = { media_key: '7_1', type: 'video', duration_ms: 600_000, variants };
  const photo = { media_key: '3_2', type: 'photo', url: 'ftp://x.example/1.jpg' };
  const second = { media_key: '3_3', type: 'photo', url: 'http://127.0.0.1:1/2.jpg', alt_text: ' a\nb ' };
  expect(
    read({ attachments: { media_keys: ['3_3', '7_1', '3_2', '9_9'] } }, { media: [long, photo, second] })
      .media,
  ).toEqual([
    { kind: 'photo', versions: [{ url: 'http://127.0.0.1:1/2.jpg', bytes: 0 }], altText: 'a b' },
    {
      kind: 'video',
      versions: [
        { url: 'https://video.example/l.mp4', bytes: 1_884_600_000 },
        { url: 'https://video.example/s.mp4', bytes: 62_400_000 },
      ],
      altText: null,
    },
  ]);
});

test('a message has the whole payload, its author, and by what it is found again', () => {
  const receivedAt = new Date('2026-11-22T03:04:05Z');
  const data = {
    id,
    text: 'Banjir @LAPOR1708',
    author_id: '62',
    conversation_id: '1850000000000000000',
    edit_history_tweet_ids: ['1859999999999999999', id],
    entities: { mentions: [{ username: 'LAPOR1708' }] },
    unknown_field: 1,
  };
  const includes = { users: [{ id: '62', name: ' Siti ', username: 'siti' }] };
  const message = toMessage({ data, includes }, { found: 'search', receivedAt, us });
  expect(message).toEqual({
    channel: 'twitter',
    externalId: id,
    identity: {
      name: 'Siti',
      phone: null,
      email: null,
      onBehalfOf: null,
      account: { id: '62', handle: 'siti', permalink: `https://x.com/siti/status/${id}` },
    },
    receivedAt,
    original: {
      contentType: 'application/json',
      body: Buffer.from(JSON.stringify({ data, includes })),
      messageId: id,
      summoned: true,
    },
    content: {
      kind: 'post',
      origin: '1859999999999999999',
      thread: '62/1850000000000000000',
      found: 'search',
    },
  });
  expect(readPost(message.original.body, us).author).toEqual({ id: '62', handle: 'siti', name: 'Siti' });
});

test('a repost calls nobody: what it repeats is found by itself', () => {
  const data = {
    id,
    text: 'RT @warga: 1/2 Jalan rusak #lapor @LAPOR1708',
    author_id: '62',
    conversation_id: id,
    entities: { mentions: [{ username: 'LAPOR1708', id: '1708' }] },
    referenced_tweets: [{ type: 'retweeted', id: '1850000000000000000' }],
  };
  expect(read(data)).toMatchObject({ isTagged: false, summons: null, part: null });
  const message = toMessage({ data, includes: {} }, { found: 'stream', receivedAt: new Date(), us });
  expect(message).toMatchObject({ original: { summoned: false } });
  expect(read({ ...data, referenced_tweets: [] })).toMatchObject({ isTagged: true, summons: 'mention' });
});

test('an author of whom X says nothing is nobody, and no other one', () => {
  const payload = { data: { id, text: 'Banjir', conversation_id: '1' }, includes: {} };
  const message = toMessage(payload, { found: 'stream', receivedAt: new Date(), us });
  expect(message).toMatchObject({ identity: null, content: { thread: `/${id}` } });
});

describe('whatever comes', () => {
  const hostileText = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '#lapor',
          '@LAPOR1708',
          '＃LAPOR',
          '＠lapor1708',
          '#',
          '@',
          '&amp;',
          '&#35;',
          'lapor',
          '\u200b',
          '\0',
        ),
        fc.constantFrom(
          ' ',
          '\n',
          '\t',
          '.',
          '1/3',
          '(2/5)',
          '🧵',
          'https://t.co/a',
          'https://t.co/',
          '\ud83d',
          'é',
          '́',
        ),
        fc.string({ unit: 'grapheme', maxLength: 5 }),
      ),
      { maxLength: 40 },
    )
    .map((pieces) => pieces.join(''));
  const anything = fc.oneof(fc.anything(), hostileText, fc.constantFrom('1', '62', null, []));
  const link = fc.record({
    url: fc.constantFrom('https://t.co/a', 'x'),
    expanded_url: hostileText,
    unwound_url: anything,
  });
  const data = fc.record(
    {
      id: fc.oneof({ weight: 9, arbitrary: fc.constant(id) }, anything),
      text: fc.oneof({ weight: 9, arbitrary: hostileText }, anything),
      note_tweet: fc.oneof(anything, fc.record({ text: hostileText })),
      author_id: anything,
      created_at: anything,
      lang: anything,
      edit_history_tweet_ids: fc.oneof(anything, fc.array(anything)),
      referenced_tweets: fc.oneof(
        anything,
        fc.array(fc.record({ type: fc.constantFrom('quoted', 'replied_to', 'x'), id: anything })),
      ),
      entities: fc.oneof(
        anything,
        fc.record({
          urls: fc.array(link),
          mentions: fc.array(anything),
          hashtags: fc.array(fc.record({ tag: hostileText })),
        }),
      ),
      geo: fc.oneof(
        anything,
        fc.record({ coordinates: fc.record({ coordinates: fc.array(fc.double()) }), place_id: anything }),
      ),
      attachments: fc.oneof(anything, fc.record({ media_keys: fc.array(fc.constantFrom('a', 'b')) })),
    },
    { requiredKeys: [] },
  );
  const includes = fc.oneof(
    anything,
    fc.record({
      users: fc.array(
        fc.oneof(anything, fc.record({ id: anything, username: hostileText, name: hostileText })),
      ),
      tweets: fc.array(fc.oneof(anything, data)),
      media: fc.array(
        fc.record({
          media_key: fc.constantFrom('a', 'b'),
          type: fc.string(),
          url: anything,
          variants: anything,
          alt_text: hostileText,
        }),
      ),
      places: anything,
    }),
  );

  test('it is read within bounds or is malformed, and calls us no more', () => {
    fc.assert(
      fc.property(data, includes, (someData, someIncludes) => {
        const body = Buffer.from(JSON.stringify({ data: someData, includes: someIncludes }) ?? '');
        const post = readOrRefuse(body);
        if (post === null) return;
        const words = post.text.replace(/https?:\/\/\S*/g, 'tautan');
        expect(words).not.toMatch(
          /(?<![\p{L}\p{N}_])(?:[#＃](?:lapor1708|lapor)(?![\p{L}\p{M}\p{N}_])|[@＠]lapor1708(?!\w))/iu,
        );
        expect(post.text.length).toBeLessThanOrEqual(limits.text);
        expect(post.text.isWellFormed()).toBe(true);
        expect(post.quoted?.text?.length ?? 0).toBeLessThanOrEqual(limits.text);
        expect(post.author.name?.length ?? 0).toBeLessThanOrEqual(limits.name);
        expect(post.author.handle ?? 'a').toMatch(/^\w{1,50}$/);
        expect(post.place?.text?.length ?? 0).toBeLessThanOrEqual(limits.placeText);
        expect(post.media.length).toBeLessThanOrEqual(20);
        for (const { url, bytes } of post.media.flatMap(({ versions }) => versions)) {
          expect(url).toMatch(/^https?:\/\//);
          expect(bytes).not.toBeNaN();
        }
        expect(post.hashtags.length + post.mentions.length).toBeLessThanOrEqual(200);
        expect(post.createdAt.getTime()).not.toBeNaN();
      }),
      { numRuns: 300 },
    );
  });

  test('no answer of X stops us, and each of its posts comes to the door', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.array(data)), includes, (someData, someIncludes) => {
        const answer = JSON.parse(JSON.stringify({ data: someData ?? null, includes: someIncludes ?? null }));
        const { payloads, unreadable } = splitAnswer(answer);
        const given = Array.isArray(answer.data)
          ? answer.data.length
          : Number((answer.data ?? null) !== null);
        expect(payloads.length + unreadable).toBe(given);
        for (const payload of payloads) {
          const message = toMessage(payload, { found: 'search', receivedAt: new Date(0), us });
          expect(readPost(message.original.body, us).id).toBe(message.externalId);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('much of it takes no time', () => {
    const started = performance.now();
    for (const piece of ['@LAPOR1708#lapor', '#a ', ' ', '\n', '@a ', '1/', '(', 'https://t.co/a', '&amp;']) {
      say(piece.repeat(25_000), { ...answers, entities: { urls: [link_('a')] } });
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  const link_ = (name: string) => ({
    url: `https://t.co/${name}`,
    expanded_url: `https://x.example/${'a'.repeat(1_900)}`,
  });

  function readOrRefuse(body: Buffer) {
    try {
      return readPost(body, us);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).code).toBe('malformed');
      return null;
    }
  }
});
