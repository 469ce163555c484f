import { expect, test } from 'vitest';
import { findPostId } from './address.ts';

const id = '1860000000000000000';

test.each([
  id,
  ` ${id}\n`,
  `https://x.com/warga/status/${id}`,
  `https://x.com/warga/status/${id}?s=20&t=abc#atas`,
  `https://x.com/warga/status/${id}/photo/1`,
  `https://www.twitter.com/warga/statuses/${id}/`,
  `http://mobile.twitter.com/warga/status/${id}`,
  `https://X.com/i/status/${id}`,
  `https://x.com/i/web/status/${id}`,
  `x.com/warga/status/${id}`,
  `twitter.com/warga/status/${id}?lang=id`,
])('is the address of a post: %s', (address) => {
  expect(findPostId(address)).toBe(id);
});

test.each([
  '',
  'x.com',
  'https://x.com/warga',
  'https://x.com/warga/status/',
  'https://x.com/warga/status/abc',
  `https://x.com/warga/status/${id}0`,
  `https://x.com.example/warga/status/${id}`,
  `https://example.com/?u=https://x.com/warga/status/${id}`,
  `https://x.com@example.com/warga/status/${id}`,
  `javascript:x.com/warga/status/${id}`,
  `ftp://x.com/warga/status/${id}`,
  'https://t.co/abc',
  '-1',
  '1860000000000000000000',
])('is none: %s', (address) => {
  expect(findPostId(address)).toBeNull();
});
