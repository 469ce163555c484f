/** Part `number` of `total`, of all that have the same `reference`. */
export type Concatenation = {
  readonly reference: string;
  readonly total: number;
  readonly number: number;
};

/**
 * What a user data header says of concatenation: information elements 00 and 08 (3GPP TS 23.040, sections 9.2.3.24.1 and
 * 9.2.3.24.8); null where the message is whole, or the header cannot be read.
 */
export function readConcatenation(udh: Buffer): Concatenation | null {
  for (let at = 1; at + 1 < udh.length; at += 2 + (udh[at + 1] ?? 0)) {
    const [id, length = 0] = [udh[at], udh[at + 1]];
    const data = udh.subarray(at + 2, at + 2 + length);
    const bits = { 0: 8, 8: 16 }[id ?? -1];
    if (bits === undefined || length !== bits / 8 + 2 || data.length !== length) continue;
    const [reference, rest] =
      bits === 8 ? [data[0], data.subarray(1)] : [data.readUInt16BE(), data.subarray(2)];
    return toConcatenation(String(reference), rest[0], rest[1]);
  }
  return null;
}

/** Null for what no phone sends: a lone part, a part 0, a part beyond the last. */
export function toConcatenation(
  reference: string,
  total: number | undefined,
  number: number | undefined,
): Concatenation | null {
  if (!Number.isInteger(total) || !Number.isInteger(number)) return null;
  const [of = 0, part = 0] = [total, number];
  return of >= 2 && of <= 255 && part >= 1 && part <= of ? { reference, total: of, number: part } : null;
}
