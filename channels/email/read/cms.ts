import { inflateSync } from 'node:zlib';
import { limits } from './limits.ts';

/**
 * What is in an S/MIME part (RFC 5652): the signed or compressed mail within; `encrypted` where only its recipient can read it;
 * null where it is something else. Signatures are not verified: nothing depends on them.
 */
export function readCms(bytes: Buffer): Buffer | 'encrypted' | null {
  const der = toDer(bytes);
  const content = readNode(der, 0);
  if (content === null || content.tag !== 0x30) return null;
  const type = readNode(der, content.start);
  if (type === null || type.tag !== 0x06) return null;
  switch (der.toString('hex', type.start, type.end)) {
    case '2a864886f70d010702':
      return findEncapsulated(der, type.end);
    case '2a864886f70d010703':
    case '2a864886f70d0109100117':
      return 'encrypted';
    case '2a864886f70d0109100109': {
      const packed = findEncapsulated(der, type.end);
      if (packed === null) return null;
      try {
        return inflateSync(packed, { maxOutputLength: limits.decoded });
      } catch {
        return null;
      }
    }
    default:
      return null;
  }
}

/** PEM, or bare base64, that somebody sent as it is. */
function toDer(bytes: Buffer): Buffer {
  if (bytes[0] === 0x30) return bytes;
  const text = bytes.toString('latin1').replace(/-----[^-]*-----/g, '');
  return /^[\sA-Za-z0-9+/=]+$/.test(text.slice(0, 1_000)) ? Buffer.from(text, 'base64') : bytes;
}

type Node = { readonly tag: number; readonly start: number; readonly end: number; readonly open: boolean };

/** `end` of one whose length is not stated is that of the bytes. */
function readNode(der: Buffer, at: number): Node | null {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined || tag === 0) return null;
  if (first < 0x80) return { tag, start: at + 2, end: Math.min(at + 2 + first, der.length), open: false };
  const count = first & 0x7f;
  if (count === 0) return { tag, start: at + 2, end: der.length, open: true };
  if (count > 4 || at + 2 + count > der.length) return null;
  const start = at + 2 + count;
  return { tag, start, end: Math.min(start + der.readUIntBE(at + 2, count), der.length), open: false };
}

/** Data of the EncapsulatedContentInfo: after the type `data`, in `[0]`, one octet string or pieces of it. */
function findEncapsulated(der: Buffer, from: number): Buffer | null {
  const data = Buffer.from('06092a864886f70d010701', 'hex');
  const at = der.indexOf(data, from);
  if (at < 0) return null;
  const tagged = readNode(der, at + data.length);
  if (tagged === null || tagged.tag !== 0xa0) return null;
  const pieces: Buffer[] = [];
  collect(der, tagged.start, tagged.end, pieces, 0);
  return pieces.length === 0 ? null : Buffer.concat(pieces);
}

/** Where it ended: of nodes without a length that is known only then. */
function collect(der: Buffer, from: number, to: number, pieces: Buffer[], depth: number): number {
  let at = from;
  while (at < to) {
    const node = readNode(der, at);
    if (node === null) return at + 2;
    if (node.tag === 0x04) {
      pieces.push(der.subarray(node.start, node.end));
      at = node.end;
    } else if ((node.tag === 0x24 || node.tag === 0xa0) && depth < 10) {
      const ended = collect(der, node.start, node.end, pieces, depth + 1);
      at = node.open ? ended : node.end;
    } else return to;
  }
  return at;
}
