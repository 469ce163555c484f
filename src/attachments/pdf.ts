import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { inflate } from 'node:zlib';
import type { FileProblem } from '../domain/attachment.ts';

export type PdfTask = { readonly input: string; readonly output: string; readonly maxPages: number };

const withinMs = 20_000;
const maxHeapMb = 512;
/** All streams that hold objects together; they are unpacked into memory as soon as a PDF is opened. */
const maxObjectBytes = 64 * 1024 * 1024;

/**
 * Writes the PDF anew into `output`, its pages as they are: without its properties, scripts, attached files and whatever
 * its earlier versions held. In a thread of its own, which ends after a while whatever the file makes of it.
 */
export async function anonymizePdf(task: PdfTask): Promise<FileProblem | null> {
  if (await isBomb(await readFile(task.input))) return 'damaged';
  const source = import.meta.url;
  const thread = new Worker(new URL(`./pdf-thread${extname(source)}`, source), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    // From the sources, as in `npm run dev` and the tests, TypeScript has to be understood there too.
    execArgv: extname(source) === '.ts' ? ['--import', 'tsx'] : [],
    stdout: true,
    stderr: true,
  });
  const timer = setTimeout(() => void thread.terminate(), withinMs);
  try {
    return await new Promise<FileProblem | null>((resolve) => {
      thread.once('message', resolve);
      thread.once('error', () => resolve('damaged'));
      thread.once('exit', () => resolve('damaged'));
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

const unpack = promisify(inflate);

/** Whether the streams that hold objects or references become larger than any honest document's, unpacked. */
async function isBomb(bytes: Buffer): Promise<boolean> {
  let room = maxObjectBytes;
  let behind = 0;
  for (let at = bytes.indexOf('stream'); at !== -1; at = bytes.indexOf('stream', at + 6)) {
    if (bytes.toString('latin1', at - 3, at) === 'end') {
      behind = at;
      continue;
    }
    // A name may be written with #4f for O.
    const head = bytes
      .toString('latin1', behind, at)
      .replace(/#([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (!/ObjStm|XRef/.test(head)) continue;
    // Packed twice, or in a way that is not counted here: no program writes that.
    if ((head.slice(head.lastIndexOf(' obj')).match(/Decode\b/g) ?? []).length > 1) return true;
    const start = at + 6 + (bytes[at + 6] === 0x0d ? 1 : 0) + 1;
    const end = bytes.indexOf('endstream', start);
    const unpacked = await unpack(bytes.subarray(start, end === -1 ? bytes.length : end), {
      maxOutputLength: room,
    }).catch((error: NodeJS.ErrnoException) => error);
    if (Buffer.isBuffer(unpacked)) room -= unpacked.length;
    else if (unpacked.code === 'ERR_BUFFER_TOO_LARGE') return true;
    if (room <= 0) return true;
  }
  return false;
}
