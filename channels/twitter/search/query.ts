import type { TwitterConfig } from '../../../src/config/twitter.ts';
import { AppError } from '../../../src/errors.ts';

/** In characters (docs.x.com/x-api/posts/search/introduction). */
const longest = { 'pay-per-use': 512, enterprise: 4_096 } as const;

/**
 * Finds what calls us, by any of the terms, and what is said to our account: the answers to our answers. Throws `AppError`
 * `config` where the plan does not take a query that long.
 */
export function buildQuery({
  terms,
  account,
  plan,
}: Pick<TwitterConfig, 'terms' | 'account' | 'plan'>): string {
  const own = `@${account}`;
  const isThere = terms.some((term) => term.toLowerCase() === own.toLowerCase());
  const wanted = isThere ? terms : [...terms, own];
  const any = wanted.join(' OR ');
  const query = `${wanted.length === 1 ? any : `(${any})`} -is:retweet -from:${account}`;
  if (query.length > longest[plan]) {
    throw new AppError(
      'config',
      `TWITTER_TERMS makes a query of ${query.length} characters, and X takes ${longest[plan]} with TWITTER_PLAN=${plan}`,
    );
  }
  return query;
}
