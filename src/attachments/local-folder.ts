import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeFolder, syncFolder } from '../spool/files.ts';
import type { FileStore } from './file-store.ts';

/** Files under their ids; one that is being written has a name of its own until all of it is on the disk. */
export async function openLocalFolder(folder: string): Promise<FileStore> {
  await makeFolder(folder);
  return {
    put: async (id, content, { bytes }) => {
      const part = join(folder, `${id}.part`);
      try {
        await pipeline(content, expectBytes(bytes), createWriteStream(part, { mode: 0o600, flush: true }));
        await rename(part, join(folder, id));
        await syncFolder(folder);
      } catch (error) {
        await rm(part, { force: true });
        await rm(join(folder, id), { force: true });
        throw error;
      }
    },
    get: async (id) => {
      const handle = await open(join(folder, id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      return handle === null ? null : handle.createReadStream();
    },
    delete: (id) => rm(join(folder, id), { force: true }),
  };
}

/** Fails where what comes is not as long as it was said to be. */
function expectBytes(bytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      done(seen === bytes ? null : new Error(`${seen} bytes came of ${bytes}`));
    },
  });
}
