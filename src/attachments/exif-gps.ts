/** Degrees, WGS 84. */
export type Gps = { readonly lat: number; readonly lon: number };

/** Tags of EXIF 2.32, 4.6.3 and 4.6.6. */
const gpsFolderTag = 0x8825;
const tags = { latRef: 1, lat: 2, lonRef: 3, lon: 4 } as const;
const ascii = 2;
const rational = 5;

/** Where a camera says it was; null where it says nothing, or nothing that can be. */
export function readGps(exif: Buffer | undefined): Gps | null {
  if (exif === undefined) return null;
  const start = exif.indexOf('Exif\0\0') === 0 ? 6 : 0;
  try {
    return readTiff(exif.subarray(start));
  } catch (error) {
    // It points behind its own end.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readTiff(tiff: Buffer): Gps | null {
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return null;
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (order === 'II' ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  /** Where the entry with this tag is in the folder at `folder`; null where it has none. */
  const findEntry = (folder: number, tag: number): number | null => {
    for (let index = 0; index < short(folder); index += 1) {
      const entry = folder + 2 + index * 12;
      if (short(entry) === tag) return entry;
    }
    return null;
  };
  const pointer = findEntry(long(4), gpsFolderTag);
  if (pointer === null) return null;
  const folder = long(pointer + 8);
  const letter = (tag: number): string => {
    const entry = findEntry(folder, tag);
    return entry === null || short(entry + 2) !== ascii ? '' : tiff.toString('latin1', entry + 8, entry + 9);
  };
  const degrees = (tag: number): number => {
    const entry = findEntry(folder, tag);
    if (entry === null || short(entry + 2) !== rational || long(entry + 4) !== 3) return Number.NaN;
    const values = long(entry + 8);
    const part = (index: number) => long(values + index * 8) / long(values + index * 8 + 4);
    return part(0) + part(1) / 60 + part(2) / 3600;
  };
  const lat = degrees(tags.lat) * (letter(tags.latRef) === 'S' ? -1 : 1);
  const lon = degrees(tags.lon) * (letter(tags.lonRef) === 'W' ? -1 : 1);
  // A phone that has no fix writes zeros.
  const isPlace = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && !(lat === 0 && lon === 0);
  return isPlace ? { lat: rounded(lat), lon: rounded(lon) } : null;
}

/** Six digits are a hand's breadth. */
const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;
