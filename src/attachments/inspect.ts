import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { AttachmentType, FileProblem } from '../domain/attachment.ts';
import { rewriteDocument } from './documents.ts';
import type { Gps } from './exif-gps.ts';
import { isImage, repaint } from './image.ts';
import { silenceVideo } from './mp4.ts';

export type Inspected = {
  readonly type: AttachmentType;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Where a photo says it was taken. It is nowhere in what is kept. */
  readonly gps: Gps | null;
};

export type InspectionLimits = { readonly maxPixels: number; readonly maxPages: number };

/**
 * Finds out by its content what a file is, and writes into `output` what is kept of it: the same to look at, without what tells
 * of the person, and without room for another file in it. What it was called, and said it was, is not asked.
 */
export async function inspectFile(
  input: string,
  output: string,
  limits: InspectionLimits,
): Promise<Inspected | FileProblem> {
  // Only who is sent files loads it.
  const { fileTypeFromFile } = await import('file-type');
  const found = await fileTypeFromFile(input).catch(() => undefined);
  if (found === undefined) return 'type';
  if (isImage(found.mime)) {
    const painted = await repaint(input, output, found.mime, limits.maxPixels);
    return typeof painted === 'string' ? painted : { ...painted, ...(await measure(output)) };
  }
  const problem = await rewrite(found.mime, input, output, limits);
  if (problem !== null) return problem;
  const type = found.mime === 'image/tiff' ? 'application/pdf' : (found.mime as AttachmentType);
  return { type, gps: null, ...(await measure(output)) };
}

async function rewrite(
  mime: string,
  input: string,
  output: string,
  limits: InspectionLimits,
): Promise<FileProblem | null> {
  switch (mime) {
    case 'application/pdf':
      return rewriteDocument({ kind: 'pdf', input, output, ...limits });
    case 'image/tiff':
      return rewriteDocument({ kind: 'tiff', input, output, ...limits });
    case 'video/mp4':
      return silenceVideo(input, output);
    case 'application/vnd.openxmlformats-officedocument.wordprocessingml.document':
      return rewriteDocument({ kind: 'docx', input, output, ...limits });
    default:
      return 'type';
  }
}

async function measure(file: string): Promise<Pick<Inspected, 'bytes' | 'sha256'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(file), async (chunks) => {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      hash.update(chunk);
    }
  });
  return { bytes, sha256: hash.digest('hex') };
}
