import type { TwitterPrices } from '../../src/config/twitter.ts';
import type { Cost } from '../../src/domain/budget.ts';

/**
 * What reading costs. X charges "per resource returned in the response" (docs.x.com/x-api/getting-started/pricing), so what a
 * post refers to is counted as well; that the same one is charged but once a day is not.
 */

/** A post may answer one and quote another. */
const mostReferred = 2;
const mostMedia = 4;

/** What an answer with so many posts may cost at most. */
export const mostCostOf = (posts: number, { post, user }: TwitterPrices): Cost => ({
  posts: posts * (1 + mostReferred),
  microdollars: posts * ((1 + mostReferred + mostMedia) * post + user),
});

/** So many posts can be asked for with so much left. */
export function affordablePosts(left: Cost, prices: TwitterPrices): number {
  const one = mostCostOf(1, prices);
  const perMoney = one.microdollars === 0 ? Number.POSITIVE_INFINITY : left.microdollars / one.microdollars;
  return Math.floor(Math.min(left.posts / one.posts, perMoney));
}

/** What an answer cost; media at the price of posts, as X has it. It is renaming tweets to posts. */
export function costOf(answer: unknown, { post, user }: TwitterPrices): Cost {
  const { data, includes } = Object(answer) as { readonly data?: unknown; readonly includes?: unknown };
  const { tweets, posts: renamed, users, media } = Object(includes) as Readonly<Record<string, unknown>>;
  const posts = countOf(data) + countOf(tweets) + countOf(renamed);
  return { posts, microdollars: (posts + countOf(media)) * post + countOf(users) * user };
}

const countOf = (given: unknown): number =>
  Array.isArray(given) ? given.length : Number(given !== undefined && given !== null);
