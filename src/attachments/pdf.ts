import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { FileProblem } from '../domain/attachment.ts';

export type PdfTask = { readonly input: string; readonly output: string; readonly maxPages: number };

const withinMs = 20_000;
const maxHeapMb = 512;
/** All streams that hold objects together; they are unpacked into memory as soon as a PDF is opened. */
const maxObjectBytes = 64 * 1024 * 1024;

/**
 * Writes the PDF anew into `output`, its pages as they are: without its properties, scripts, attached files and whatever
 * its earlier versions held. In a process of its own, which knows nothing of the gateway and ends after a while, whatever the
 * file makes of it.
 */
export async function anonymizePdf({ input, output, maxPages }: PdfTask): Promise<FileProblem | null> {
  if (await isBomb(await readFile(input))) return 'damaged';
  const source = import.meta.url;
  const program = fileURLToPath(new URL(`./pdf-process${extname(source)}`, source));
  const child = fork(program, [input, output, String(maxPages)], {
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
