import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { findRunningPostgres } from './postgres.ts';

/** A whole gateway with servers and data of its own, gone without a trace after `stop`. */
export type ThrowAwayGateway = {
  readonly url: string;
  readonly databaseUrl: string;
  readonly stop: () => Promise<void>;
};

const ofTheRealOne = /^(ATTACHMENTS|EMAIL|IDENTITY|SMS|STAFF|TWITTER)_/;

/** Starts this very program as `lapor all` on a free port and waits until it is ready. Throws `AppError` `unavailable` with its last words. */
export async function startThrowAwayGateway(
  settings: Readonly<Record<string, string>>,
): Promise<ThrowAwayGateway> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lapor-demo-')));
  const [program = ''] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, program, 'all'], {
    // What is set for the real gateway must not reach this one: empty means unset.
    env: {
      ...process.env,
      ...{ HOST: '', PORT: '0', DATA_DIR: folder, DATABASE_URL: '', REDIS_URL: '', PUBLIC_URL: '' },
      // It must have no account to send with, whichever the provider: its reporters are invented, their numbers may not be.
      // Nor must it fetch from real mailboxes, read or answer real posts, keep files among real ones, or seal with real keys.
      ...Object.fromEntries(
        Object.keys(process.env).flatMap((name) => (ofTheRealOne.test(name) ? [[name, '']] : [])),
      ),
      ...{ QUEUE_NAMESPACE: '', LOG_LEVEL: 'warn', ...settings },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in the terminal reaches whoever started it, and that one ends it in its own time.
    detached: true,
  });
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = await untilReady(child);
    return { url, databaseUrl: findRunningPostgres(join(folder, 'postgres')) ?? '', stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: string) => {
      output += chunk;
      const url = /^ready (http\S+)/m.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('exit', () => {
      const words = output.trim().split('\n').slice(-5).join('\n');
      reject(new AppError('unavailable', `The throw-away gateway does not start:\n${words}`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
