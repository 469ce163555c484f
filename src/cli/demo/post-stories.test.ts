import { fileTypeFromBuffer } from 'file-type';
import { expect, test } from 'vitest';
import { drawPicture } from './picture.ts';
import { isSummons, listPostStories } from './post-stories.ts';
import { isOpen, prepareMessage } from './send.ts';
import { listStories } from './stories.ts';

const closed = { url: 'http://127.0.0.1:1708', genericSecret: null, kannelSecret: null, posts: null };

test('every post fits into a short one, and calls us', () => {
  const stories = listPostStories(1234);
  const texts = stories.flatMap(({ posts, edited }) => [...posts, ...(edited === undefined ? [] : [edited])]);
  for (const text of texts) expect(Array.from(text).length, text).toBeLessThanOrEqual(280);
  for (const { posts } of stories) expect(posts[0]).toMatch(/#lapor(1708)?|@LAPOR1708/);
  expect(stories.filter(isSummons)).toHaveLength(3);
});

test('what people post is told in words without what only calls us', () => {
  const [first] = listPostStories(1234);
  const { report } = prepareMessage(first ?? expect.fail(), closed);
  expect(report.text).toMatch(/bahaya bgt buat anak2$/);
});

test('where X is not simulated nothing is posted', () => {
  expect(isOpen(closed, 'twitter (simulated)')).toBe(false);
  const ways = listStories(1234, false).map((story) => prepareMessage(story, closed).way);
  expect(new Set(ways)).toEqual(new Set(['web']));
});

test('the photo is a picture', async () => {
  expect(await fileTypeFromBuffer(drawPicture())).toEqual({ ext: 'png', mime: 'image/png' });
});
