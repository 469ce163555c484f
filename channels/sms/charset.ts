/** A text, and the encoding that made sense of its bytes. */
export type Decoded = { readonly text: string; readonly encoding: string };

/**
 * Never fails: bytes that are not in the charset they are said to be in are read by their data coding, else as UTF-8,
 * else as windows-1252, in which any byte is a character.
 */
export function decodeText(
  bytes: Buffer,
  declared: { readonly charset: string; readonly coding: string },
): Decoded {
  const encodings = [encodingOf(declared.charset), declared.coding === '2' ? 'utf-16be' : null, 'utf-8'];
  for (const encoding of encodings) {
    const text = encoding === null ? null : decodeAs(bytes, encoding);
    if (encoding !== null && text !== null) return { text, encoding };
  }
  return { text: decodeWindows1252(bytes), encoding: 'windows-1252' };
}

/** Null where the charset is unknown, or no charset of text: Kannel says `8-BIT` for binary messages. */
function encodingOf(charset: string): string | null {
  const label = charset.trim().toLowerCase();
  // Big-endian on the air interface (3GPP TS 23.038, section 6.2.3); the Encoding standard takes them for little-endian.
  if (/^(utf-?16(be)?|(iso-10646-)?ucs-?2(be)?)$/.test(label)) return 'utf-16be';
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null;
  }
}

function decodeAs(bytes: Buffer, encoding: string): string | null {
  if (encoding === 'utf-16be') return decodeUtf16(bytes);
  if (encoding === 'windows-1252') return decodeWindows1252(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Not strict about half a surrogate pair: that is all that arrives where the other half was in a part that got lost. */
function decodeUtf16(bytes: Buffer): string | null {
  const decoder = new TextDecoder('utf-16be');
  if (bytes.length % 2 === 0) return decoder.decode(bytes);
  // Kannel's %a cuts the last byte off a text that ends in a space (00 20).
  return bytes.at(-1) === 0 ? decoder.decode(bytes.subarray(0, -1)) : null;
}

/** What windows-1252 has at 80 to 9F; Node 20 decodes control characters there (nodejs/node#56542). */
const upperControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

function decodeWindows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (control) => upperControls[control.charCodeAt(0) - 0x80] ?? control);
}
