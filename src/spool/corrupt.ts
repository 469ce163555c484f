import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { listNumbers, makeFolder, nameSegment, segmentFile, syncFolder, writeDurably } from './files.ts';
import type { Line } from './line.ts';

/**
 * `corrupt/` keeps the lines that are not what was written, each as a file `SEGMENT-OFFSET` that holds its bytes as they
 * are: somebody who looks may still make out what was meant.
 */
const corruptFolder = (folder: string) => join(folder, 'corrupt');
const nameLine = (segment: number, offset: number) => `${nameSegment(segment)}-${offset}`;

/** Keeps each line durably and says so in the log, once however often it is found; answers how many were new. */
export async function setAside(
  folder: string,
  segment: number,
  lines: readonly Line[],
  log: Pick<Logger, 'error'>,
): Promise<number> {
  if (lines.length === 0) return 0;
  const corrupt = corruptFolder(folder);
  await makeFolder(corrupt);
  const known = new Set(await readdir(corrupt));
  const found = lines.filter(({ offset }) => !known.has(nameLine(segment, offset)));
  for (const { offset, bytes } of found) {
    const file = join(corrupt, nameLine(segment, offset));
    await writeDurably(`${file}.part`, bytes);
    await rename(`${file}.part`, file);
    log.error({
      event: 'spool_record_corrupt',
      segment: segmentFile(folder, segment),
      offset,
      bytes: bytes.length,
      file,
    });
  }
  await syncFolder(corrupt);
  return found.length;
}

/** The segment of every line that was set aside and not taken away since. */
export async function listSetAside(folder: string): Promise<readonly number[]> {
  await makeFolder(corruptFolder(folder));
  return listNumbers(corruptFolder(folder), /^(\d{6,})-\d+$/);
}
