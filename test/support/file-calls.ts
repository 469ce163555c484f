import { type FileHandle, open } from 'node:fs/promises';

/** What every open file inherits from, to watch the calls that reach the disk or to let them fail. */
export async function filePrototype(): Promise<FileHandle> {
  const handle = await open(import.meta.filename);
  await handle.close();
  return Object.getPrototypeOf(handle);
}

export const diskError = (code: string) => Object.assign(new Error(code), { code });
