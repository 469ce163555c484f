import { type ExecFileOptions, execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A machine whose packages are at odds with each other plans nothing, but still downloads. */
const librariesOfDebian12 = ['libjemalloc2', 'liblzf1', 'libatomic1'];

/**
 * Debian's Redis without installing it: apt checks the signatures, `dpkg -x` only unpacks, nothing of it needs root.
 * False where this is no Debian or Ubuntu, or no mirror answers.
 */
export async function downloadRedis(packages: string, say: (line: string) => void): Promise<boolean> {
  if ((await apt(['--version'])) === null) return false;
  say('queue: no Redis on this machine, fetching the one of the distribution (once)');
  mkdirSync(dirname(packages), { recursive: true });
  const work = mkdtempSync(`${packages}.`);
  try {
    // The machine's own lists of packages are often empty (containers) or stale: then with fresh ones of our own.
    const debs = (await download(work, [])) ?? (await download(work, await updateLists(work)));
    if (debs === null) return false;
    const unpacked = join(work, 'unpacked');
    for (const deb of debs) await promisify(execFile)('dpkg', ['-x', join(work, deb), unpacked]);
    rmSync(packages, { recursive: true, force: true });
    renameSync(unpacked, packages);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Redis and whatever library of its own this machine lacks; null when not all of it could be had. */
async function download(work: string, options: readonly string[]): Promise<string[] | null> {
  const plan = await apt(
    [...options, '--simulate', '--no-install-recommends', 'install', 'redis-server'],
    work,
  );
  const missing =
    plan === null ? librariesOfDebian12 : [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '');
  // A C library that is not the running one's cannot be loaded beside it.
  const names = new Set(['redis-server', 'redis-tools', ...missing.filter((name) => name !== 'libc6')]);
  if ((await apt([...options, 'download', ...names], work)) === null) return null;
  return readdirSync(work).filter((name) => name.endsWith('.deb'));
}

/** Options that make apt use lists in `work`, fetched now. */
async function updateLists(work: string): Promise<readonly string[]> {
  const lists = join(work, 'lists');
  const cache = join(work, 'cache');
  for (const folder of [lists, cache]) mkdirSync(join(folder, 'partial'), { recursive: true });
  const options = [
    '-o',
    `Dir::State::lists=${lists}`,
    '-o',
    `Dir::Cache=${cache}`,
    '-o',
    'Debug::NoLocking=true',
  ];
  // One of several sources failing is no reason to give up: the download shows what was missing.
  await apt([...options, 'update'], work);
  return options;
}

/** Null when it fails; a mirror that does not answer costs seconds, not minutes. */
async function apt(args: readonly string[], cwd = '/'): Promise<string | null> {
  const patience = ['Acquire::http::Timeout=10', 'Acquire::https::Timeout=10', 'Acquire::Retries=1'];
  // apt would fetch as the user `_apt`, who may not enter our folder.
  const common = [...patience, 'APT::Sandbox::User=root'].flatMap((option) => ['-o', option]);
  const options: ExecFileOptions = { cwd, timeout: 120_000, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' };
  try {
    const { stdout } = await promisify(execFile)('apt-get', ['-q', ...common, ...args], {
      ...options,
      env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    });
    return String(stdout);
  } catch {
    return null;
  }
}
