const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const isOpening = (byte: number) => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number) => byte === 0x5d || byte === 0x7d;

/**
 * The elements of a JSON array as the bytes they were sent in, so that each message keeps its own original and not
 * the thousands beside it. The array must have been parsed before: nothing is checked here.
 */
export function splitJsonArray(array: Buffer): readonly Buffer[] {
  const elements: Buffer[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let at = 0; at < array.length; at += 1) {
    const byte = array[at] ?? 0;
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
    } else if (isOpening(byte)) {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (isClosing(byte) || (byte === comma && depth === 1)) {
      if (depth === 1) {
        elements.push(trim(array.subarray(start, at)));
        start = at + 1;
      }
      if (byte !== comma) depth -= 1;
    }
  }
  return elements;
}

function trim(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  // A copy: a view would keep the whole request in memory for as long as one of its messages lives.
  return Buffer.from(bytes.subarray(start, end));
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The value of a member of a JSON object, as the bytes it was sent in; null where it is not found as it is usually written. */
export function findJsonMember(object: Buffer, name: string): Buffer | null {
  const start = Buffer.from(JSON.stringify(name));
  const member = splitJsonArray(object).findLast((one) => one.subarray(0, start.length).equals(start));
  const colon = member?.indexOf(':', start.length) ?? -1;
  return member === undefined || colon === -1 ? null : trim(member.subarray(colon + 1));
}
