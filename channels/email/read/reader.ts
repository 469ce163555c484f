import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ReadMail } from '../../../src/domain/mail.ts';
import type { OwnMail } from './classify.ts';
import { salvageMail } from './salvage.ts';

export type ReaderOptions = {
  readonly own?: OwnMail;
  /** Mails that are read at a time; each takes a thread. */
  readonly threads?: number;
  /** Milliseconds that one mail may take. */
  readonly withinMs?: number;
  /** Megabytes of heap that one mail may take, without the bytes of its files. */
  readonly heapMb?: number;
  /** Bytes of a mail; of a larger one only the beginning is read. */
  readonly maxBytes?: number;
  /** Mails after which a thread is replaced, so that nothing that leaks adds up. */
  readonly mailsPerThread?: number;
  /** Program of the threads; another one is for tests. */
  readonly program?: URL;
};

export type MailReader = {
  /** Never rejects: a mail that defeats it is answered with an `error` and what could be salvaged. */
  readonly readMail: (raw: Buffer) => Promise<ReadMail>;
  /** Ends the threads; mails under way are answered as if they had defeated it. */
  readonly close: () => Promise<void>;
};

type Task = { readonly raw: Buffer; readonly answer: (mail: ReadMail) => void };
type Thread = { readonly worker: Worker; task: Task | null; timer: NodeJS.Timeout | null; read: number };

/**
 * Reads mails in threads that are ended when a mail takes too long or too much, so that none can stop the process or hold up
 * the next one. Threads are started when the first mail comes, and do not keep the process alive when there is none.
 */
export function createMailReader({
  own = {},
  threads = 1,
  withinMs = 20_000,
  heapMb = 384,
  maxBytes = 64 * 1024 * 1024,
  mailsPerThread = 1_000,
  program = siblingProgram(),
}: ReaderOptions = {}): MailReader {
  const pool = new Set<Thread>();
  const waiting: Task[] = [];
  let closed = false;

  const start = (): Thread => {
    const options = {
      workerData: own,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
      stdout: true,
      stderr: true,
    };
    // From the sources, as in `npm run dev` and the tests, TypeScript has to be understood there too; Node 20 takes no
    // `--import` for a thread.
    const worker = program.pathname.endsWith('.ts')
      ? new Worker(
          `import('tsx/esm/api').then(({ register }) => { register(); return import('${program.href}'); })`,
          {
            ...options,
            eval: true,
          },
        )
      : new Worker(program, options);
    const thread: Thread = { worker, task: null, timer: null, read: 0 };
    worker.on('message', (mail: ReadMail) => finish(thread, toBuffers(mail)));
    worker.on('messageerror', (error) => defeat(thread, `could not be handed over: ${error.name}`));
    worker.on('error', (error: unknown) => defeat(thread, describeDefeat(error)));
    worker.on('exit', () => defeat(thread, 'ended its reader'));
    worker.unref();
    pool.add(thread);
    return thread;
  };

  const drop = (thread: Thread) => {
    pool.delete(thread);
    if (thread.timer !== null) clearTimeout(thread.timer);
    thread.worker.removeAllListeners();
    // a thread that dies of a mail may still say so
    thread.worker.on('error', () => {});
    thread.worker.terminate().catch(() => {});
  };

  const finish = (thread: Thread, mail: ReadMail) => {
    const { task } = thread;
    if (thread.timer !== null) clearTimeout(thread.timer);
    thread.timer = null;
    thread.task = null;
    thread.read += 1;
    if (thread.read >= mailsPerThread) drop(thread);
    else thread.worker.unref();
    task?.answer(mail);
    next();
  };

  const defeat = (thread: Thread, error: string) => {
    if (!pool.has(thread)) return;
    const { task } = thread;
    drop(thread);
    task?.answer(salvage(task.raw, `The mail ${error}. Staff see it as it came.`));
    next();
  };

  const next = () => {
    while (waiting.length > 0 && !closed) {
      const idle = [...pool].find((thread) => thread.task === null) ?? (pool.size < threads ? start() : null);
      if (idle === null) return;
      const task = waiting.shift();
      if (task === undefined) return;
      run(idle, task);
    }
  };

  const run = (thread: Thread, task: Task) => {
    thread.task = task;
    thread.worker.ref();
    thread.timer = setTimeout(
      () => defeat(thread, `took more than ${withinMs / 1_000} seconds to read`),
      withinMs,
    );
    // a copy, because what is handed over is gone here, and the raw mail is needed should it defeat the thread
    const bytes = new Uint8Array(task.raw.subarray(0, maxBytes));
    thread.worker.postMessage(bytes, [bytes.buffer]);
  };

  return {
    readMail: async (raw) => {
      const mail = await new Promise<ReadMail>((answer) => {
        if (closed) {
          answer(salvage(raw, 'The mail came when its reader was closed.'));
          return;
        }
        waiting.push({ raw, answer });
        next();
      });
      return raw.length > maxBytes
        ? {
            ...mail,
            error:
              mail.error ??
              `larger than ${Math.floor(maxBytes / 1024 / 1024)} MB: only the beginning was read`,
          }
        : mail;
    },
    close: async () => {
      closed = true;
      for (const { raw, answer } of waiting.splice(0))
        answer(salvage(raw, 'The mail came when its reader was closed.'));
      await Promise.all(
        [...pool].map(async (thread) => {
          const { worker } = thread;
          defeat(thread, 'was not read to its end, because the reader was closed');
          await worker.terminate();
        }),
      );
    },
  };
}

/** Anything can be thrown. */
function describeDefeat(error: unknown): string {
  if (!(error instanceof Error)) return 'defeated its reader';
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'took too much memory to read'
    : `defeated its reader: ${error.name}`;
}

/** Compiled or not, as this file is. */
function siblingProgram(): URL {
  return new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
}

function salvage(raw: Buffer, error: string): ReadMail {
  try {
    return salvageMail(raw, error);
  } catch {
    return salvageMail(Buffer.alloc(0), error);
  }
}

/** Bytes cross threads as plain arrays, dates as dates. */
const toBuffers = (mail: ReadMail): ReadMail => ({
  ...mail,
  files: mail.files.map((file) => ({
    ...file,
    content: Buffer.from(file.content.buffer, file.content.byteOffset, file.content.byteLength),
  })),
});
