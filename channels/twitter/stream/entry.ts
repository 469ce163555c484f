import type { XFailure } from '../failure.ts';
import { readRefusal } from '../failure.ts';
import type { StreamEnd } from './reconnect.ts';
import { ruleTag } from './rules.ts';

/** What one line of the stream says. */
export type StreamEntry =
  /** `answer` has one post, and what it refers to. */
  | { readonly kind: 'post'; readonly answer: object; readonly isOurs: boolean }
  /** X is about to hang up; null where it does not matter why. */
  | { readonly kind: 'farewell'; readonly end: StreamEnd | null }
  | { readonly kind: 'unreadable' };

/** `ids` are those of our rules: what only others' rules found is not ours. */
export function readStreamEntry(line: string, ids: ReadonlySet<string>): StreamEntry {
  const given = parse(line);
  if (given === null) return { kind: 'unreadable' };
  const { data, matching_rules: rules } = given;
  if (typeof data === 'object' && data !== null) {
    const isOurs = !Array.isArray(rules) || rules.some((rule) => isOurRule(rule, ids));
    return { kind: 'post', answer: given, isOurs };
  }
  const problem = listProblems(given)[0];
  return problem === undefined ? { kind: 'unreadable' } : { kind: 'farewell', end: endBy(problem) };
}

/** Why X did not open the stream, or closes it. */
export function endByAnswer(
  status: number,
  headers: Parameters<typeof readRefusal>[0]['headers'],
  body: string,
  now: Date,
): StreamEnd {
  const given = parse(body);
  if (given !== null && listProblems(given).some(isCrowded)) return { kind: 'crowded' };
  return { kind: 'failed', failure: readRefusal({ status, headers, body: given }, now) };
}

type Fields = Readonly<Record<string, unknown>>;

function endBy(problem: Fields): StreamEnd | null {
  if (isCrowded(problem)) return { kind: 'crowded' };
  // There is no status any more: only what the problem itself says counts.
  const failure: XFailure = readRefusal({ status: 0, headers: {}, body: problem }, new Date(0));
  return failure.kind === 'credits' ? { kind: 'failed', failure } : null;
}

/** Also 429, but not because too much was asked: waiting for a limit to be reset does not help. */
const isCrowded = ({ connection_issue }: Fields): boolean => connection_issue === 'TooManyConnections';

/** X says a problem by itself, or in a list. */
const listProblems = (given: Fields): readonly Fields[] => [
  ...(Array.isArray(given['errors']) ? given['errors'].map((each) => Object(each) as Fields) : []),
  ...(typeof given['title'] === 'string' ? [given] : []),
];

const isOurRule = (rule: unknown, ids: ReadonlySet<string>): boolean => {
  const { id, tag } = Object(rule) as Fields;
  return tag === ruleTag || ids.has(String(id));
};

function parse(text: string): Fields | null {
  try {
    const given: unknown = JSON.parse(text);
    return typeof given === 'object' && given !== null ? (given as Fields) : null;
  } catch {
    return null;
  }
}
