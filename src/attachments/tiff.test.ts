import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument, PDFRawStream } from 'pdf-lib';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { greyPage, writeTiff } from '../../test/support/tiff.ts';
import { inspectFile } from './inspect.ts';

const folder = mkdtempSync(join(tmpdir(), 'lapor-tiff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const canary = 'kx-Ni-Luh-Sukerti-0813-xk';

let count = 0;
async function inspect(content: Buffer, limits = { maxPixels: 64_000_000, maxPages: 3 }) {
  count += 1;
  const [input, output] = [join(folder, `${count}`), join(folder, `${count}.clean`)];
  writeFileSync(input, content);
  const found = await inspectFile(input, output, limits);
  return { found, kept: typeof found === 'string' ? Buffer.alloc(0) : readFileSync(output) };
}

/** The pictures of a PDF, in the order of its pages. */
async function picturesOf(pdf: Buffer): Promise<readonly Buffer[]> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false });
  return document.context
    .enumerateIndirectObjects()
    .flatMap(([, object]) =>
      object instanceof PDFRawStream && String(object.dict).includes('/DCTDecode')
        ? [Buffer.from(object.contents)]
        : [],
    );
}

describe('a scan in TIFF', () => {
  test('is kept as a PDF of its pages, as they look and in their order, without who made it', async () => {
    const scan = writeTiff([greyPage(200, 300), greyPage(310, 100)], { artist: canary });
    expect(scan.includes(canary)).toBe(true);
    const { found, kept } = await inspect(scan);
    expect(found).toMatchObject({ type: 'application/pdf', gps: null, bytes: kept.length });
    expect(kept.includes(canary)).toBe(false);
    const document = await PDFDocument.load(kept, { updateMetadata: false });
    expect(document.getPages().map((page) => Math.round(page.getWidth()))).toEqual([561, 842]);
    expect([document.getProducer(), document.getCreationDate()]).toEqual([undefined, undefined]);
    const pictures = await picturesOf(kept);
    const sizes = await Promise.all(pictures.map((picture) => sharp(picture).metadata()));
    expect(sizes.map(({ width, height }) => [width, height])).toEqual([
      [200, 300],
      [310, 100],
    ]);
    const grey = await sharp(pictures[0]).greyscale().raw().toBuffer();
    expect(grey[200 * 6 + 100]).toBeLessThan(40);
    expect(grey[200 * 200 + 100]).toBeGreaterThan(215);
  });

  test('gives the same bytes each time, so that the same letter is known again', async () => {
    const scan = writeTiff([greyPage(60, 80)]);
    expect((await inspect(scan)).kept).toEqual((await inspect(scan)).kept);
  });

  test('as fax machines pack it is read', async () => {
    const fax = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } })
      .toColourspace('b-w')
      .tiff({ compression: 'ccittfax4', bitdepth: 1 })
      .toBuffer();
    expect((await inspect(fax)).found).toMatchObject({ type: 'application/pdf' });
  });

  test('of thousands of pages is refused, and one whose last page leads back to the first has each once', async () => {
    const page = greyPage(8, 8);
    const thousands = writeTiff(Array.from({ length: 5_000 }, () => page));
    expect((await inspect(thousands)).found).toBe('pages');
    const endless = await inspect(writeTiff([page, page], { endless: true }));
    expect(endless.found).toMatchObject({ type: 'application/pdf' });
    expect(await picturesOf(endless.kept)).toHaveLength(2);
  });

  test('that claims a page as large as a house is refused before that is painted', async () => {
    const { pixels } = greyPage(16, 16);
    const house = { width: 60_000, height: 60_000, pixels };
    expect((await inspect(writeTiff([house]))).found).toBe('pixels');
    expect((await inspect(writeTiff([greyPage(16, 16), house]))).found).toBe('pixels');
  });

  test('cut in the middle is damaged', async () => {
    const scan = writeTiff([greyPage(400, 400)]);
    expect((await inspect(scan.subarray(0, scan.length / 2))).found).toBe('damaged');
  });
});
