import { decodeText } from './charset.ts';
import { decodeWords } from './encoded-words.ts';

/** A value such as that of Content-Type: what stands first, lower case, and its parameters by their names in lower case. */
export type Parametrized = { readonly value: string; readonly parameters: ReadonlyMap<string, string> };

/** Understands RFC 2231, and what mailers write in its stead: encoded words, bare bytes, blanks without quotes. */
export function parseParameters(field: string, hints: readonly string[] = []): Parametrized {
  const bounded = field.slice(0, 20_000);
  const pieces = splitAtSemicolons(bounded);
  const first = stripComments(pieces[0] ?? '').trim();
  const value = (/^[^\s;=,]*/.exec(first)?.[0] ?? '').toLowerCase().replace(/^["']|["']$/g, '');
  const raw = new Map<string, string>();
  // no semicolon before the first parameter
  const rest = first.slice(first.search(/\s|$/)).trim();
  for (const piece of [...(rest.includes('=') ? [rest] : []), ...pieces.slice(1)]) {
    const equals = piece.indexOf('=');
    if (equals < 0) continue;
    const name = stripComments(piece.slice(0, equals)).trim().toLowerCase();
    if (name !== '' && !raw.has(name)) raw.set(name, unquote(piece.slice(equals + 1).trim()));
  }
  return { value, parameters: joinContinuations(raw, hints) };
}

function splitAtSemicolons(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\' && quoted) at += 1;
    else if (character === '"') quoted = quoted ? false : text.indexOf('"', at + 1) > 0;
    else if (character === ';' && !quoted) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}

const stripComments = (text: string) => (text.includes('"') ? text : text.replace(/\([^()]*\)/g, ' '));

function unquote(text: string): string {
  if (text.startsWith('"')) {
    const inner = /^"((?:[^"\\]|\\.)*)"?/s.exec(text)?.[1] ?? '';
    // a path of Windows has backslashes that escape nothing
    return /^[A-Za-z]:\\/.test(inner) ? inner : inner.replace(/\\(["\\])/g, '$1');
  }
  if (text.startsWith("'") && text.endsWith("'") && text.length > 1) return text.slice(1, -1);
  return text.replace(/\s+\([^()]*\)\s*$/, '').trim();
}

type Segment = { readonly index: number; readonly text: string; readonly encoded: boolean };

function joinContinuations(raw: ReadonlyMap<string, string>, hints: readonly string[]): Map<string, string> {
  const joined = new Map<string, string>();
  const segments = new Map<string, Segment[]>();
  for (const [name, text] of raw) {
    const found = /^([^*]+)\*(\d{1,4})?(\*)?$/.exec(name);
    if (found === null) {
      if (!joined.has(name)) joined.set(name, decodeWords(text, hints));
      continue;
    }
    const [, base = '', index, star] = found;
    const list = segments.get(base) ?? [];
    list.push({ index: Number(index ?? 0), text, encoded: star !== undefined || index === undefined });
    segments.set(base, list);
  }
  for (const [name, list] of segments) {
    list.sort((a, b) => a.index - b.index);
    joined.set(name, decodeSegments(list, hints));
  }
  return joined;
}

function decodeSegments(list: readonly Segment[], hints: readonly string[]): string {
  let charset: string | null = null;
  const bytes: Buffer[] = [];
  for (const [position, { text, encoded }] of list.entries()) {
    let rest = text;
    if (position === 0 && encoded) {
      const found = /^([^']*)'[^']*'(.*)$/s.exec(text);
      if (found !== null) {
        charset = found[1] ?? null;
        rest = found[2] ?? '';
      }
    }
    bytes.push(encoded ? unpercent(rest) : Buffer.from(rest, 'latin1'));
  }
  const all = Buffer.concat(bytes);
  const plain = all.toString('latin1');
  return plain.includes('=?') ? decodeWords(plain, hints) : decodeText(all, charset, hints);
}

const unpercent = (text: string) =>
  Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
