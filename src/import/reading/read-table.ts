import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type TableRead, tableBounds } from './table.ts';

const withinMs = 60_000;
const maxHeapMb = 768;

/**
 * Reads a CSV or XLSX file, told apart by what is in it. In a thread of its own that ends when it takes too long or too much
 * memory, so that no file holds up those who report meanwhile.
 */
export async function readTable(bytes: Buffer): Promise<TableRead> {
  if (bytes.length === 0) return { problem: { code: 'empty' } };
  if (bytes.length > tableBounds.bytes) return { problem: { code: 'large' } };
  const source = import.meta.url;
  const program = new URL(`./read-table-worker${extname(source)}`, source);
  const isSource = program.pathname.endsWith('.ts');
  const worker = new Worker(isSource ? fromSource(program) : program, {
    eval: isSource,
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, stackSizeMb: 4 },
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish({ problem: { code: 'slow' } }), withinMs);
    const finish = (result: TableRead) => {
      clearTimeout(timer);
      resolve(result);
      void worker.terminate();
    };
    worker.once('message', (result: TableRead) => finish(result));
    worker.once('error', (error: Error & { readonly code?: string }) =>
      finish({ problem: { code: error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'large' : 'damaged' } }),
    );
    worker.once('exit', () => finish({ problem: { code: 'damaged' } }));
  });
}

/** In `npm run dev` and the tests a thread has to be taught TypeScript: `--import tsx` is not passed on to threads. */
const fromSource = (program: URL): string =>
  `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(program.href)}); })`;
