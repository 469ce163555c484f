import { type Entry, fromBufferPromise, getFileNameLowLevel, type ZipFile } from 'yauzl';

/** An archive under bounds: what it says of itself is not believed, what comes out of it is counted. */

export type UnpackBounds = {
  readonly entries: number;
  readonly entryBytes: number;
  readonly totalBytes: number;
  /** How many times as large as the archive all of it may become. */
  readonly ratio: number;
};

export type UnpackProblem = 'damaged' | 'locked' | 'unsafe';

/** Archives that are told by their name and are much smaller than that may still be read. */
const alwaysAllowedBytes = 10 * 1024 * 1024;

/**
 * Hands over the entries that `wants`, one after another; an entry larger than one may be is handed over as null. Links
 * and folders are passed by. Resolves with what is wrong with the whole, null where nothing is.
 */
export async function unpack(
  archive: Buffer,
  bounds: UnpackBounds,
  wants: (path: string) => boolean,
  take: (path: string, bytes: Buffer | null) => void | Promise<void>,
): Promise<UnpackProblem | null> {
  let zip: ZipFile;
  try {
    // Names are decoded by us: the library gives up a whole archive for a single `../../x`.
    zip = await fromBufferPromise(archive, { decodeStrings: false, validateEntrySizes: true });
  } catch {
    return 'damaged';
  }
  if (zip.entryCount > bounds.entries) return 'unsafe';
  const mayBecome = Math.min(bounds.totalBytes, Math.max(archive.length * bounds.ratio, alwaysAllowedBytes));
  let total = 0;
  let wasLocked = false;
  /** What `take` threw is not about the archive. */
  let failed: unknown = null;
  const handOver = async (path: string, bytes: Buffer | null) => {
    try {
      await take(path, bytes);
    } catch (error) {
      failed = error;
      throw error;
    }
  };
  try {
    for await (const entry of zip.eachEntry()) {
      const path = nameOf(entry);
      if (path.endsWith('/') || isLink(entry) || !wants(path)) continue;
      if (entry.isEncrypted()) {
        wasLocked = true;
        continue;
      }
      if (!entry.canDecodeFileData()) return 'damaged';
      if (entry.uncompressedSize > bounds.entryBytes) {
        await handOver(path, null);
        continue;
      }
      if (total + entry.uncompressedSize > mayBecome) return 'unsafe';
      const bytes = await readEntry(zip, entry, Math.min(bounds.entryBytes, mayBecome - total));
      if (bytes === null) return 'unsafe';
      total += bytes.length;
      await handOver(path, bytes);
    }
  } catch {
    if (failed !== null) throw failed;
    return 'damaged';
  }
  return wasLocked ? 'locked' : null;
}

const nameOf = (entry: Entry): string =>
  getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);

/** Null where more comes out than may. */
async function readEntry(zip: ZipFile, entry: Entry, most: number): Promise<Buffer | null> {
  const stream = await zip.openReadStreamPromise(entry);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) {
      stream.destroy();
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** By the mode that Unix writes into the upper half. */
const isLink = (entry: Entry): boolean => ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;

/** The last part of a path, however it was written. */
export const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? '';
