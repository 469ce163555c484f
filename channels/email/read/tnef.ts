import { decompressRTF } from '@kenjiuno/decompressrtf';
import { decodeText } from './charset.ts';
import { htmlToText } from './html.ts';
import { rtfToText } from './text-formats.ts';

export type TnefContent = {
  readonly text: string;
  readonly files: readonly {
    readonly name: string | null;
    readonly type: string | null;
    readonly content: Buffer;
  }[];
};

type Value = { readonly type: number; readonly bytes: Buffer };
type Found = { name: string | null; type: string | null; content: Buffer | null };

const ids = {
  body: 0x800c,
  data: 0x800f,
  title: 0x8010,
  rendering: 0x9002,
  message: 0x9003,
  attachment: 0x9005,
  codepage: 0x9007,
};

/**
 * winmail.dat: what Outlook and Exchange make of a mail for their like (MS-OXTNEF). Null where it is none; of a damaged one
 * what can be read.
 */
export function readTnef(bytes: Buffer, depth = 0): TnefContent | null {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== 0x223e9f78 || depth > 5) return null;
  const files: Found[] = [];
  let text = '';
  let properties: ReadonlyMap<number, Value> = new Map();
  let codepage = 'windows-1252';
  const nested: TnefContent[] = [];
  for (let at = 6; at + 9 <= bytes.length; ) {
    const id = bytes.readUInt16LE(at + 1);
    const length = bytes.readUInt32LE(at + 5);
    const data = bytes.subarray(at + 9, at + 9 + length);
    at += 9 + length + 2;
    const file = files.at(-1);
    if (id === ids.codepage && data.length >= 4) codepage = `windows-${data.readUInt32LE(0)}`;
    else if (id === ids.body) text = decodeText(data, codepage);
    else if (id === ids.message) properties = readProperties(data);
    else if (id === ids.rendering && files.length < 1_000)
      files.push({ name: null, type: null, content: null });
    else if (file !== undefined && id === ids.title)
      file.name ??= toText({ type: 0x1e, bytes: data }, codepage);
    else if (file !== undefined && id === ids.data) file.content ??= data;
    else if (file !== undefined && id === ids.attachment)
      fillFile(file, readProperties(data), codepage, depth, nested);
  }
  const own = chooseText(text, properties, codepage);
  return {
    text: [own, ...nested.map((inner) => inner.text)].filter((one) => one.trim() !== '').join('\n\n'),
    files: [
      ...files.flatMap(({ name, type, content }) => (content === null ? [] : [{ name, type, content }])),
      ...nested.flatMap((inner) => inner.files),
    ],
  };
}

function fillFile(
  file: Found,
  properties: ReadonlyMap<number, Value>,
  codepage: string,
  depth: number,
  nested: TnefContent[],
): void {
  const name = properties.get(0x3707) ?? properties.get(0x3704);
  if (name !== undefined) file.name = toText(name, codepage);
  const type = properties.get(0x370e);
  if (type !== undefined) file.type = toText(type, codepage);
  const data = properties.get(0x3701);
  if (data === undefined) return;
  // an object: its class in front
  const content = data.type === 0x0d ? data.bytes.subarray(16) : data.bytes;
  const inner = readTnef(content, depth + 1);
  if (inner === null) file.content = content;
  else nested.push(inner);
}

function chooseText(body: string, properties: ReadonlyMap<number, Value>, codepage: string): string {
  const plain = properties.get(0x1000);
  const text = plain === undefined ? body.replaceAll('\0', '') : toText(plain, codepage);
  if (text.trim() !== '') return text.replace(/\r\n?/g, '\n');
  const html = properties.get(0x1013);
  if (html !== undefined) return htmlToText(decodeText(html.bytes, codepage));
  const rtf = properties.get(0x1009);
  return rtf === undefined ? '' : readCompressedRtf(rtf.bytes);
}

function readCompressedRtf(bytes: Buffer): string {
  // states its size when unpacked: four bytes at 4
  if (bytes.length < 16 || bytes.readUInt32LE(4) > 50_000_000) return '';
  try {
    return rtfToText(Buffer.from(decompressRTF([...bytes])).toString('latin1'), decodeText);
  } catch {
    return '';
  }
}

const toText = ({ type, bytes }: Value, codepage: string) =>
  (type === 0x1f ? bytes.toString('utf16le') : decodeText(bytes, codepage)).replace(/\0+$/, '');

const fixed: Readonly<Record<number, number>> = {
  1: 0,
  2: 4,
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 8,
  10: 4,
  11: 4,
  20: 8,
  64: 8,
  72: 16,
};

/** MAPI properties by their ids, as far as they can be read. */
function readProperties(data: Buffer): ReadonlyMap<number, Value> {
  const found = new Map<number, Value>();
  let at = 4;
  const padded = (length: number) => (length + 3) & ~3;
  while (at + 4 <= data.length && found.size < 2_000) {
    const type = data.readUInt16LE(at) & 0xefff;
    const several = (data.readUInt16LE(at) & 0x1000) !== 0;
    const id = data.readUInt16LE(at + 2);
    at += 4;
    if (id >= 0x8000) {
      if (at + 24 > data.length) break;
      const named = data.readUInt32LE(at + 16) === 1;
      at += 24 + (named ? padded(data.readUInt32LE(at + 20)) : 0);
    }
    const size = fixed[type];
    let count = 1;
    if (several || size === undefined) {
      if (at + 4 > data.length) break;
      count = data.readUInt32LE(at);
      at += 4;
    }
    for (let index = 0; index < count && at <= data.length; index += 1) {
      let length = size;
      if (length === undefined) {
        if (at + 4 > data.length) return found;
        length = data.readUInt32LE(at);
        at += 4;
      }
      if (!found.has(id)) found.set(id, { type, bytes: data.subarray(at, at + length) });
      if (length === 0 && index > 1_000) return found;
      at += padded(length);
    }
  }
  return found;
}
