import { existsSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const oldestNode = [20, 19] as const;

export function checkNode(): Finding {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const usable = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return usable
    ? ok('node', version)
    : fail('node', `${version} is too old`, `install Node ${oldestNode.join('.')} or newer`);
}

/** The data folder matters only where the gateway keeps a server of its own in it. */
export function checkDataFolder(config: Config): readonly Finding[] {
  if (config.databaseUrl !== null && config.redisUrl !== null) return [];
  const part = 'data folder';
  if (!existsSync(config.dataDir)) {
    return [ok(part, `${resolve(config.dataDir)} will be made by the first "npm start"`)];
  }
  const folder = realpathSync(config.dataDir);
  const status = statSync(folder);
  if (!status.isDirectory()) {
    return [fail(part, `${folder} is not a folder`, 'set DATA_DIR to a folder')];
  }
  const uid = process.getuid?.();
  if (uid !== undefined && uid !== 0 && status.uid !== uid) {
    return [
      fail(
        part,
        `${folder} belongs to another user`,
        'run as that user, or set DATA_DIR to a folder of yours',
      ),
    ];
  }
  const open = process.platform === 'win32' ? [] : listOpenPaths(folder);
  return open.length === 0
    ? [ok(part, `${folder}, private`)]
    : open.map((path) => fail(part, `${path} can be read by others`, `chmod go-rw ${path}`));
}

/** Passing through is allowed, because PostgreSQL may run as another user; looking around is not. */
function listOpenPaths(folder: string): readonly string[] {
  const secrets = ['postgres/password', 'postgres/superuser-password', 'redis/password'];
  return [folder, ...secrets.map((file) => join(folder, file))].filter((path) => {
    const status = statSync(path, { throwIfNoEntry: false });
    return status !== undefined && (status.mode & 0o066) !== 0;
  });
}

const gigabyte = 1024 ** 3;

/** PostgreSQL's write-ahead log alone may take 2 GB between two checkpoints. */
export function checkDisk(dataDir: string): Finding {
  const folder = nearestFolder(resolve(dataDir));
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / gigabyte;
  const what = `${free.toFixed(1)} GB free at ${folder}`;
  const mend = 'make room, or set DATA_DIR to a larger disk';
  if (free < 1) return fail('disk', what, mend);
  return free < 5 ? warn('disk', what, mend) : ok('disk', what);
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}
