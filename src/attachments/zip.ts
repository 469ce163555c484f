import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRaw } from 'node:zlib';

/** An entry of an archive: its name, and its bytes as they are packed. */
export type ZipEntry = {
  readonly name: string;
  readonly method: 0 | 8;
  readonly packed: Buffer;
  readonly bytes: number;
  readonly crc: number;
};

const inflate = promisify(inflateRaw);
const deflate = promisify(deflateRaw);

const endMark = 0x06054b50;
const directoryMark = 0x02014b50;
const localMark = 0x04034b50;
const maxEntries = 5_000;

/**
 * The entries that the directory at the end of an archive names (APPNOTE 6.3.10); whatever else lies between, before or
 * behind them is not read. Null where it is damaged, encrypted, or needs what no office program writes.
 */
export function readZip(bytes: Buffer): readonly ZipEntry[] | null {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end === -1 || end + 22 > bytes.length) return null;
  const count = bytes.readUInt16LE(end + 10);
  if (count > maxEntries || bytes.readUInt32LE(end) !== endMark) return null;
  const entries: ZipEntry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== directoryMark) return null;
    const [flags, method] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
    const [packed, unpacked] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)];
    const [nameLength, local] = [bytes.readUInt16LE(at + 28), bytes.readUInt32LE(at + 42)];
    if ((flags & 1) === 1 || (method !== 0 && method !== 8)) return null;
    if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== localMark) return null;
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    if (start + packed > bytes.length) return null;
    entries.push({
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
      method,
      packed: bytes.subarray(start, start + packed),
      bytes: unpacked,
      crc: bytes.readUInt32LE(at + 16),
    });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

/** Null where it is not what the directory says: longer than it says, or other bytes. */
export async function unpack(entry: ZipEntry): Promise<Buffer | null> {
  try {
    const bytes =
      entry.method === 0
        ? entry.packed
        : await inflate(entry.packed, { maxOutputLength: Math.max(entry.bytes, 1) });
    return bytes.length === entry.bytes && crc32(bytes) === entry.crc ? bytes : null;
  } catch {
    return null;
  }
}

export async function pack(name: string, bytes: Buffer): Promise<ZipEntry> {
  return { name, method: 8, packed: await deflate(bytes), bytes: bytes.length, crc: crc32(bytes) };
}

/** Names in UTF-8, times all alike, nothing between the entries. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version 2.0
    common.writeUInt16LE(0x0800, 2); // UTF-8
    common.writeUInt16LE(entry.method, 4);
    common.writeUInt16LE(0x0021, 8); // 1 January 1980
    common.writeUInt32LE(entry.crc, 10);
    common.writeUInt32LE(entry.packed.length, 14);
    common.writeUInt32LE(entry.bytes, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([mark(localMark), common, name, entry.packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(mark(directoryMark), Buffer.from([20, 0]), common, place, name);
    parts.push(local);
    at += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, listed, mark(endMark), end]);
}

function mark(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
