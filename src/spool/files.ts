import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The files of a spool, and what it takes that a power cut leaves them as they were told to be. */

export const nameSegment = (segment: number): string => String(segment).padStart(6, '0');

export function segmentFile(folder: string, segment: number): string {
  return join(folder, `${nameSegment(segment)}.spool`);
}

/** Oldest first. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  const numbers = await listNumbers(folder, /^(\d{6,})\.spool$/);
  return numbers.toSorted((a, b) => a - b);
}

/** The number that the pattern's group finds in the name of each file that fits. */
export async function listNumbers(folder: string, pattern: RegExp): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
}

/** Makes the names in a folder durable: of what was created, renamed or deleted in it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the folder and those above it that are missing, durably and for the owner alone. */
export async function makeFolder(folder: string): Promise<void> {
  const first = (await mkdir(folder, { recursive: true, mode: 0o700 })) ?? folder;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** The content is durable when it resolves; the name is once the folder is synced. */
export async function writeDurably(file: string, content: string | Buffer): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Rejects as the first append would where the folder cannot be written. */
export async function proveWritable(folder: string): Promise<void> {
  const probe = join(folder, 'probe');
  try {
    await writeDurably(probe, 'Can the spool be written?\n');
  } finally {
    await rm(probe, { force: true });
  }
  await syncFolder(folder);
}
