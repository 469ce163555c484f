import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError } from './errors.ts';
import { readCommandLine, readProcessNamespace, readStart } from './running-process.ts';

/** What holds a data folder: the gateway for as long as it runs, a command of `lapor` for moments. */
export type Purpose = 'gateway' | 'command';

type Holder = {
  readonly pid: number;
  readonly purpose: Purpose;
  readonly command: string;
  readonly started: string;
  readonly host: string;
  readonly namespace: string;
};

/** Takes the folder for this process and answers how to give it back; throws `AppError` `conflict` that names the holder. */
export function lockFolder(folder: string, purpose: Purpose): () => void {
  const lock = join(folder, 'lock');
  const mine = JSON.stringify(describeUs(purpose));
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    // A link is made whole or not at all, so nobody ever reads a half-written lock.
    for (let attempt = 1; !tryLink(draft, lock); attempt += 1) {
      const holder = findLockHolder(folder);
      if (holder !== null || attempt === 10) throw isHeld(folder, holder);
      clearStale(lock);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (read(lock) === mine) rmSync(lock, { force: true });
  };
}

/** Who holds the folder now; null when nobody does or the holder died without giving it back. */
export function findLockHolder(folder: string): Holder | null {
  const content = read(join(folder, 'lock'));
  if (content === null) return null;
  const holder = parse(content);
  if (holder === null) return null;
  return isAlive(holder) ? holder : null;
}

function describeUs(purpose: Purpose): Holder {
  return {
    pid: process.pid,
    purpose,
    command: readCommandLine(process.pid),
    started: readStart(process.pid),
    host: hostname(),
    namespace: readProcessNamespace(),
  };
}

/**
 * After a reboot the pid may be somebody else's, and in a container that starts again it is ours: then command or start
 * differ. A process of another container cannot be seen and counts as alive; of our own, by name, we are all there is.
 */
function isAlive({ pid, command, started, host, namespace }: Holder): boolean {
  if (namespace !== readProcessNamespace()) return host !== hostname();
  return readCommandLine(pid) === command && readStart(pid) === started;
}

/** Null after a power cut that left the name and lost the content. */
function parse(content: string): Holder | null {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

function tryLink(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead holder's lock aside; where another process was faster and it is theirs that moved, it goes back. */
function clearStale(lock: string): void {
  const stale = read(lock);
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // the other was faster at this too
  }
  if (read(aside) !== stale) tryLink(aside, lock);
  rmSync(aside, { force: true });
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function isHeld(folder: string, holder: Holder | null): AppError {
  const mend = 'stop it, or set DATA_DIR to another folder';
  if (holder === null) return new AppError('conflict', `${folder} is in use by another process: ${mend}.`);
  const who = `process ${holder.pid} (${holder.command})`;
  if (holder.namespace === readProcessNamespace()) {
    return new AppError('conflict', `${folder} is in use by ${who}: ${mend}.`);
  }
  return new AppError(
    'conflict',
    `${folder} is in use by ${who} in the container ${holder.host}: ${mend}. If that container is gone, delete ${join(folder, 'lock')}.`,
  );
}
