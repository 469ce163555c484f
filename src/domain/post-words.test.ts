import { describe, expect, test } from 'vitest';
import type { PostMedia, ReadPost } from './post.ts';
import { readPostWords } from './post-words.ts';
import { limits } from './report.ts';

const post = (more: Partial<ReadPost>): ReadPost => ({
  id: '1',
  permalink: 'https://x.com/i/status/1',
  author: { id: '7', handle: null, name: null },
  conversationId: '1',
  createdAt: new Date('2026-11-22T03:00:00Z'),
  versionIds: ['1'],
  text: '',
  hashtags: [],
  mentions: [],
  language: null,
  repliedTo: null,
  quoted: null,
  media: [],
  place: null,
  summons: null,
  part: null,
  isTagged: true,
  isOurs: false,
  ...more,
});
const medium = (kind: PostMedia['kind'], altText: string | null = null): PostMedia => ({
  kind,
  versions: [{ url: 'https://contoh.id/a', bytes: 0 }],
  altText,
});
const photo = (altText: string | null) => medium('photo', altText);

describe('the words of posts', () => {
  test('stand in their order, each with what is to be seen and what it quotes', () => {
    const quoted = { id: '2', text: 'jembatan ambruk', handle: 'budi' };
    const { text } = readPostWords([
      post({ text: 'lihat ini', media: [photo('jembatan'), photo(null)] }),
      post({ text: 'mohon ditindak', quoted }),
    ]);
    expect(text).toBe(
      'lihat ini\n\n[Foto: jembatan]\n\nmohon ditindak\n\nMengutip unggahan: "jembatan ambruk"',
    );
  });

  test('say so where there are none, once for all', () => {
    const { text } = readPostWords([
      post({ media: [photo(null), medium('video')] }),
      post({ media: [photo(null)] }),
    ]);
    expect(text).toBe(
      '(unggahan tanpa teks, hanya foto dan video, diunggah 22 November 2026 pukul 10.00.00)',
    );
    expect(readPostWords([post({ text: 'ada' }), post({ media: [photo(null)] })]).text).toBe('ada');
  });

  test('of what is quoted are cut, not through the middle of an emoji, and the whole is as long as may be', () => {
    const quoted = { id: '2', text: `${'x'.repeat(999)}🙏 dan seterusnya`, handle: null };
    const { text } = readPostWords([post({ text: 'ini', quoted })]);
    expect(text.isWellFormed()).toBe(true);
    expect(text.endsWith(' …"')).toBe(true);
    expect(readPostWords([post({ text: 'y'.repeat(30_000) })]).text).toHaveLength(limits.text);
  });

  test.each([
    [[post({ text: 'RAHASIA pungli' })], { text: 'pungli', confidential: true, anonymous: false }],
    [[post({ text: 'pungli', hashtags: ['Anonim'] })], { confidential: false, anonymous: true }],
    [[post({ text: 'pungli' }), post({ text: 'ANONIM. di desa' })], { confidential: false, anonymous: true }],
    [[post({ text: 'pungli', hashtags: ['rahasianegara'] })], { confidential: false, anonymous: false }],
  ])('ask for secrecy for all of it: %#', (posts, expected) => {
    expect(readPostWords(posts)).toMatchObject(expected);
  });
});
