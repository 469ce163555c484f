import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

/** All streams that hold objects together; they are unpacked into memory as soon as a PDF is opened. */
const maxObjectBytes = 64 * 1024 * 1024;

const unpack = promisify(inflate);

/** Whether the streams that hold objects or references become larger than any honest document's, unpacked. */
export async function isBomb(bytes: Buffer): Promise<boolean> {
  let room = maxObjectBytes;
  /** Of what was read since the last stream ended: every byte is looked at once, however many streams never end. */
  let head = { holdsObjects: false, filters: 0 };
  let end = 0;
  let behind = 0;
  for (let at = bytes.indexOf('stream'); at !== -1; at = bytes.indexOf('stream', behind)) {
    const more = readHead(bytes.toString('latin1', behind, at));
    behind = at + 'stream'.length;
    if (bytes.toString('latin1', at - 3, at) === 'end') {
      head = { holdsObjects: false, filters: 0 };
      continue;
    }
    head = {
      holdsObjects: head.holdsObjects || more.holdsObjects,
      filters: more.filters + (more.isAnother ? 0 : head.filters),
    };
    if (!head.holdsObjects) continue;
    // Packed twice, or in a way that is not counted here: no program writes that.
    if (head.filters > 1) return true;
    const start = behind + (bytes[behind] === 0x0d ? 1 : 0) + 1;
    if (end < start) {
      const next = bytes.indexOf('endstream', start);
      end = next === -1 ? bytes.length : next;
    }
    const unpacked = await unpack(bytes.subarray(start, end), { maxOutputLength: room }).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    if (Buffer.isBuffer(unpacked)) room -= unpacked.length;
    else if (unpacked.code === 'ERR_BUFFER_TOO_LARGE') return true;
    if (room <= 0) return true;
  }
  return false;
}

function readHead(text: string): {
  readonly holdsObjects: boolean;
  /** Whether another object begins in it. */
  readonly isAnother: boolean;
  readonly filters: number;
} {
  // A name may be written with #4f for O.
  const plain = text.replace(/#([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const object = plain.lastIndexOf(' obj');
  return {
    holdsObjects: /ObjStm|XRef/.test(plain),
    isAnother: object !== -1,
    filters: plain.slice(Math.max(object, 0)).match(/Decode\b/g)?.length ?? 0,
  };
}
