/**
 * Failures a caller can act on. One place turns a code into HTTP (`src/http/problems.ts`), one into queue
 * behaviour (`src/queue/bullmq.ts`); a new code exists only because one of them branches on it.
 */
export type ErrorCode =
  | 'malformed' // not parseable at all: broken JSON, wrong charset
  | 'invalid' // parseable, but fields are missing or of the wrong type; `fields` says which
  | 'consent-missing'
  | 'text-empty'
  | 'too-large'
  | 'agency-unknown'
  | 'topic-unknown'
  | 'unauthenticated' // signature or secret missing or wrong
  | 'stale' // authentic, but signed too long ago: a replay
  | 'idempotency-conflict' // the key was used before, for another content
  | 'tracking-id-mistyped' // the check digit does not fit
  | 'not-found'
  | 'conflict'
  | 'forbidden'
  | 'config' // a setting has a value that cannot be used; the message names it
  | 'too-many-requests' // more than one address or one sender may send; `quota` says how many, and when to go on
  | 'storage-full' // there is no room for a file; a report without it is taken
  | 'unavailable'; // a part we depend on is away; trying again helps

/** One field of the input that cannot be used; `path` is a JSON pointer (RFC 6901). */
export type FieldProblem = { readonly path: string; readonly problem: string };

/** How many were allowed, and in how many seconds that many are again. */
export type Quota = { readonly limit: number; readonly resetSeconds: number };

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly fields: readonly FieldProblem[];
  /** Only of `too-many-requests`. */
  readonly quota: Quota | null;

  /** `message` may reach the sender: it never holds SQL, a stack or personal data. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; fields?: readonly FieldProblem[]; quota?: Quota } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? [];
    this.quota = options.quota ?? null;
  }
}

/**
 * What a log or a member of staff may be told of any failure: its name, and the code and constraint a driver gave it.
 * Never the message: drivers quote values in it.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const facts = error as Error & { readonly code?: unknown; readonly constraint?: unknown };
  return [error.name, facts.code, facts.constraint].filter((fact) => typeof fact === 'string').join(' ');
}

/** The line of code it failed at, for the log; undefined where the stack does not say. */
export function findPlace(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { stack = '', message } = error;
  // A stack begins with the message, of which some line may look like a place.
  const behind = stack.indexOf(message);
  if (behind === -1) return undefined;
  return /^ +at .*:\d+:\d+\)?$/m.exec(stack.slice(behind + message.length))?.[0].trim();
}
