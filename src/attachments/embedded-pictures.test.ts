import { expect, test } from 'vitest';
import { stripJpeg, stripPng } from './embedded-pictures.ts';

const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(4_000_000, 'ffe00002', 'hex')]);
const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('IDAT'), Buffer.alloc(4)]);
const png = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  Buffer.alloc(chunk.length * 1_000_000, chunk),
]);

test.each([
  ['a JPEG of a million segments', stripJpeg, jpeg, 2],
  ['a PNG of a million chunks', stripPng, png, 0],
] as const)('%s takes no more objects than one', (_, strip, bytes, more) => {
  const before = process.memoryUsage().heapUsed;
  const clean = strip(bytes);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(40_000_000);
  expect(clean.length).toBe(bytes.length + more);
});
