import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { AppError } from '../errors.ts';
import { readCommandLine } from '../running-process.ts';
import type { RunAs } from './run-as.ts';

/**
 * Servers that outlive us: each leads its own session, so Ctrl-C in a terminal reaches only the gateway, which drains
 * first, and a gateway killed outright leaves them running for the next start to adopt.
 */

export type Program = {
  readonly binary: string;
  readonly args: readonly string[];
  readonly runAs: RunAs;
  /** Searched for libraries that the system does not have. */
  readonly libraries?: string;
};

/** Neither our secrets nor variables such as `PGDATA` reach a server. */
function spawnOptions({ runAs, libraries }: Program): SpawnOptions {
  return {
    cwd: '/',
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      LC_ALL: 'C',
      ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
    },
    ...(runAs.user ?? {}),
  };
}

function commandLine({ runAs, binary, args }: Program): readonly [string, readonly string[]] {
  const [command, ...rest] = [...runAs.wrapper, binary, ...args];
  return [command ?? binary, rest];
}

/** Starts a server that writes into `logFile`; `input` is all it gets to read. */
export function startServer(
  program: Program,
  { logFile, input }: { logFile: string; input: string },
): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const [command, args] = commandLine(program);
    const child = spawn(command, args, {
      ...spawnOptions(program),
      detached: true,
      stdio: ['pipe', log, log],
    });
    child.stdin?.on('error', () => {}); // a server that ends at once closes it; its log says why
    child.stdin?.end(input);
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Runs a program to its end and answers what it printed; throws `AppError` `config` with its last words otherwise. */
export async function run(program: Program, input = ''): Promise<string> {
  const [command, args] = commandLine(program);
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, spawnOptions(program), (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const words = stderr.trim().split('\n').slice(-5).join('\n') || error.message;
      reject(new AppError('config', `${program.binary} failed: ${words}`, { cause: error }));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Whether `pid` lives and its command line holds every mark: after a reboot a pid alone may be anybody's. */
export function isRunning(pid: number, marks: readonly string[]): boolean {
  const words = readCommandLine(pid);
  return words !== '' && marks.every((mark) => words.includes(mark));
}

/** Sends each signal in turn until the process is gone or the last one's patience is used up. */
export async function endProcess(
  pid: number,
  marks: readonly string[],
  signals: readonly { readonly signal: NodeJS.Signals; readonly patienceMs: number }[],
): Promise<void> {
  for (const { signal, patienceMs } of signals) {
    if (!isRunning(pid, marks)) return;
    process.kill(pid, signal);
    if (await waitUntil(() => !isRunning(pid, marks), patienceMs)) return;
  }
}

/** Polls, because what we wait for happens in a process that may not be our child; false when the time is up. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return true;
}

/**
 * Below those that systems give to whoever connects or wants any port (from 32768 on Linux, from 49152 elsewhere): so nobody
 * takes the port of a server that is down for a moment and will be looked for where it was.
 */
const serverPorts = { from: 20_000, to: 32_767 } as const;

/** One that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    const port = randomInt(serverPorts.from, serverPorts.to + 1);
    if (await isFree(port)) return port;
  }
  throw new AppError('config', `no port from ${serverPorts.from} to ${serverPorts.to} is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What a server said since its log was `from` bytes long. */
export function readLog(file: string, from: number): string {
  try {
    return readFileSync(file).subarray(from).toString('utf8').trim();
  } catch {
    return '';
  }
}

/** The last lines of a log, for an error message. */
export function lastWords(log: string): string {
  return log.split('\n').slice(-6).join('\n');
}
