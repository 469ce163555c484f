import { open, readFile, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { listSetAside, setAside } from './corrupt.ts';
import { listSegments, segmentFile, syncFolder } from './files.ts';
import { type Line, readLines } from './line.ts';
import type { Segment } from './segment-writer.ts';

export type Recovered = {
  readonly segments: readonly Segment[];
  readonly corrupt: number;
  /** Above every number in use, in `corrupt/` too: two different lines never get one name there. */
  readonly nextNumber: number;
};

/** Takes stock of what a process left that ended in whatever way: cuts torn writes, sets aside what is damaged. */
export async function recover(folder: string, log: Pick<Logger, 'warn' | 'error'>): Promise<Recovered> {
  const numbers = await listSegments(folder);
  const segments: Segment[] = [];
  for (const number of numbers) {
    const segment = await recoverSegment(folder, number, log);
    if (segment.records > 0) segments.push(segment);
    else await rm(segmentFile(folder, number));
  }
  await syncFolder(folder);
  const corrupt = await listSetAside(folder);
  return {
    segments,
    corrupt: corrupt.length,
    nextNumber: Math.max(0, ...numbers, ...corrupt) + 1,
  };
}

async function recoverSegment(
  folder: string,
  number: number,
  log: Pick<Logger, 'warn' | 'error'>,
): Promise<Segment> {
  const content = await readFile(segmentFile(folder, number));
  const lines = readLines(content);
  const torn = lines.find((line) => line.torn);
  if (torn !== undefined) await cut(folder, number, torn, log);
  const damaged = lines.filter((line) => line.record === null && !line.torn);
  await setAside(folder, number, damaged, log);
  return {
    number,
    bytes: torn?.offset ?? content.length,
    records: lines.filter((line) => line.record !== null).length,
  };
}

async function cut(
  folder: string,
  number: number,
  { offset, bytes }: Line,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  const file = segmentFile(folder, number);
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(offset);
    await handle.sync();
  } finally {
    await handle.close();
  }
  log.warn({ event: 'spool_torn_record_cut', segment: file, offset, bytes: bytes.length });
}
