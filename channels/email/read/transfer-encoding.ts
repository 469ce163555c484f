/** Content-Transfer-Encodings as they are met, not as they should be: none of these fails, whatever the bytes. */

const hexOf = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 65 && byte <= 70) return byte - 55;
  if (byte >= 97 && byte <= 102) return byte - 87;
  return -1;
};

const isBlank = (byte: number | undefined) => byte === 32 || byte === 9;

/** An `=` that begins no octet stays as it is: it is more often an equals sign than noise. */
export function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== 61) {
      out[length++] = byte;
      continue;
    }
    const high = hexOf(bytes[at + 1]);
    const low = hexOf(bytes[at + 2]);
    if (high >= 0 && low >= 0) {
      out[length++] = high * 16 + low;
      at += 2;
      continue;
    }
    const end = softBreakEnd(bytes, at + 1);
    if (end > 0) at = end - 1;
    else out[length++] = byte;
  }
  return out.subarray(0, length);
}

/** Where the line goes on after a soft break; 0 where there is none. Blanks before the line end are padding of old relays. */
function softBreakEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at - from < 100 && isBlank(bytes[at])) at += 1;
  if (at >= bytes.length) return bytes.length;
  if (bytes[at] === 13) return bytes[at + 1] === 10 ? at + 2 : at + 1;
  return bytes[at] === 10 ? at + 1 : 0;
}

const base64Line = /^[A-Za-z0-9+/_-]*={0,3}$/;

/**
 * `rest` is what follows the encoded lines and is none, such as the footer of a mailing list. Noise within is skipped;
 * padding in the middle, as of blocks encoded one by one, ends a block only.
 */
export function decodeBase64(bytes: Buffer): { readonly content: Buffer; readonly rest: Buffer } {
  const end = findEndOfBase64(bytes);
  const text = bytes.toString('latin1', 0, end);
  if (/[^A-Za-z0-9+/=_\s-]/.test(text)) {
    const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
    if (areWholeLines(lines))
      return { content: Buffer.concat(lines.flatMap(decodeNoisyLine)), rest: bytes.subarray(end) };
  }
  const inner = text.search(/=[\s=]*[A-Za-z0-9+/]/);
  const content =
    inner < 0
      ? Buffer.from(text, 'base64')
      : Buffer.concat(text.split(/=+/).map((block) => Buffer.from(block, 'base64')));
  return { content, rest: bytes.subarray(end) };
}

const noise = /[^A-Za-z0-9+/=_-]+/;

/** Whether each line can be decoded by itself, so that noise in one spoils no other: all but the last one have whole groups. */
function areWholeLines(lines: readonly string[]): boolean {
  const clean = lines.filter((line) => line !== '' && !noise.test(line));
  return clean.slice(0, -1).every((line) => line.length % 4 === 0);
}

/** Before the noise groups are counted from the left, after it from the right. */
function decodeNoisyLine(line: string): Buffer[] {
  const pieces = line.split(noise);
  return pieces.map((piece, index) =>
    Buffer.from(index > 0 && index === pieces.length - 1 ? piece.slice(piece.length % 4) : piece, 'base64'),
  );
}

function findEndOfBase64(bytes: Buffer): number {
  let start = 0;
  while (start < bytes.length) {
    const feed = bytes.indexOf(10, start);
    const end = feed < 0 ? bytes.length : feed;
    if (end - start <= 400) {
      const line = bytes.toString('latin1', start, end).trim();
      if (line !== '' && (isRuler(line) || (!base64Line.test(line) && readsLikeWords(line)))) return start;
    }
    start = end + 1;
  }
  return bytes.length;
}

const isRuler = (line: string) => /^(?:[-_*]{3,}|={5,})$/.test(line);

/** Several words: noise of the line has none. */
const readsLikeWords = (line: string) => /(?:^|\s)[A-Za-z]{2,}[,.:;!?]?\s+[A-Za-z(<]/.test(line);

/** Lines of uuencode, from the one after `begin` to `end` or as far as they go. */
export function decodeUu(lines: readonly string[]): Buffer {
  const blocks: Buffer[] = [];
  for (const line of lines) {
    const length = (line.charCodeAt(0) - 32) & 63;
    if (line === '' || length === 0) continue;
    const block = Buffer.alloc(Math.ceil(length / 3) * 3);
    for (let at = 1, to = 0; to < length; at += 4, to += 3) {
      const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map(
        (n) => ((line.charCodeAt(at + n) || 32) - 32) & 63,
      );
      block[to] = (a << 2) | (b >> 4);
      block[to + 1] = ((b << 4) | (c >> 2)) & 255;
      block[to + 2] = ((c << 6) | d) & 255;
    }
    blocks.push(block.subarray(0, length));
  }
  return Buffer.concat(blocks);
}

/** A line of yEnc, as latin1. */
export function decodeYencLine(line: string): Buffer {
  const out = Buffer.allocUnsafe(line.length);
  let length = 0;
  for (let at = 0; at < line.length; at += 1) {
    let code = line.charCodeAt(at);
    if (code === 61) {
      at += 1;
      code = line.charCodeAt(at) - 64;
    }
    out[length++] = (code - 42) & 255;
  }
  return out.subarray(0, length);
}

export type TransferEncoding = 'identity' | 'quoted-printable' | 'base64' | 'uuencode';

/** Misspelt names are taken for what they mean. */
export function parseTransferEncoding(value: string): TransferEncoding {
  const name = value.toLowerCase().replace(/\([^)]*\)/g, '');
  if (/quoted.?printable|^\s*"?qp\b/.test(name)) return 'quoted-printable';
  if (/base.?64|^\s*"?b64\b/.test(name)) return 'base64';
  return /x?-?uu(e|encode|code)?\b/.test(name) ? 'uuencode' : 'identity';
}
