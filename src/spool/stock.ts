import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listSegments, segmentFile } from './files.ts';
import { readLines } from './line.ts';

/** What lies in the folder of a spool, counted in records. */
export type Stock = { readonly waiting: number; readonly corrupt: number; readonly refused: number };

/**
 * Looks without touching anything, so that it may be asked while a gateway has the folder: what is on its way at this
 * moment may be counted or not. Null where there is no such folder.
 */
export async function takeStock(folder: string): Promise<Stock | null> {
  const segments = await orIfMissing(listSegments(folder), null);
  if (segments === null) return null;
  let waiting = 0;
  for (const number of segments) {
    // It may have been handed over since it was listed.
    const content = await orIfMissing(readFile(segmentFile(folder, number)), Buffer.alloc(0));
    waiting += readLines(content).filter(({ record }) => record !== null).length;
  }
  const [corrupt, refused] = await Promise.all(['corrupt', 'refused'].map((name) => countKept(folder, name)));
  return { waiting, corrupt: corrupt ?? 0, refused: refused ?? 0 };
}

async function countKept(folder: string, name: string): Promise<number> {
  const files = await orIfMissing(readdir(join(folder, name)), []);
  return files.filter((file) => !file.endsWith('.part')).length;
}

function orIfMissing<T, Default>(work: Promise<T>, otherwise: Default): Promise<T | Default> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  });
}
