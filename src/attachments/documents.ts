import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileProblem } from '../domain/attachment.ts';

export type DocumentTask = {
  readonly kind: 'pdf' | 'docx' | 'tiff';
  readonly input: string;
  readonly output: string;
  readonly maxPages: number;
  /** Of one page of a scan. */
  readonly maxPixels: number;
};

const withinMs = 20_000;
const maxHeapMb = 512;

/**
 * Writes a document anew into `output`, without what tells of the person and what does something by itself. In a process of
 * its own, which knows nothing of the gateway and ends after a while, whatever the file makes of it: no format that was grown
 * for decades is read where everybody's reports are taken.
 */
export function rewriteDocument({
  kind,
  input,
  output,
  maxPages,
  maxPixels,
}: DocumentTask): Promise<FileProblem | null> {
  const source = import.meta.url;
  const program = fileURLToPath(new URL(`./document-process${extname(source)}`, source));
  const child = fork(program, [kind, input, output, String(maxPages), String(maxPixels)], {
    // From the sources, as in `npm run dev` and the tests, TypeScript has to be understood there too.
    execArgv: [`--max-old-space-size=${maxHeapMb}`, ...(program.endsWith('.ts') ? ['--import', 'tsx'] : [])],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: withinMs,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve) => {
    child.once('message', (problem: FileProblem | 'none') => resolve(problem === 'none' ? null : problem));
    child.once('error', () => resolve('damaged'));
    child.once('exit', () => resolve('damaged'));
  });
}
