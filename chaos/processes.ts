import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pause, type Timeline } from './timeline.ts';

export type Program = {
  readonly name: string;
  /** Relative to this folder, as compiled. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** What one life of a process has of its own: `CRASH_AT`, a wrong clock. */
export type Quirk = {
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
};

/** A process of the gateway under a supervisor, which starts it again whenever it ends, as systemd would. */
export type Supervised = {
  readonly name: string;
  /** Resolves once it works, or has ended before it did. */
  readonly ready: () => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends it with the signal and, after `afterMs`, starts it with the quirk; resolves once it is ready. */
  readonly replace: (how: {
    readonly signal: 'SIGKILL' | 'SIGTERM';
    readonly afterMs: number;
    readonly quirk?: Quirk;
  }) => Promise<void>;
  /** Everything it printed in all its lives. */
  readonly output: () => string;
  /** Its ends that nobody brought about: an exception, or a lost connection that should have been survived. */
  readonly crashes: readonly string[];
  readonly end: () => Promise<void>;
};

/** How long an orderly end may take before it is cut short. */
const gracePeriodMs = 15_000;

export function supervise(program: Program, timeline: Timeline): Supervised {
  const output: string[] = [];
  const crashes: string[] = [];
  let child: ChildProcess | null = null;
  let ready: Promise<void> = Promise.resolve();
  let wanted = true;

  function launch(quirk: Quirk): void {
    const path = fileURLToPath(new URL(program.file, import.meta.url));
    const started = spawn(process.execPath, [...(quirk.nodeArgs ?? []), path, ...program.args], {
      env: { PATH: process.env['PATH'] ?? '', ...program.env, ...quirk.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let isReady = false;
    ready = new Promise((resolve) => {
      const read = (chunk: string) => {
        output.push(chunk);
        if (isReady || !/^ready/m.test(chunk)) return;
        isReady = true;
        resolve();
      };
      for (const stream of [started.stdout, started.stderr]) stream.setEncoding('utf8').on('data', read);
      started.once('exit', () => resolve());
    });
    started.once('exit', (code, signal) => {
      if (child !== started || !wanted) return;
      const crashAt = signal === 'SIGKILL' ? quirk.env?.['CRASH_AT'] : undefined;
      const end = signal ?? `code ${code}`;
      const how = isReady ? `ended by itself with ${end}` : `could not start: ${end}`;
      timeline.note(`${program.name} ${crashAt === undefined ? how : `died at ${crashAt}`}`);
      // One that cannot start while a server is away gives up and is started again: only the ready have promised to live.
      if (crashAt === undefined && isReady) crashes.push(`${program.name} ${how}`);
      void pause(500).then(() => {
        if (child === started && wanted) launch({});
      });
    });
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    const stopping = child;
    child = null;
    if (stopping === null || stopping.exitCode !== null || stopping.signalCode !== null) return;
    const ended = once(stopping, 'exit');
    stopping.kill(signal);
    stopping.kill('SIGCONT');
    const cut = setTimeout(() => stopping.kill('SIGKILL'), gracePeriodMs);
    await ended;
    clearTimeout(cut);
  }

  launch({});
  return {
    name: program.name,
    ready: () => ready,
    signal: (signal) => void child?.kill(signal),
    replace: async ({ signal, afterMs, quirk = {} }) => {
      await stop(signal);
      await pause(afterMs);
      if (wanted) launch(quirk);
      await ready;
    },
    output: () => output.join(''),
    crashes,
    end: async () => {
      wanted = false;
      await stop('SIGKILL');
    },
  };
}
