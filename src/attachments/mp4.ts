import { constants, copyFile, type FileHandle, open } from 'node:fs/promises';
import type { FileProblem } from '../domain/attachment.ts';

/** Boxes of ISO/IEC 14496-12 that a player needs; every other one may tell where or by whom a video was taken. */
const needed: Readonly<Record<string, readonly string[]>> = {
  '': ['ftyp', 'styp', 'sidx', 'moov', 'moof', 'mdat', 'mfra', 'wide', 'pdin'],
  moov: ['mvhd', 'trak', 'mvex', 'iods'],
  trak: ['tkhd', 'tref', 'edts', 'mdia', 'tapt'],
  mdia: ['mdhd', 'hdlr', 'minf', 'elng'],
};
/** A track of another kind holds data: positions, for example, all along the way. */
const playedHandlers = ['vide', 'soun', 'sbtl', 'text', 'subt', 'clcp'];

type Box = { readonly name: string; readonly start: number; readonly content: number; readonly end: number };

const maxBoxes = 10_000;

/**
 * Copies the video into `output` with everything that is not picture or sound made `free` space and zeros: places in
 * `udta`, descriptions in `meta`, XMP in `uuid`. What is left stays where it was, so that no offset changes and no
 * picture is encoded anew.
 */
export async function silenceVideo(input: string, output: string): Promise<FileProblem | null> {
  await copyFile(input, output, constants.COPYFILE_EXCL);
  const file = await open(output, 'r+');
  try {
    const { size } = await file.stat();
    const seen = { boxes: 0, moov: false, handlers: new Set<string>() };
    const whole = await walk(file, '', 0, size, seen);
    if (!whole || !seen.moov || !seen.handlers.has('vide')) return 'damaged';
    return [...seen.handlers].every((handler) => playedHandlers.includes(handler)) ? null : 'location';
  } finally {
    await file.close();
  }
}

/** False where the boxes do not fill their place from end to end. */
async function walk(
  file: FileHandle,
  parent: string,
  from: number,
  to: number,
  seen: { boxes: number; moov: boolean; handlers: Set<string> },
): Promise<boolean> {
  for (let at = from; at < to; ) {
    const box = await readBox(file, at, to);
    seen.boxes += 1;
    if (box === null || seen.boxes > maxBoxes) return false;
    if (!needed[parent]?.includes(box.name)) await blank(file, box);
    else if (box.name === 'hdlr') seen.handlers.add(await readHandler(file, box));
    else if (needed[box.name] !== undefined) {
      if (box.name === 'moov') seen.moov = true;
      if (!(await walk(file, box.name, box.content, box.end, seen))) return false;
    }
    at = box.end;
  }
  return true;
}

async function readBox(file: FileHandle, start: number, to: number): Promise<Box | null> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, start);
  if (bytesRead < 8) return null;
  const size = buffer.readUInt32BE(0);
  const name = buffer.toString('latin1', 4, 8);
  // 1: its size is a long one behind its name; 0: it reaches to the end
  const isLong = size === 1;
  const length = size === 0 ? to - start : isLong ? Number(buffer.readBigUInt64BE(8)) : size;
  const content = start + (isLong ? 16 : 8);
  const end = start + length;
  return end > to || content > end ? null : { name, start, content, end };
}

/** Which handler the track asks for; the name beside it is a text of the camera's, and goes. */
async function readHandler(file: FileHandle, box: Box): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, box.content + 8);
  await zero(file, box.content + 24, box.end);
  return buffer.toString('latin1');
}

async function blank(file: FileHandle, box: Box): Promise<void> {
  await file.write('free', box.start + 4, 'latin1');
  await zero(file, box.content, box.end);
}

const zeros = Buffer.alloc(64 * 1024);

async function zero(file: FileHandle, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += zeros.length) {
    await file.write(zeros, 0, Math.min(zeros.length, to - at), at);
  }
}
