import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { kill } from './own-servers.ts';

const program = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const hostProgram = fileURLToPath(new URL('./command-host.mjs', import.meta.url));

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

type Host = (args: readonly string[], env: Readonly<Record<string, string>>) => Promise<Ended>;

const hosts: ChildProcess[] = [];
const idle: Host[] = [];
afterAll(() => Promise.all(hosts.map((host) => kill(host, 'SIGKILL'))));

/**
 * Runs `lapor …` as built, with no settings but `env`, to its end. Commands of a file share a process, one after another,
 * because to start one takes longer than most of them; those that run at a time have one each.
 */
export async function runLapor(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  // Node reads its own settings when a process starts.
  if (Object.keys(env).some((name) => name.startsWith('NODE_'))) return runLaporAlone(args, env);
  const host = idle.pop() ?? startHost();
  return host(args, env);
}

/** As `runLapor`, in a process that runs nothing else before or after. */
export async function runLaporAlone(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

const environment = (env: Readonly<Record<string, string>>) => ({
  PATH: process.env['PATH'] ?? '',
  NO_COLOR: '1',
  ...env,
});

function startHost(): Host {
  const child = fork(hostProgram, [pathToFileURL(program).href], {
    env: environment({}),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  hosts.push(child);
  const printed = { stdout: '', stderr: '' };
  let look = () => {};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      printed[name] += chunk;
      look();
    });
  }
  const host: Host = (args, env) =>
    new Promise((resolve) => {
      const mark = `\0${randomUUID()}\0`;
      let code: number | null = null;
      // What was printed comes by other ways than the code, and may come after it.
      look = () => {
        if (code === null || !printed.stdout.endsWith(mark) || !printed.stderr.endsWith(mark)) return;
        const ended = {
          code,
          stdout: printed.stdout.slice(0, -mark.length),
          stderr: printed.stderr.slice(0, -mark.length),
        };
        [printed.stdout, printed.stderr] = ['', ''];
        child.off('close', died);
        idle.push(host);
        resolve(ended);
      };
      const died = (exit: number | null) => resolve({ code: exit, ...printed });
      child.once('message', (answer) => {
        code = answer as number;
        look();
      });
      child.once('close', died);
      child.send({ args, env: environment(env), mark });
    });
  return host;
}
