import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../src/embedded/postgres.ts';
import { adoptRedis, startRedis } from '../src/embedded/redis.ts';
import { findRedis } from '../src/embedded/redis-binaries.ts';

/** A real server of the harness's own, with full durability, that can be killed and started again with what it had. */
export type OwnServer = {
  /** Straight to it, past every wire. */
  readonly url: () => string;
  readonly kill: () => void;
  /** Starts it again, or finds it running; resolves once it has recovered. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type OwnPostgres = OwnServer & {
  /** Leaves no byte of room on its disk, or gives it back; null where no small disk could be mounted. */
  readonly fillDisk: ((full: boolean) => void) | null;
};

export type OwnRedis = OwnServer & {
  /** Loses everything it stored; call it while it is down. */
  readonly wipe: () => void;
  /** Every byte it has written to disk. */
  readonly files: () => readonly string[];
};

const say = () => undefined;

export async function startOwnPostgres(folder: string): Promise<OwnPostgres> {
  const fillDisk = mountSmallDisk(folder);
  let server = await startPostgres(folder, say);
  return {
    url: () => server.url,
    kill: () => killServer(Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0])),
    start: inTurn(async () => {
      server = await startPostgres(folder, say);
    }),
    stop: () => server.stop(),
    fillDisk,
  };
}

const diskSize = '3g';

/** A disk in memory of which only what is used is taken; null where we may not mount. */
function mountSmallDisk(folder: string): OwnPostgres['fillDisk'] {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const mount = (...args: readonly string[]) => execFileSync('mount', [...args, folder], { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', `size=${diskSize},mode=0711`, 'tmpfs');
  } catch {
    return null; // a container without the right to mount
  }
  const resize = (size: string) => mount('-o', `remount,size=${size}`);
  return (full) => {
    if (!full) return resize(diskSize);
    // A tmpfs shrinks to what it holds and not below, and what it holds grows while we look.
    for (let spare = 64; ; spare *= 2) {
      const used = execFileSync('df', ['--output=used', '-k', folder], { encoding: 'utf8' }).split('\n')[1];
      try {
        return resize(`${Number(used) + spare}k`);
      } catch (error) {
        if (spare > 8_192) throw error;
      }
    }
  };
}

/** Throws where there is no Redis: a queue that cannot be broken proves nothing. */
export async function startOwnRedis(folder: string): Promise<OwnRedis> {
  const packages = fileURLToPath(new URL('../../node_modules/.cache/redis-packages', import.meta.url));
  const binary = await findRedis(packages, say);
  if (binary === null) throw new Error('The harness needs redis-server or valkey-server on PATH.');
  let server = await startRedis(folder, binary);
  const data = join(folder, 'data');
  return {
    url: () => server.url,
    kill: () => killServer(Number(JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')).pid)),
    start: inTurn(async () => {
      server = (await adoptRedis(folder)) ?? (await startRedis(folder, binary));
    }),
    stop: () => server.stop(),
    wipe: () => {
      for (const name of readdirSync(data)) rmSync(join(data, name), { recursive: true });
    },
    files: () => readAll(data),
  };
}

/** The name and the bytes of every file below the folder; a file or folder that goes while we look is passed over. */
export function readAll(folder: string): readonly string[] {
  return unlessGone(() => readdirSync(folder, { withFileTypes: true })).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return readAll(path);
    return entry.isFile() ? unlessGone(() => [`${path}\n${readFileSync(path, 'latin1')}`]) : [];
  });
}

function unlessGone<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A fault that ends and the harness that cleans up may both start a server: the second then finds it running. */
function inTurn(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.catch(() => undefined).then(work);
    return last;
  };
}

function killServer(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it had ended by itself: a full disk does that to PostgreSQL
  }
}
