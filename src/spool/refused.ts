import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder, writeDurably } from './files.ts';

export const refusedFolder = (folder: string): string => join(folder, 'refused');

/**
 * Keeps a record that is sound but that the place it is meant for will not have, as a file in `refused/`, named as the
 * caller says: trying it again and again would hold up all the others.
 */
export async function keepRefused(folder: string, name: string, record: string): Promise<string> {
  const refused = refusedFolder(folder);
  await makeFolder(refused);
  const file = join(refused, `${name}.json`);
  await writeDurably(`${file}.part`, record);
  await rename(`${file}.part`, file);
  await syncFolder(refused);
  return file;
}
