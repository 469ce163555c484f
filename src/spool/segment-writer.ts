import { type FileHandle, open, rm } from 'node:fs/promises';
import { segmentFile, syncFolder } from './files.ts';

/** A file of the spool, as long as what was acknowledged of it: bytes beyond that nobody was promised. */
export type Segment = { readonly number: number; readonly bytes: number; readonly records: number };

/** Records as they will lie on the disk, and how many they are. */
export type Lines = { readonly bytes: Buffer; readonly records: number };

/** Small enough to be read and handed over whole, large enough that making files costs nothing. */
const segmentBytes = 4 * 1024 * 1024;

export type SegmentWriter = {
  /** Resolves once the lines are on the disk. Rejects when they may not be; what was written before still is. */
  readonly append: (lines: Lines) => Promise<void>;
  /** Ends the segment that is being written, if there is one: the next append begins another. */
  readonly seal: () => Promise<void>;
  /** What is being written; null until something is appended. */
  readonly current: () => Segment | null;
};

/** Writes one segment after the other, each call after the one before; `onSealed` hears of each that has anything in it. */
export function createSegmentWriter(
  folder: string,
  firstNumber: number,
  onSealed: (segment: Segment) => void,
): SegmentWriter {
  let current: (Segment & { readonly handle: FileHandle }) | null = null;
  let nextNumber = firstNumber;

  async function begin() {
    const number = nextNumber;
    nextNumber += 1;
    const handle = await open(segmentFile(folder, number), 'ax', 0o600);
    return { number, handle, bytes: 0, records: 0 };
  }

  async function append({ bytes, records }: Lines): Promise<void> {
    if (current !== null && current.bytes >= segmentBytes) await seal();
    current ??= await begin();
    try {
      await current.handle.appendFile(bytes);
      await current.handle.datasync();
      if (current.bytes === 0) await syncFolder(folder);
    } catch (error) {
      await giveUp();
      throw error;
    }
    current = { ...current, bytes: current.bytes + bytes.length, records: current.records + records };
  }

  async function seal(): Promise<void> {
    if (current === null) return;
    const { handle, ...segment } = current;
    current = null;
    if (segment.bytes > 0) onSealed(segment);
    await handle.close().catch(() => {}); // what was acknowledged is synced
  }

  /**
   * After a failure the file is not written again: the system reports a failed sync once and then forgets it. What it
   * was given in vain is cut off; where that fails too nothing is lost, because nobody reads beyond what was acknowledged.
   */
  async function giveUp(): Promise<void> {
    if (current === null) return;
    const { number, bytes, handle } = current;
    await (bytes > 0 ? handle.truncate(bytes) : rm(segmentFile(folder, number))).catch(() => {});
    await seal();
  }

  return {
    append,
    seal,
    current: () => current,
  };
}
