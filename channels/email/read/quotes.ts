import type { MailAddress } from '../../../src/domain/mail.ts';
import { parseAddresses, withAddress } from './addresses.ts';
import { historyBegins, historyEnds } from './html.ts';
import {
  isForwardLine,
  isForwardSubject,
  isOriginalMessageLine,
  matchAttribution,
  matchHeaderBlock,
} from './reply-lines.ts';
import { findSignature } from './signature.ts';

export type OwnWords = {
  readonly text: string;
  /** In their order; together with `text` every word that there was. */
  readonly quoted: readonly string[];
  readonly forwardedFrom: MailAddress | null;
};

const hasWords = (text: string) => /[\p{L}\p{N}]/u.test(text);
const isMarker = (line: string) => line === historyBegins || line === historyEnds;

/**
 * Parts what somebody writes from what they cite and from their signature, and only where that is sure: answers between
 * the lines stay with the lines, a forwarded mail is what counts, and where nothing would be left nothing is cut.
 */
export function cutQuoted(text: string, subject: string): OwnWords {
  const lines = unbreak(text).split('\n');
  const forward = takeForward(lines, isForwardSubject(subject));
  if (forward !== null) return forward;
  const { own, quoted } = cutHistory(lines);
  if (!hasWords(own)) return { text: withoutMarkers(lines), quoted: [], forwardedFrom: null };
  return { text: own, quoted, forwardedFrom: null };
}

/** Mends attributions: one whose address was broken before its `>`, and one that shares a line with own words. */
const unbreak = (text: string) =>
  text
    .replace(/\n{1,2}<\n(mailto:[^\n]{1,300})\n>(?= \p{L}{2,20}:)/gu, ' <$1>')
    .replace(
      // the end of somebody's words and an attribution on one line
      /^(.{0,200}?\S)[ \t]*?((?:-{2,} ?| )(?:On|Pada) (?:\p{L}{2,9},? )?[^\n>]{0,20}\b\d{4}\b[^\n]{0,100} (?:wrote|menulis):)\n(?=\n?>)/gmu,
      '$1\n$2\n',
    )
    .replace(/(<[^\s<>]{0,200})\n>(?=(?: [^\n>]{1,40})?:[ \t]*(?:\n|$))/gu, '$1>');

const withoutMarkers = (lines: readonly string[]) => tidy(lines.filter((line) => !isMarker(line)).join('\n'));

const tidy = (text: string) =>
  text
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

/** Who wrote what is forwarded stands in the lines before it, which name people: these go with the history. */
function takeForward(lines: readonly string[], announced: boolean): OwnWords | null {
  const at = findForward(lines, announced);
  if (at < 0) return null;
  const comment = cutHistory(lines.slice(0, at));
  let rest = lines.slice(at).filter((line) => !isMarker(line));
  const quoted: string[] = [...comment.quoted];
  let forwardedFrom: MailAddress | null = null;
  for (let round = 0; round < 5; round += 1) {
    const introduction: string[] = [];
    if (
      isForwardLine(rest[0] ?? '') ||
      isOriginalMessageLine(rest[0] ?? '') ||
      /^_{5,}\s*$/.test(rest[0] ?? '')
    )
      introduction.push(...rest.splice(0, 1));
    while (rest.length > 0 && rest[0]?.trim() === '') rest.shift();
    const words = rest.filter((line) => line.trim() !== '');
    if (words.length > 0 && words.every((line) => line.startsWith('>')))
      rest = rest.map((line) => line.replace(/^> ?/, ''));
    const block = matchHeaderBlock(rest, 0, 1);
    if (block !== null) {
      introduction.push(...rest.splice(0, block.length));
      if (block.from !== null) forwardedFrom = readSender(block.from) ?? forwardedFrom;
    }
    quoted.push(tidy(introduction.join('\n')));
    while (rest.length > 0 && rest[0]?.trim() === '') rest.shift();
    // forwarded once more, with nothing added
    const next = findForward(rest.slice(0, 3), true);
    if (next !== 0) break;
  }
  // Whose signature it is was cut above: it names people as well.
  const signature = findSignature(rest);
  const unsigned = withoutMarkers(rest.slice(0, signature));
  const body = hasWords(unsigned) ? unsigned : withoutMarkers(rest);
  if (!hasWords(body) && !hasWords(comment.own)) return null;
  if (body === unsigned) quoted.push(withoutMarkers(rest.slice(signature)));
  return {
    text: tidy(hasWords(comment.own) ? `${comment.own}\n\n${body}` : body),
    quoted: quoted.filter(hasWords),
    forwardedFrom,
  };
}

const readSender = (value: string): MailAddress | null =>
  withAddress(parseAddresses(value.slice(0, 1_000)))[0] ?? null;

/** The line at which a forwarded mail is introduced, outside of anything cited; -1 where there is none. */
function findForward(lines: readonly string[], announced: boolean): number {
  for (const [at, line] of lines.entries()) {
    if (line.startsWith('>')) continue;
    if (isForwardLine(line)) return at;
    if (announced && (isOriginalMessageLine(line) || matchHeaderBlock(lines, at) !== null)) return at;
    // history comes first: what is forwarded in there was not forwarded to us
    if (isOriginalMessageLine(line) || matchAttribution(lines, at, true) > 0) return -1;
  }
  return -1;
}

/** The lines that a mailer draws above the history. */
function takeRulers(before: string[]): string[] {
  let at = before.length;
  while (at > 0 && /^[ \t>]*[-_=*]{0,100}\s*$/.test(before[at - 1] ?? '')) at -= 1;
  return at === before.length ? [] : before.splice(at);
}

type Segment = { readonly kind: 'own' | 'quote' | 'attribution'; readonly lines: string[] };

function cutHistory(lines: readonly string[]): { readonly own: string; readonly quoted: readonly string[] } {
  const start = findHistory(lines);
  const before = lines.slice(0, start.at);
  const rulers = start.end > start.at ? takeRulers(before) : [];
  const history = withoutMarkers([...rulers, ...lines.slice(start.at, start.end)]);
  const after = lines.slice(start.end);
  const segments = segment([...before, ...after].filter((line) => !isMarker(line)));
  const own: string[] = [];
  const quoted: string[] = [];
  const interleaved = isInterleaved(segments);
  for (const { kind, lines: content } of interleaved ? [] : segments) {
    if (kind !== 'own') {
      quoted.push(tidy(content.join('\n')));
      continue;
    }
    const signature = findSignature(content);
    own.push(tidy(content.slice(0, signature).join('\n')));
    quoted.push(tidy(content.slice(signature).join('\n')));
  }
  if (interleaved) own.push(...segments.map(({ lines: content }) => content.join('\n')));
  return {
    own: interleaved ? tidy(own.join('\n')) : own.filter((text) => text !== '').join('\n\n'),
    quoted: [...quoted, history].filter(hasWords),
  };
}

/** Somebody answers between the lines: own words stand after one citation and before another. */
function isInterleaved(segments: readonly Segment[]): boolean {
  let cited = false;
  let between = false;
  for (const { kind, lines } of segments) {
    if (kind === 'quote') {
      if (between) return true;
      cited = true;
    } else if (kind === 'own' && cited && hasWords(lines.slice(0, findSignature(lines)).join('')))
      between = true;
  }
  return false;
}

function segment(lines: readonly string[]): Segment[] {
  const segments: Segment[] = [];
  const add = (kind: Segment['kind'], line: string) => {
    const last = segments.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else segments.push({ kind, lines: [line] });
  };
  const cites = lines.some((line) => line.startsWith('>'));
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.startsWith('>') || isBrokenOff(lines, at)) add('quote', line);
    else if (line.trim() === '' && segments.at(-1)?.kind === 'quote') add('quote', line);
    else {
      const length = cites ? matchAttribution(lines, at, true) : 0;
      const next = lines.slice(at + length, at + length + 8).find((one) => one.trim() !== '');
      if (length > 0 && next?.startsWith('>')) {
        for (const one of lines.slice(at, at + length)) add('attribution', one);
        at += length - 1;
      } else add('own', line);
    }
  }
  return segments;
}

/** The end of a cited line that was wrapped on its way, so that it stands alone between two cited ones. */
const isBrokenOff = (lines: readonly string[], at: number) =>
  /^\p{Ll}/u.test(lines[at] ?? '') &&
  /^>.{59,}[\p{L}\d,]$/u.test(lines[at - 1] ?? '') &&
  /^>/.test(lines[at + 1] ?? '');

/** Where history begins that has no `>`, and where it ends: with the mail, unless the HTML says so. */
function findHistory(lines: readonly string[]): { readonly at: number; readonly end: number } {
  const none = { at: lines.length, end: lines.length };
  const lastCitation = lines.findLastIndex((line) => line.startsWith('>'));
  let written = false;
  let marks = 0;
  for (const [at, line] of lines.entries()) {
    if (line === historyBegins) {
      marks += 1;
      // each is looked at to its end
      if (marks > 50) continue;
      const closes = lines.indexOf(historyEnds, at);
      const end = closes < 0 ? lines.length : closes;
      const inside = lines.slice(at + 1, end);
      // with its own `>`, it is cut as any citation is, and answers between its lines are seen
      if (inside.some((one) => one.startsWith('>'))) continue;
      if (
        written ||
        hasWords(
          lines
            .slice(end)
            .filter((one) => !isMarker(one))
            .join(''),
        )
      )
        return { at, end };
      continue;
    }
    if (line === historyEnds || line.startsWith('>')) continue;
    const begins =
      isOriginalMessageLine(line) ||
      (/^_{5,}\s*$/.test(line) && matchHeaderBlock(lines, nextFilled(lines, at + 1)) !== null) ||
      matchHeaderBlock(lines, at) !== null;
    if (begins && written) return { at, end: lines.length };
    const length = matchAttribution(lines, at, false);
    if (written && length > 0 && lastCitation < at) {
      return { at, end: lines.length };
    }
    if (hasWords(line)) written = true;
  }
  return none;
}

function nextFilled(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && at < from + 5 && (lines[at] ?? '').trim() === '') at += 1;
  return at;
}
