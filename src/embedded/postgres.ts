import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import {
  endProcess,
  findFreePort,
  hasEnded,
  isRunning,
  lastWords,
  readLog,
  run,
  sizeOf,
  startServer,
  waitUntil,
} from './processes.ts';
import { chooseRunAs, letPass, type RunAs } from './run-as.ts';

/** A PostgreSQL of our own in `folder`, reachable on loopback with a password that only the owner of the folder can read. */
export type Postgres = {
  readonly url: string;
  readonly adopted: boolean;
  /** Ends it within 10 s. */
  readonly stop: () => Promise<void>;
};

/**
 * Modest in memory, friendly to group commit, silent about what was said: statements and their values never reach the
 * log. What durability needs (`fsync`, `full_page_writes`, `synchronous_commit`) stays at its default: on.
 */
const ownSettings = {
  listen_addresses: '127.0.0.1',
  shared_buffers: '256MB',
  // A burst of thousands a minute fits between two checkpoints; each page's first change after one is written in full.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  wal_compression: 'on',
  // Statements are short: compiling them costs more than it gains.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Starts, stops and crashes; errors of statements go to whoever sent them, and only there.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

const fastThenImmediate = [
  { signal: 'SIGINT', patienceMs: 8_000 },
  { signal: 'SIGQUIT', patienceMs: 2_000 },
] as const;

/** Long enough to replay 2 GB of write-ahead log on a slow disk. */
const recoveryPatienceMs = 300_000;

/** Settings of PostgreSQL, by their names there. */
type Settings = Readonly<Record<string, string>>;

/**
 * Starts the server, with other settings than ours where `other` says so, or adopts the one a killed gateway left; throws
 * `AppError` `config` with what PostgreSQL said.
 */
export async function startPostgres(
  folder: string,
  say: (line: string) => void,
  other: Settings = {},
): Promise<Postgres> {
  const paths = pathsIn(folder);
  const left = findServer(folder);
  // A server that is just stopping ends here, and the way goes on to a new one.
  if (left !== null && (await waitUntilReady(folder, left.pid, say))) {
    return { url: left.url, adopted: true, stop: () => stop(folder, left.pid) };
  }

  const binaries = findPostgresBinaries();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  letPass(folder);
  const runAs = await chooseRunAs(folder, paths.data, binaries.postgres);
  if (runAs === null) throw refusesRoot(folder);
  if (!existsSync(paths.data)) {
    say('database: creating it (once)');
    await initialise(folder, binaries, runAs);
  }
  removeStaleLock(folder);
  const port = await launch(folder, binaries, runAs, { ...ownSettings, ...other }, say);
  return { url: urlOf(folder, port), adopted: false, stop: () => stop(folder, readLock(folder)?.pid ?? 0) };
}

/** The URL of the server that runs in `folder` and takes connections, or null. */
export function findRunningPostgres(folder: string): string | null {
  const server = findServer(folder);
  return server?.ready ? server.url : null;
}

function pathsIn(folder: string) {
  return {
    data: join(folder, 'data'),
    unfinished: join(folder, 'data.unfinished'),
    password: join(folder, 'password'),
    superuserPassword: join(folder, 'superuser-password'),
    port: join(folder, 'port'),
    log: join(folder, 'server.log'),
    lock: join(folder, 'data/postmaster.pid'),
  };
}

/** The new cluster gets its name only when it is complete: a start killed here begins again. */
async function initialise(
  folder: string,
  { initdb, postgres }: PostgresBinaries,
  runAs: RunAs,
): Promise<void> {
  const { data, unfinished, password, superuserPassword } = pathsIn(folder);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const secret = writeSecret(password);
  writeSecret(superuserPassword);
  if (runAs.user !== null) {
    for (const path of [unfinished, superuserPassword]) chownSync(path, runAs.user.uid, runAs.user.gid);
  }
  await run({
    runAs,
    binary: initdb,
    args: [
      `--pgdata=${unfinished}`,
      '--username=postgres',
      `--pwfile=${superuserPassword}`,
      '--auth=scram-sha-256',
      '--data-checksums',
      '--encoding=UTF8',
      // The same order and letters on every machine, whatever locales it has.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ],
  });
  // The gateway is no superuser: whatever reaches its statements cannot reach the operating system.
  await run(
    { runAs, binary: postgres, args: ['--single', '-D', unfinished, 'postgres'] },
    `create role lapor login createdb password '${secret}';\ncreate database lapor owner lapor;\n`,
  );
  renameSync(unfinished, data);
}

function writeSecret(file: string): string {
  const secret = randomBytes(24).toString('base64url');
  rmSync(file, { force: true });
  writeFileSync(file, secret, { mode: 0o600, flush: true });
  return secret;
}

/** Starts on the remembered port, or on a free one where somebody else has taken it. */
async function launch(
  folder: string,
  { postgres }: PostgresBinaries,
  runAs: RunAs,
  settings: Settings,
  say: (line: string) => void,
): Promise<number> {
  const paths = pathsIn(folder);
  const remembered = existsSync(paths.port) ? Number(readFileSync(paths.port, 'utf8')) : 0;
  let port = remembered || (await findFreePort());
  for (let attempt = 1; ; attempt += 1) {
    const before = sizeOf(paths.log);
    const socket = { unix_socket_directories: hasRoomForSocket(paths.data) ? paths.data : '' };
    const args = Object.entries({ ...settings, ...socket, port: String(port) }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const child = startServer(
      { binary: postgres, args: ['-D', paths.data, ...args], runAs },
      { logFile: paths.log, input: '' },
    );
    let spawnError: Error | null = null;
    child.on('error', (error) => {
      spawnError = error;
    });
    if (child.pid !== undefined && (await waitUntilReady(folder, child.pid, say, () => hasEnded(child)))) {
      writeFileSync(paths.port, String(port));
      return port;
    }
    const log = readLog(paths.log, before);
    if (attempt < 20 && /could not bind|could not create any TCP\/IP sockets/.test(log)) {
      port = await findFreePort();
    } else if (attempt < 20 && /shared memory block .* is still in use/.test(log)) {
      // Its postmaster was killed; the children notice within moments.
      await new Promise((resolve) => setTimeout(resolve, 250));
    } else {
      throw new AppError('config', `PostgreSQL does not start (${paths.log}): ${lastWords(log)}`, {
        cause: spawnError,
      });
    }
  }
}

/** False when the server ended instead; throws `AppError` `unavailable` when it takes longer than any recovery should. */
async function waitUntilReady(
  folder: string,
  pid: number,
  say: (line: string) => void,
  isGone = () => !isRunning(pid, marksOf(folder)),
): Promise<boolean> {
  const isReady = () => {
    const lock = readLock(folder);
    return lock?.pid === pid && lock.ready;
  };
  const settled = () => isReady() || isGone();
  if (!(await waitUntil(settled, 3_000))) {
    say('database: recovering from an unclean end, this can take a while');
    if (!(await waitUntil(settled, recoveryPatienceMs))) {
      throw new AppError(
        'unavailable',
        `PostgreSQL (process ${pid}) is still not ready: see ${pathsIn(folder).log}`,
      );
    }
  }
  return isReady();
}

/** What PostgreSQL writes about itself: pid, folder, start time, port, socket, address, shared memory, state. */
function readLock(
  folder: string,
): { readonly pid: number; readonly port: number; readonly ready: boolean } | null {
  const { lock } = pathsIn(folder);
  if (!existsSync(lock)) return null;
  const lines = readFileSync(lock, 'utf8').split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

function findServer(folder: string) {
  refuseForeignFolder(folder);
  const lock = readLock(folder);
  if (lock === null || !isRunning(lock.pid, marksOf(folder))) return null;
  return { pid: lock.pid, ready: lock.ready, url: urlOf(folder, lock.port) };
}

/** PostgreSQL clears the lock of a dead process itself, but believes in one whose pid was given to somebody else. */
function removeStaleLock(folder: string): void {
  const lock = readLock(folder);
  if (lock !== null && !isRunning(lock.pid, ['postgres'])) rmSync(pathsIn(folder).lock, { force: true });
}

function marksOf(folder: string): readonly string[] {
  return [`postgres -D ${pathsIn(folder).data} `];
}

/** Through its socket where there is one: a statement takes half the time it takes over TCP on loopback. */
function urlOf(folder: string, port: number): string {
  const { data, password } = pathsIn(folder);
  const url = `postgres://lapor:${readFileSync(password, 'utf8')}@127.0.0.1:${port}/lapor`;
  return existsSync(join(data, `.s.PGSQL.${port}`)) ? `${url}?host=${encodeURIComponent(data)}` : url;
}

/** The path of a Unix socket has 103 bytes at most on macOS, 107 on Linux. */
function hasRoomForSocket(data: string): boolean {
  return Buffer.byteLength(join(data, '.s.PGSQL.65535')) <= 103;
}

async function stop(folder: string, pid: number): Promise<void> {
  await endProcess(pid, marksOf(folder), fastThenImmediate);
}

function refuseForeignFolder(folder: string): void {
  const uid = process.getuid?.();
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  if (uid === 0 || owner === undefined || owner === uid) return;
  throw new AppError(
    'config',
    `${folder} belongs to another user (uid ${owner}): run as that user, or set DATA_DIR to a folder of your own.`,
  );
}

function refusesRoot(folder: string): AppError {
  return new AppError(
    'config',
    `PostgreSQL refuses to run as root, and neither "postgres" nor "nobody" may enter ${folder} and its programs. ` +
      'Run as an ordinary user, move to a folder that others may pass through, or set DATABASE_URL.',
  );
}
