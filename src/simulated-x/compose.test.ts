import { expect, test } from 'vitest';
import type { Entities } from './entities.ts';
import { createMediaFiles } from './media.ts';
import { createPosts } from './posts.ts';
import { createUsers } from './users.ts';

const users = createUsers(() => Date.now());
const files = createMediaFiles(() => 'http://127.0.0.1');
const posts = createPosts({ clock: Date.now, users, files, indexingMs: 0 });

/** What the indices of X, which count code points, cut out of a text. */
const slices = ({ text, entities }: { text: string; entities: Entities }) =>
  [...entities.hashtags, ...entities.mentions, ...entities.urls].map(({ start, end }) =>
    Array.from(text).slice(start, end).join(''),
  );

test('indices fit behind emoji, and behind what is escaped', () => {
  const { short } = posts.publish({
    text: '😭🙏 gelap & <rusak> #lapor @LAPOR1708 https://contoh.example/a.',
  });
  expect(short.text).toMatch(/^😭🙏 gelap &amp; &lt;rusak&gt; #lapor @LAPOR1708 https:\/\/t\.co\/\w{10}\.$/u);
  expect(slices(short)).toEqual(['#lapor', '@LAPOR1708', short.entities.urls[0]?.url]);
  expect(short.entities.urls[0]?.expanded_url).toBe('https://contoh.example/a');
});

test('a number alone is no hashtag, and an address of e-mail no name', () => {
  const { short } = posts.publish({ text: '#1708 siti@lapor.example a#lapor' });
  expect(slices(short)).toEqual([]);
});

test('a long post is whole in its note, and cut in its text', () => {
  const text = `${'Jalan ini sudah lama rusak. '.repeat(20)}#lapor`;
  const { short, long } = posts.publish({ text });
  expect(long?.text).toBe(text);
  expect(Array.from(short.text).length).toBeLessThanOrEqual(280);
  expect(short.text).toMatch(/… https:\/\/t\.co\/\w{10}$/u);
  expect(long?.entities.hashtags).toHaveLength(1);
});

test('a reply begins with the name of whom it answers, unless one answers oneself', () => {
  const first = posts.publish({ author: 'siti', text: '1/2 Air mati' });
  expect(posts.publish({ author: 'siti', text: '2/2 empat hari', replyTo: first.id }).short.text).toBe(
    '2/2 empat hari',
  );
  expect(posts.publish({ author: 'budi', text: 'sama', replyTo: first.id }).short.text).toBe('@siti sama');
  expect(posts.publish({ author: 'budi', text: '@Siti sama', replyTo: first.id }).short.text).toBe(
    '@Siti sama',
  );
});

test('what is quoted and what is shown stand as addresses behind the words', () => {
  const first = posts.publish({ author: 'siti', text: 'Air mati' });
  const photo = { kind: 'photo', bytes: Buffer.from('jpeg') } as const;
  const { id, short } = posts.publish({ author: 'budi', text: 'Sini juga', quote: first.id, media: [photo] });
  expect(short.entities.urls.map(({ expanded_url }) => expanded_url)).toEqual([
    `https://x.com/siti/status/${first.id}`,
    `https://x.com/budi/status/${id}/photo/1`,
  ]);
});

test('ids hold the moment, ascend within it, and never come twice', () => {
  const at = new Date('2026-11-22T10:00:00.123Z');
  const ids = Array.from({ length: 50 }, () => BigInt(posts.publish({ text: 'x', at }).id));
  expect(new Set(ids).size).toBe(50);
  expect(ids).toEqual(ids.toSorted((one, other) => (one < other ? -1 : 1)));
  expect(Number((ids[49] ?? 0n) >> 22n) + 1_288_834_974_657).toBe(at.getTime());
});
