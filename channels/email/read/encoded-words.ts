import { decodeText } from './charset.ts';
import { decodeQuotedPrintable } from './transfer-encoding.ts';

type Piece = { readonly charset: string; readonly coding: 'b' | 'q'; text: string };

/**
 * A header value as people read it (RFC 2047), tolerant of all that mailers do to encoded words: split within a character,
 * spaces or line ends inside, none between them, no end. Bytes above 127 that nobody encoded are still latin1 here, and
 * read by the charsets that the mail names elsewhere.
 */
export function decodeWords(value: string, hints: readonly string[] = []): string {
  if (!value.includes('=?')) return decodeRaw(value, hints);
  const out: string[] = [];
  let run: Piece[] = [];
  let plainFrom = 0;
  // looked for once, or a header without any would be read anew for each word
  const lastEnd = value.lastIndexOf('?=');
  let at = value.indexOf('=?');
  while (at >= 0) {
    const word = readWord(value, at, lastEnd);
    if (word === null) {
      at = value.indexOf('=?', at + 2);
      continue;
    }
    const between = value.slice(plainFrom, at);
    if (run.length > 0 && /^\s*$/.test(between)) run.push(word.piece);
    else {
      out.push(decodeRun(run), decodeRaw(between, hints));
      run = [word.piece];
    }
    plainFrom = word.end;
    at = value.indexOf('=?', word.end);
  }
  out.push(decodeRun(run), decodeRaw(value.slice(plainFrom), hints));
  return out.join('');
}

function decodeRaw(value: string, hints: readonly string[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of ISO 2022 are bytes nobody encoded either
  return /[\u0080-\u00ff]|\u001b[$(]/.test(value)
    ? decodeText(Buffer.from(value, 'latin1'), null, hints)
    : value;
}

const opening = /=\?([^?\s]{0,60})\?([BbQq])\?/y;

function beginsWord(value: string, at: number): boolean {
  opening.lastIndex = at;
  return opening.test(value);
}

function readWord(
  value: string,
  at: number,
  lastEnd: number,
): { readonly piece: Piece; readonly end: number } | null {
  opening.lastIndex = at;
  const found = opening.exec(value);
  if (found === null) return null;
  const from = opening.lastIndex;
  const coding = found[2]?.toLowerCase() === 'b' ? 'b' : 'q';
  let to = from <= lastEnd ? value.indexOf('?=', from) : -1;
  // `?==` ends a word whose last character is an encoded one that lost its beginning; `?=3D` does not end it
  const next = value.indexOf('=?', from);
  let end = to + 2;
  if (to < 0 || (next >= 0 && next < to && beginsWord(value, next))) {
    to = next > from && beginsWord(value, next) ? next : value.length;
    if (coding === 'b') to = from + (/^[A-Za-z0-9+/=\s]*/.exec(value.slice(from, to))?.[0].length ?? 0);
    end = to;
  }
  const charset = (found[1] ?? '').replace(/\*.*$/, '');
  return { piece: { charset, coding, text: value.slice(from, to) }, end };
}

/** Words of the same charset one after another are one text: some mailers split characters between them. */
function decodeRun(run: readonly Piece[]): string {
  const out: string[] = [];
  for (let at = 0; at < run.length; ) {
    const first = run[at];
    if (first === undefined) break;
    const bytes: Buffer[] = [];
    while (at < run.length && run[at]?.charset.toLowerCase() === first.charset.toLowerCase()) {
      let text = run[at]?.text ?? '';
      const coding = run[at]?.coding;
      at += 1;
      // a quartet of base64 that goes on in the next word
      while (coding === 'b' && !text.includes('=') && text.replace(/\s/g, '').length % 4 !== 0) {
        const next = run[at];
        if (
          next === undefined ||
          next.coding !== 'b' ||
          next.charset.toLowerCase() !== first.charset.toLowerCase()
        )
          break;
        text += next.text;
        at += 1;
      }
      bytes.push(coding === 'b' ? decodeB(text) : decodeQ(text));
    }
    out.push(decodeText(Buffer.concat(bytes), first.charset));
  }
  return out.join('');
}

const decodeB = (text: string) =>
  /=[^=\s]/.test(text)
    ? Buffer.concat(text.split(/=+/).map((block) => Buffer.from(block, 'base64')))
    : Buffer.from(text, 'base64');

const decodeQ = (text: string) =>
  decodeQuotedPrintable(Buffer.from(text.replaceAll('_', ' ').replace(/[\r\n]+/g, ''), 'latin1'));
