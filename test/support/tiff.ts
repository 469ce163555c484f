/** One page of a scan, in 256 greys, row by row; a page may claim another size than it has. */
export type TiffPage = {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
};

/**
 * A scan as scanners write it (TIFF 6.0): one file, its pages one after the other. `artist` is who made it; `endless` has the
 * last page lead back to the first.
 */
export function writeTiff(
  pages: readonly TiffPage[],
  { artist = '', endless = false }: { readonly artist?: string; readonly endless?: boolean } = {},
): Buffer {
  const maker = Buffer.from(`${artist}\0\0\0\0`);
  const [short, long, ascii] = [3, 4, 2];
  const start = 8 + maker.length;
  const entries = 10;
  const directoryBytes = 2 + entries * 12 + 4;
  const parts: Buffer[] = [];
  let at = start;
  for (const [index, { width, height, pixels }] of pages.entries()) {
    const directory = Buffer.alloc(directoryBytes);
    const pixelsAt = at + directoryBytes;
    const nextAt = pixelsAt + pixels.length;
    const fields = [
      [256, long, 1, width],
      [257, long, 1, height],
      [258, short, 1, 8],
      [259, short, 1, 1],
      [262, short, 1, 1],
      [273, long, 1, pixelsAt],
      [277, short, 1, 1],
      [278, long, 1, height],
      [279, long, 1, pixels.length],
      [315, ascii, maker.length, 8],
    ] as const;
    directory.writeUInt16LE(entries, 0);
    for (const [number, [tag, type, count, value]] of fields.entries()) {
      const field = 2 + number * 12;
      directory.writeUInt16LE(tag, field);
      directory.writeUInt16LE(type, field + 2);
      directory.writeUInt32LE(count, field + 4);
      directory.writeUInt32LE(value, field + 8);
    }
    const isLast = index === pages.length - 1;
    directory.writeUInt32LE(isLast ? (endless ? start : 0) : nextAt, directoryBytes - 4);
    parts.push(directory, pixels);
    at = nextAt;
  }
  const head = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(start, 4);
  return Buffer.concat([head, maker, ...parts]);
}

/** White, but for a black bar. */
export function greyPage(width: number, height: number): TiffPage {
  const pixels = Buffer.alloc(width * height, 255);
  pixels.fill(0, width * 4, width * 8);
  return { width, height, pixels };
}
