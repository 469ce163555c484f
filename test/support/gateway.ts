import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { testDataDir } from './sealing.ts';

const program = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

export type Running = {
  /** `http://127.0.0.1:…`; empty for a process that does not serve. */
  readonly url: string;
  readonly pid: number;
  /** Everything it printed so far, logs among it. */
  readonly output: () => string;
  /** What of it came by stderr, where Node complains of rejections nobody handled. */
  readonly complaints: () => string;
  /** Resolves when it ends, with the signal that ended it. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** Sends the signal and waits for the end; resolves with the exit code, null where the signal ended it. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

/** Starts `lapor serve`, `work` or `all` as a process of its own, on a free port, and waits until it says it is ready. */
export async function startGateway(
  role: 'all' | 'serve' | 'work',
  env: Readonly<Record<string, string>>,
): Promise<Running> {
  if (!existsSync(program))
    throw new Error('dist is missing: run the tests with "npm test", which builds first');
  const child = spawn(process.execPath, [program, role], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', DATA_DIR: testDataDir, LOG_LEVEL: 'debug', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('exit', (_code, signal) => resolve(signal));
  });
  let output = '';
  let complaints = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  child.stderr.on('data', (chunk: string) => {
    complaints += chunk;
  });
  await untilReady(child, () => output);
  return {
    url: /^ready (http\S+)/m.exec(output)?.[1] ?? '',
    pid: child.pid ?? 0,
    output: () => output,
    complaints: () => complaints,
    ended,
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = await ended;
      return code as number | null;
    },
  };
}

async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${output()}`)));
  });
  ended.catch(() => undefined);
  const ready = (async () => {
    while (!/^ready/m.test(output())) await Promise.race([once(child.stdout ?? child, 'data'), ended]);
  })();
  await Promise.race([ready, ended]);
}
