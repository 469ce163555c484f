import { writeFile } from 'node:fs/promises';
import { PDFDocument } from 'pdf-lib';
import sharp from 'sharp';
import type { FileProblem } from '../domain/attachment.ts';

/** Longest side of what is kept of a page, in pixels: 350 for an inch of A4. */
const longestSide = 4096;
/** Of a page of A4, in points of 1/72 inch: what a page says of its own size is often wrong. */
const longestSidePoints = 842;

/**
 * Paints the pages of a scan anew and puts them into a PDF, which every reader can open and which keeps nothing of the file but
 * its pictures. The same scan gives the same bytes. For the process that may be killed: a scan of a few kilobytes can claim to
 * have thousands of pages, and a page to be as large as a house.
 */
export async function tiffToPdf(task: {
  readonly input: string;
  readonly output: string;
  readonly maxPages: number;
  readonly maxPixels: number;
}): Promise<FileProblem | null> {
  sharp.concurrency(1);
  sharp.cache(false);
  const { input, maxPages, maxPixels } = task;
  const { format, pages = 1 } = await sharp(input, { limitInputPixels: false }).metadata();
  if (format !== 'tiff') return 'damaged';
  if (pages > maxPages) return 'pages';
  const document = await PDFDocument.create({ updateMetadata: false });
  for (let number = 0; number < pages; number += 1) {
    // Each page may be of another size, and is decoded only once that is known.
    const { width, height } = await sharp(input, { page: number, limitInputPixels: false }).metadata();
    if (width * height > maxPixels) return 'pixels';
    const { data, info } = await sharp(input, {
      page: number,
      limitInputPixels: maxPixels,
      failOn: 'error',
      sequentialRead: true,
    })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .jpeg({ quality: 80 })
      .toBuffer({ resolveWithObject: true });
    const scale = longestSidePoints / Math.max(info.width, info.height);
    const [onPage, down] = [info.width * scale, info.height * scale];
    const picture = await document.embedJpg(data);
    document.addPage([onPage, down]).drawImage(picture, { x: 0, y: 0, width: onPage, height: down });
  }
  await writeFile(task.output, await document.save(), { mode: 0o600, flag: 'wx' });
  return null;
}
