import type { ApiResponseError } from 'twitter-api-v2';

/**
 * What it means that a call failed. No word of X's answer is in it: they name accounts, and quote what was asked for. All but
 * `in-doubt` say that nothing was carried out.
 */
export type XFailure =
  | { readonly kind: 'rate-limited'; readonly until: Date }
  | { readonly kind: 'unauthorized' }
  /** `reason` is a code as below, or X's own one; null where there is none. */
  | { readonly kind: 'forbidden'; readonly reason: string | null }
  /** Nothing is left of what was paid for, or of what the month allows. */
  | { readonly kind: 'credits' }
  | { readonly kind: 'not-found' }
  /** `parameter` is the one that X does not like, where it says so. */
  | { readonly kind: 'invalid'; readonly parameter: string | null }
  /** There was no connection. */
  | { readonly kind: 'unreachable' }
  /** Broken off, too slow, or X failed at it: it may have been carried out. `answered`: X said so, and gave out nothing. */
  | { readonly kind: 'in-doubt'; readonly answered: boolean };

/** Reasons that X gives in words alone. */
const knownReasons: readonly (readonly [reason: string, words: RegExp])[] = [
  ['duplicate', /duplicate content/i],
  ['not-summoned', /(not|n't) (been )?(mentioned|summoned|engaged|quoted)|otherwise engaged/i],
  ['replies-restricted', /restricted who can reply|reply to this conversation is not allowed/i],
  ['post-gone', /deleted or not visible/i],
  ['suspended', /suspended/i],
  ['locked', /temporarily locked/i],
  ['read-only', /oauth1[- ]permissions|not configured with the appropriate/i],
];

/** An answer that refuses, as far as it matters here; header names are in lower case. */
export type Refusal = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
};

/** Anything that a call rejects with; what is unknown is in doubt. */
export function readFailure(error: unknown, now: Date): XFailure {
  if (isAnswer(error)) {
    return readRefusal({ status: error.code, headers: error.headers, body: error.data }, now);
  }
  return isBeforeConnection(error) ? { kind: 'unreachable' } : { kind: 'in-doubt', answered: false };
}

/** Told by its mark, not by its class: so the library is loaded only where calls are made. */
const isAnswer = (error: unknown): error is ApiResponseError =>
  error instanceof Error && (error as Partial<ApiResponseError>).type === answered;
const answered = 'response' as ApiResponseError['type'];

export function readRefusal({ status, headers, body }: Refusal, now: Date): XFailure {
  const problem = readProblem(body);
  if (status === 402 || isAboutMoney(problem)) return { kind: 'credits' };
  if (status === 429) return { kind: 'rate-limited', until: findReset(headers, now) };
  if (status === 401) return { kind: 'unauthorized' };
  if (status === 403) return { kind: 'forbidden', reason: findReason(problem) };
  if (status === 404) return { kind: 'not-found' };
  if (status >= 400 && status < 500) return { kind: 'invalid', parameter: findParameter(body) };
  return { kind: 'in-doubt', answered: true };
}

/** How a failure is told to staff. */
export function describeXFailure(failure: XFailure): string {
  switch (failure.kind) {
    case 'rate-limited':
      return `X wants no more requests before ${failure.until.toISOString()}`;
    case 'unauthorized':
      return 'X does not accept the credentials (401): are the tokens in TWITTER_… still valid?';
    case 'forbidden':
      return `X refuses it (403${failure.reason === null ? '' : `, ${failure.reason}`})`;
    case 'credits':
      return 'the credits at X are used up, or its spending limit is reached';
    case 'not-found':
      return 'X does not know it (404)';
    case 'invalid':
      return `X finds the request wrong${failure.parameter === null ? '' : `: ${failure.parameter}`}`;
    case 'unreachable':
      return 'X cannot be reached';
    case 'in-doubt':
      return failure.answered ? 'X failed at it (5xx)' : 'X broke off, or did not answer in time';
  }
}

/**
 * When X takes requests again, by our clock: its headers count by its own. Only what is used up counts; a minute where it
 * does not say.
 */
export function findReset(headers: Refusal['headers'], now: Date): Date {
  const read = (name: string): number => Number(headers[name] ?? Number.NaN);
  const date = Date.parse(String(headers.date));
  const ahead = Number.isNaN(date) ? 0 : date - now.getTime();
  const resets = ['x-rate-limit', 'x-app-limit-24hour', 'x-user-limit-24hour']
    .filter((limit) => read(`${limit}-remaining`) === 0)
    .map((limit) => read(`${limit}-reset`) * 1_000 - ahead)
    .filter((reset) => Number.isFinite(reset));
  const until = resets.length > 0 ? Math.max(...resets) : now.getTime() + 60_000;
  return new Date(Math.min(Math.max(until, now.getTime() + 1_000), now.getTime() + dayMs));
}

const dayMs = 24 * 60 * 60_000;

type Problem = Readonly<Record<'title' | 'detail' | 'type' | 'reason', string>>;

function readProblem(body: unknown): Problem {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const word = (name: string) => (typeof given[name] === 'string' ? given[name] : '');
  return { title: word('title'), detail: word('detail'), type: word('type'), reason: word('reason') };
}

/** X says 402 or 403 where the credits are used up, and 429 where the month's cap is. */
const isAboutMoney = ({ title, type }: Problem): boolean =>
  /^(CreditsDepleted|SpendCapReached|UsageCapExceeded)$/.test(title) ||
  /\/(credits|usage-capped)$/.test(type);

function findReason({ detail, title, type, reason }: Problem): string | null {
  const known = knownReasons.find(([, words]) => words.test(`${title} ${detail}`));
  if (known !== undefined) return known[0];
  return (
    [reason, type.slice(type.lastIndexOf('/') + 1)].find((code) => /^[a-z][a-z-]{2,40}$/.test(code)) ?? null
  );
}

function findParameter(body: unknown): string | null {
  const errors = (body as { readonly errors?: unknown } | null)?.errors;
  const [first] = Array.isArray(errors) ? errors : [];
  const [name] = Object.keys((first as { readonly parameters?: object } | undefined)?.parameters ?? {});
  return name !== undefined && /^[a-z_.]{1,40}$/.test(name) ? name : null;
}

/** Nothing was sent yet. `requestError` of the library is always undefined (1.29.1): what it means lies beside it. */
function isBeforeConnection(error: unknown): boolean {
  const { _options: options } = Object(error) as { readonly _options?: { readonly error?: unknown } };
  const { code, syscall } = Object(options?.error) as { readonly code?: unknown; readonly syscall?: unknown };
  return (
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(String(code))
  );
}
