import type { Algorithm } from '@node-rs/argon2';
import { normalizePassword } from './domain/password.ts';
import { AppError } from './errors.ts';

/** Passwords at rest: argon2id with the first of the parameters that OWASP's Password Storage Cheat Sheet gives. */
const parameters = {
  algorithm: 2 satisfies Algorithm.Argon2id,
  /** KiB. */
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const;

/** At a time, of the four threads that Node has for all that is slow: files and DNS need some too. */
const mostAtATime = 2;
/** Some seconds of waiting. Each holds 19 MB only once it runs. */
const mostWaiting = 100;

export type PasswordHashing = {
  readonly hash: (password: string) => Promise<string>;
  /** `hashed` null is nobody's: it takes as long as somebody's, and is never right. */
  readonly verify: (hashed: string | null, password: string) => Promise<boolean>;
  /** Whether it was made with other parameters than would be used now. */
  readonly isOutdated: (hashed: string) => Promise<boolean>;
};

/** Throws `AppError` `unavailable` where more wait than should, so that a flood of attempts takes no memory. */
export function createPasswordHashing(): PasswordHashing {
  let running = 0;
  const waiting: (() => void)[] = [];
  let nobodys: Promise<string> | null = null;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= mostAtATime) {
      if (waiting.length >= mostWaiting) throw new AppError('unavailable', 'too many are signing in');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // the place goes on to the next, or is free
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  const hashNow = async (password: string) => {
    const { hash } = await loadArgon2();
    return hash(normalizePassword(password), parameters);
  };
  return {
    hash: (password) => inTurn(() => hashNow(password)),
    verify: async (hashed, password) => {
      nobodys ??= hashNow('nobody has this password');
      const against = hashed ?? (await nobodys);
      const { verify } = await loadArgon2();
      const fits = await inTurn(() => verify(against, normalizePassword(password)));
      return fits && hashed !== null;
    },
    isOutdated: async (hashed) => {
      const { parseOptions } = await loadArgon2();
      const used = parseOptions(hashed);
      return (
        used.memoryCost !== parameters.memoryCost ||
        used.timeCost !== parameters.timeCost ||
        used.parallelism !== parameters.parallelism ||
        used.algorithm !== parameters.algorithm
      );
    },
  };
}

/** With the first password: a gateway whose staff sign in elsewhere, or not today, does without. */
const loadArgon2 = () => import('@node-rs/argon2');
