import { decodeUu, decodeYencLine } from './transfer-encoding.ts';

export type EmbeddedFile = { readonly name: string; readonly content: Buffer };

/** Files that stand in the text itself, uuencoded or as yEnc; the text is given as latin1 and comes back without them. */
export function takeEmbeddedFiles(text: string): {
  readonly text: string;
  readonly files: readonly EmbeddedFile[];
} {
  if (!/^(?:begin(?:-base64)? [0-7]{3,4} |=ybegin )/m.test(text)) return { text, files: [] };
  const files: EmbeddedFile[] = [];
  const out: string[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]?.replace(/\r$/, '') ?? '';
    const end = files.length < 100 && /^(?:begin|=ybegin)/.test(line) ? takeOne(line, lines, at, files) : -1;
    if (end < 0) out.push(line);
    else at = end;
  }
  return { text: out.join('\n'), files };
}

/** The line on which the file ends; -1 where it is none. */
function takeOne(line: string, lines: readonly string[], at: number, files: EmbeddedFile[]): number {
  const begin = /^begin(-base64)? [0-7]{3,4} (.+)$/.exec(line);
  if (begin !== null) {
    const body: string[] = [];
    let to = at + 1;
    for (; to < lines.length; to += 1) {
      const next = lines[to]?.replace(/\r$/, '') ?? '';
      if (next === 'end' || next === '====') break;
      if (begin[1] === undefined && !isUuLine(next)) {
        to -= 1;
        break;
      }
      body.push(next);
    }
    if (body.length === 0) return -1;
    const content = begin[1] === undefined ? decodeUu(body) : Buffer.from(body.join(''), 'base64');
    files.push({ name: begin[2]?.trim() ?? 'file', content });
    return Math.min(to, lines.length - 1);
  }
  const name = /^=ybegin .*?\bname=(.+)$/.exec(line)?.[1]?.trim();
  if (name === undefined) return -1;
  const blocks: Buffer[] = [];
  let to = at + 1;
  for (; to < lines.length && !lines[to]?.startsWith('=yend'); to += 1) {
    const next = lines[to]?.replace(/\r$/, '') ?? '';
    if (!next.startsWith('=ypart')) blocks.push(decodeYencLine(next));
  }
  files.push({ name, content: Buffer.concat(blocks) });
  return Math.min(to, lines.length - 1);
}

/** Its first character says how many bytes it holds; blanks at the end may be lost. */
function isUuLine(line: string): boolean {
  if (line === '' || line === '`') return true;
  const length = (line.charCodeAt(0) - 32) & 63;
  const needed = Math.ceil(length / 3) * 4 + 1;
  return /^[\x20-\x60]+$/.test(line) && line.length <= needed + 2 && line.length >= Math.min(2, needed);
}
