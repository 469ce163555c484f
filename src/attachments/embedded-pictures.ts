/**
 * Pictures inside documents keep their pixels bit for bit, and lose what tells where, when and by whom they were taken.
 */

/** JFIF, colour profile and Adobe's colour transform: without them the picture looks different. */
const keptSegments = new Set([0xe0, 0xe2, 0xee]);

/** Without EXIF, XMP, IPTC, comments, and whatever comes behind its end; what is no JPEG comes back as it is. */
export function stripJpeg(bytes: Buffer): Buffer {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return bytes;
  const kept = createCopy(bytes, 2);
  kept.add(0, 2);
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xd9) break;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    const isTold = (marker >= 0xe0 && marker <= 0xef && !keptSegments.has(marker)) || marker === 0xfe;
    const next = marker === 0xda ? findMarker(bytes, end) : end;
    if (!isTold) kept.add(at, next);
    at = next;
  }
  return kept.end(Buffer.from([0xff, 0xd9]));
}

/** Where the coded picture that begins at `from` ends: 0xff there is followed by 0, or by a restart. */
function findMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker !== 0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd7)) return at;
  }
  return bytes.length;
}

const keptChunks = /^(IHDR|PLTE|IDAT|IEND|tRNS|gAMA|cHRM|sRGB|iCCP|sBIT|bKGD|pHYs|acTL|fcTL|fdAT)$/;

/** Without text and EXIF; what is no PNG comes back as it is. */
export function stripPng(bytes: Buffer): Buffer {
  if (bytes.subarray(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n') return bytes;
  const kept = createCopy(bytes, 0);
  kept.add(0, 8);
  let at = 8;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + bytes.readUInt32BE(at);
    const name = bytes.toString('latin1', at + 4, at + 8);
    if (keptChunks.test(name)) kept.add(at, end);
    if (name === 'IEND') break;
    at = end;
  }
  return kept.end(Buffer.alloc(0));
}

/** Pieces of `bytes` behind each other, in one buffer from the start: there may be millions of them. */
function createCopy(bytes: Buffer, more: number) {
  const copy = Buffer.alloc(bytes.length + more);
  let length = 0;
  return {
    add: (from: number, to: number) => {
      length += bytes.copy(copy, length, from, Math.min(to, bytes.length));
    },
    end: (tail: Buffer) => copy.subarray(0, length + tail.copy(copy, length)),
  };
}
