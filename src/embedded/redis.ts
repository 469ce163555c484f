import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis as Client } from 'ioredis';
import { AppError } from '../errors.ts';
import {
  endProcess,
  findFreePort,
  hasEnded,
  isRunning,
  lastWords,
  readLog,
  sizeOf,
  startServer,
  waitUntil,
} from './processes.ts';
import type { RedisBinary } from './redis-binaries.ts';
import { asOurselves, chooseRunAs, letPass } from './run-as.ts';

/** A Redis of our own in `folder`, reachable on loopback with a password that only the owner of the folder can read. */
export type Redis = {
  readonly url: string;
  readonly adopted: boolean;
  /** Ends it within 10 s. */
  readonly stop: () => Promise<void>;
};

/**
 * Every change goes to the append-only file, flushed each second. Not at every change: a job only points at reports that
 * PostgreSQL has committed, so a lost second costs the sweeper a round and nobody a complaint, while a flush for each
 * step of each job would compete with PostgreSQL for the same disk.
 */
const settings = {
  bind: '127.0.0.1',
  'protected-mode': 'yes',
  appendonly: 'yes',
  appendfsync: 'everysec',
  // The append-only file is the memory; a second one in snapshots would only be written.
  save: '""',
  // A queue that forgets jobs under pressure is none; BullMQ requires it.
  'maxmemory-policy': 'noeviction',
  daemonize: 'no',
};

const termThenKill = [
  { signal: 'SIGTERM', patienceMs: 8_000 },
  { signal: 'SIGKILL', patienceMs: 2_000 },
] as const;

const loadingPatienceMs = 120_000;

/** The Redis a killed gateway left running in `folder`, or null. */
export async function adoptRedis(folder: string): Promise<Redis | null> {
  const left = readState(folder);
  if (left === null || !isRunning(left.pid, marksOf(left.port))) return null;
  if (!(await waitUntilReady(folder, left.pid, left.port))) return null;
  return describe(folder, left.pid, left.port, true);
}

/** Throws `AppError` `config` with what Redis said when it does not start. */
export async function startRedis(folder: string, { binary, libraries }: RedisBinary): Promise<Redis> {
  const paths = pathsIn(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  letPass(folder);
  const runAs = (await chooseRunAs(folder, paths.data, binary)) ?? asOurselves;
  if (!existsSync(paths.data)) {
    mkdirSync(paths.data, { mode: 0o700 });
    if (runAs.user !== null) chownSync(paths.data, runAs.user.uid, runAs.user.gid);
  }
  if (!existsSync(paths.password)) {
    writeFileSync(paths.password, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true });
  }

  let port = readState(folder)?.port ?? (await findFreePort());
  for (let attempt = 1; ; attempt += 1) {
    const before = sizeOf(paths.log);
    // Settings go in as text, so the password stands neither on the command line nor in a second file.
    const child = startServer(
      { binary, args: ['-'], runAs, ...(libraries === undefined ? {} : { libraries }) },
      { logFile: paths.log, input: configuration(folder, port) },
    );
    let spawnError: Error | null = null;
    child.on('error', (error) => {
      spawnError = error;
    });
    if (child.pid !== undefined) {
      writeFileSync(paths.state, JSON.stringify({ pid: child.pid, port }));
      if (await waitUntilReady(folder, child.pid, port, () => hasEnded(child))) {
        return describe(folder, child.pid, port, false);
      }
    }
    const log = readLog(paths.log, before);
    if (attempt === 20 || !/Address already in use/.test(log)) {
      throw new AppError('config', `Redis does not start (${paths.log}): ${lastWords(log)}`, {
        cause: spawnError,
      });
    }
    port = await findFreePort();
  }
}

function pathsIn(folder: string) {
  return {
    data: join(folder, 'data'),
    password: join(folder, 'password'),
    state: join(folder, 'server.json'),
    log: join(folder, 'server.log'),
  };
}

function describe(folder: string, pid: number, port: number, adopted: boolean): Redis {
  return { url: urlOf(folder, port), adopted, stop: () => endProcess(pid, marksOf(port), termThenKill) };
}

function configuration(folder: string, port: number): string {
  const { data, password } = pathsIn(folder);
  const lines = Object.entries({
    ...settings,
    port,
    dir: JSON.stringify(data),
    requirepass: readFileSync(password, 'utf8'),
  });
  return `${lines.map(([name, value]) => `${name} ${value}`).join('\n')}\n`;
}

/** Which process ran last and where, so that its port is asked for again. */
function readState(folder: string): { readonly pid: number; readonly port: number } | null {
  try {
    return JSON.parse(readFileSync(pathsIn(folder).state, 'utf8'));
  } catch {
    return null; // the first start, or one killed while it wrote
  }
}

/** Redis names itself after its address: `redis-server 127.0.0.1:40123`. */
function marksOf(port: number): readonly string[] {
  return ['-server', `127.0.0.1:${port}`];
}

function urlOf(folder: string, port: number): string {
  return `redis://:${readFileSync(pathsIn(folder).password, 'utf8')}@127.0.0.1:${port}`;
}

/** False when the server ended instead; throws `AppError` `unavailable` when loading takes longer than it ever should. */
async function waitUntilReady(
  folder: string,
  pid: number,
  port: number,
  isGone = () => !isRunning(pid, marksOf(port)),
): Promise<boolean> {
  let ready = false;
  const settled = async () => {
    if (isGone()) return true;
    ready = await isReady(urlOf(folder, port), pid);
    return ready;
  };
  if (!(await waitUntil(settled, loadingPatienceMs))) {
    throw new AppError(
      'unavailable',
      `Redis (process ${pid}) is still not ready: see ${pathsIn(folder).log}`,
    );
  }
  return ready;
}

/** Whether the server at `url` is this very process and has loaded its data. */
async function isReady(url: string, pid: number): Promise<boolean> {
  const client = new Client(url, {
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: 1_000,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    // ioredis waits this long for a socket that was never open, and keeps the process alive meanwhile.
    disconnectTimeout: 0,
  });
  client.on('error', () => {}); // not listening yet; the caller asks again
  try {
    await client.connect();
    const info = await client.info();
    return info.includes(`process_id:${pid}\r`) && info.includes('loading:0\r');
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
