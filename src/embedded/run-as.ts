import { execFile } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/**
 * As whom a server runs. PostgreSQL refuses root, and a server should not be root anyway, so root hands it to somebody
 * with fewer rights; where only root may enter the folder, the server keeps the files' owner but loses every
 * privilege of root in a user namespace.
 */
export type RunAs = {
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Put in front of the command line. */
  readonly wrapper: readonly string[];
};

export const asOurselves: RunAs = { user: null, wrapper: [] };

/** Root outside, an ordinary user inside: files of root are its own, capabilities are gone. */
const inNamespace: RunAs = {
  user: null,
  wrapper: ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'],
};

/**
 * Who shall run `binary` on `data`, a folder inside `folder`. Data that exists goes on under its owner; null when we are
 * root and nobody can be found who may enter.
 */
export async function chooseRunAs(folder: string, data: string, binary: string): Promise<RunAs | null> {
  if (process.getuid?.() !== 0) return asOurselves;
  const owner = statSync(data, { throwIfNoEntry: false });
  const candidates =
    owner === undefined
      ? [...(await listUnprivilegedUsers(folder)), inNamespace]
      : [owner.uid === 0 ? inNamespace : { user: { uid: owner.uid, gid: owner.gid }, wrapper: [] }];
  for (const candidate of candidates) {
    if (await canEnter(candidate, folder, binary)) return candidate;
  }
  return null;
}

/** Lets a server of another user pass through a folder of root, without letting it look around. */
export function letPass(folder: string): void {
  if (process.getuid?.() === 0) chmodSync(folder, statSync(folder).mode | 0o011);
}

/** Somebody who has no service's rights first; the owner of a home folder, where root is a guest, may enter it. */
async function listUnprivilegedUsers(folder: string): Promise<RunAs[]> {
  const users = [...(await Promise.all(['postgres', 'nobody'].map(findUser))), findOwnerOf(folder)];
  return users.filter((user) => user !== null && user.uid !== 0).map((user) => ({ user, wrapper: [] }));
}

/** Who owns the nearest folder on the way up that is not root's. */
function findOwnerOf(folder: string): RunAs['user'] {
  const { uid, gid } = statSync(folder);
  if (uid !== 0) return { uid, gid };
  return dirname(folder) === folder ? null : findOwnerOf(dirname(folder));
}

async function findUser(name: string): Promise<RunAs['user']> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((what) => promisify(execFile)('id', [what, name])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    return null; // no such user here
  }
}

async function canEnter(runAs: RunAs, folder: string, binary: string): Promise<boolean> {
  const [command, ...args] = [...runAs.wrapper, 'sh', '-c', 'cd "$0" && test -x "$1"', folder, binary];
  try {
    await promisify(execFile)(command ?? 'sh', args, { cwd: '/', ...(runAs.user ?? {}) });
    return true;
  } catch {
    return false;
  }
}
