import { isUnavailable } from '../db/pool.ts';
import { AppError } from '../errors.ts';

/**
 * Says on stderr what went wrong, for whoever typed the command, and sets the exit code: 2 where it was called wrongly,
 * else 1. What nobody can act on is a bug and is thrown on with its stack.
 */
export function fail(error: unknown): void {
  if (error instanceof AppError) {
    for (const line of [error.message, ...error.fields.map(({ path, problem }) => `${path}: ${problem}`)]) {
      console.error(line);
    }
    process.exitCode = error.code === 'invalid' || error.code === 'malformed' ? 2 : 1;
  } else if (hasCode(error, '42P01')) {
    console.error('The database is not up to date: run "lapor migrate" first.');
    process.exitCode = 1;
  } else if (hasCode(error, 'EADDRINUSE')) {
    console.error('PORT is taken by another process: stop it, or set PORT to another port.');
    process.exitCode = 1;
  } else if (isUnavailable(error)) {
    console.error('PostgreSQL cannot be reached: check DATABASE_URL, or unset it to use the embedded one.');
    process.exitCode = 1;
  } else {
    throw error;
  }
}

/** PostgreSQL's `undefined_table`, Node's `EADDRINUSE` and the like. */
function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
