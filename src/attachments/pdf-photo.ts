import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import {
  decodePDFRawStream,
  PDFArray,
  PDFContext,
  PDFDict,
  PDFName,
  type PDFObject,
  PDFRawStream,
} from 'pdf-lib';

export type Photo = {
  readonly jpeg: Buffer;
  /** Whether it was packed once more in something else. */
  readonly isWrapped: boolean;
  /** What its decoder has to be told, where it has. */
  readonly parameters: PDFObject | undefined;
};

const unpack = promisify(inflate);

/**
 * The photo that a stream is (ISO 32000-1, 7.4.8), out of what it is packed in besides; null where the stream is none.
 * `'damaged'` where it unpacks to more than `room`, or is packed in a way that no program takes with photos.
 */
export async function unwrapPhoto(stream: PDFRawStream, room: number): Promise<Photo | null | 'damaged'> {
  const filters = listOf(stream.dict, 'Filter').map(String);
  if (!filters.includes('/DCTDecode')) return null;
  const wrappings = filters.slice(0, -1);
  const parameters = listOf(stream.dict, 'DecodeParms');
  if (parameters.slice(0, wrappings.length).some(isPredicted)) return 'damaged';
  let jpeg: Buffer = Buffer.from(stream.contents);
  for (const filter of wrappings) {
    const unpacked = await unwrap(filter, jpeg, room).catch(() => null);
    if (unpacked === null) return 'damaged';
    jpeg = unpacked;
  }
  const own = parameters[wrappings.length];
  return { jpeg, isWrapped: wrappings.length > 0, parameters: own instanceof PDFDict ? own : undefined };
}

/** One object, or several in an array; each may lie elsewhere. */
function listOf(dict: PDFDict, name: string): readonly (PDFObject | undefined)[] {
  const value = dict.lookup(PDFName.of(name));
  if (value === undefined) return [];
  return value instanceof PDFArray ? value.asArray().map((_, index) => value.lookup(index)) : [value];
}

const isPredicted = (parameters: PDFObject | undefined): boolean =>
  parameters instanceof PDFDict && String(parameters.lookup(PDFName.of('Predictor')) ?? 1) !== '1';

async function unwrap(filter: string, bytes: Buffer, room: number): Promise<Buffer | null> {
  switch (filter) {
    case '/FlateDecode':
      return unpack(bytes, { maxOutputLength: Math.max(room, 1) });
    case '/ASCII85Decode':
    case '/ASCIIHexDecode': {
      // "z" makes four bytes of one, and nothing makes more.
      if (bytes.length * 4 > room) return null;
      const facts = PDFContext.create().obj({ Filter: filter.slice(1) });
      return Buffer.from(decodePDFRawStream(PDFRawStream.of(facts, bytes)).decode());
    }
    default:
      return null;
  }
}
