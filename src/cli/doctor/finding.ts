/** What was looked at, how it is, and how to mend it where it should be otherwise. Never holds a secret. */
export type Finding = {
  /** `warn`: works, but somebody should look. `fail`: reports are or will be in danger. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly part: string;
  readonly what: string;
  readonly mend?: string;
};

export const ok = (part: string, what: string): Finding => ({ level: 'ok', part, what });

export const warn = (part: string, what: string, mend: string): Finding => ({
  level: 'warn',
  part,
  what,
  mend,
});

export const fail = (part: string, what: string, mend: string): Finding => ({
  level: 'fail',
  part,
  what,
  mend,
});

/** The code of a driver's error: its message may name a user or quote a URL. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Redis begins its refusals with a word in capitals: WRONGPASS, NOAUTH, LOADING.
  return /^[A-Z]{4,}\b/.exec(error.message)?.[0] ?? error.name;
}
