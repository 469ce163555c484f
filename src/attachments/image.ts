import type { AttachmentType, FileProblem } from '../domain/attachment.ts';
import { type Gps, readGps } from './exif-gps.ts';

/** Longest side of what is kept: a page of A4 can still be read, and a phone's photo shrinks while it is decoded. */
const longestSide = 4096;
const withinSeconds = 20;

const formats = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heif',
  'image/heif': 'heif',
} as const;
export type ImageType = keyof typeof formats;

export const isImage = (mime: string): mime is ImageType => Object.hasOwn(formats, mime);

/**
 * Paints the picture anew into `output`: nothing is left of what the file held besides, be it a place, a comment, a thumbnail
 * or another file. Its size is looked at before anything is decoded. A photo lies as its camera was held.
 */
export async function repaint(
  input: string,
  output: string,
  mime: ImageType,
  maxPixels: number,
): Promise<{ readonly type: AttachmentType; readonly gps: Gps | null } | FileProblem> {
  const isHeic = formats[mime] === 'heif';
  const unreadable = isHeic ? 'heic' : 'damaged';
  const sharp = await loadSharp();
  const facts = await sharp(input, { limitInputPixels: false })
    .metadata()
    .catch(() => null);
  if (facts === null || facts.format !== formats[mime]) return unreadable;
  if (facts.width * facts.height > maxPixels) return 'pixels';
  const painting = sharp(input, { limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true })
    .autoOrient()
    .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })
    .timeout({ seconds: withinSeconds });
  const type = isHeic ? 'image/jpeg' : (mime as AttachmentType);
  const encoded =
    type === 'image/png'
      ? painting.png()
      : type === 'image/webp'
        ? painting.webp({ quality: 85 })
        : painting.jpeg({ quality: 85, mozjpeg: false });
  try {
    await encoded.toFile(output);
  } catch {
    return unreadable;
  }
  return { type, gps: readGps(facts.exif) };
}

/** With the first picture: libvips is some 20 MB, and most processes never see one. */
async function loadSharp() {
  const { default: sharp } = await import('sharp');
  // Those at a time have their threads already, and none is kept in memory.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}
