import { spawn } from 'node:child_process';

/** How one of the programs went that read scans: each is Debian's own, and what it reads was sent by anybody. */
export type Outcome =
  | { readonly kind: 'done'; readonly output: Buffer }
  | { readonly kind: 'failed' | 'absent' };

type Limits = {
  /** Of the clock; the processor gets as much. */
  readonly seconds: number;
  readonly memoryMb: number;
  /** Of what it prints, in bytes; at more it is ended. */
  readonly output: number;
};

/** Where Debian, and Homebrew, put them. The gateway's own environment is nothing to them: secrets are in it. */
const environment = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  LANG: 'C.UTF-8',
  // Two cores are for people who wait.
  OMP_THREAD_LIMIT: '1',
};

/** Not every system can bound memory (macOS cannot): then time does. `exec` leaves one process, which can be killed. */
const bounded = 'ulimit -t "$1"; ulimit -v "$2" 2>/dev/null; ulimit -c 0; shift 2; exec "$@"';
/** What a shell says of a command that is not there. */
const notFound = 127;

/** Runs a program to its end or the end of its limits, without a shell reading its arguments; never rejects. */
export function runBounded(program: string, args: readonly string[], limits: Limits): Promise<Outcome> {
  const child = spawn(
    '/bin/sh',
    ['-c', bounded, 'sh', String(limits.seconds), String(limits.memoryMb * 1024), program, ...args],
    {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: limits.seconds * 1000,
      killSignal: 'SIGKILL',
    },
  );
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.output) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve({ kind: 'absent' }));
    child.once('close', (code) => {
      if (code === 0 && bytes <= limits.output) resolve({ kind: 'done', output: Buffer.concat(chunks) });
      else resolve({ kind: code === notFound ? 'absent' : 'failed' });
    });
  });
}
