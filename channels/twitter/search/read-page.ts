import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TwitterConfig } from '../../../src/config/twitter.ts';
import {
  type Budget,
  type BudgetState,
  type Cost,
  lesserOf,
  nothingSpent,
} from '../../../src/domain/budget.ts';
import type { XClient } from '../client.ts';
import { affordablePosts, costOf, mostCostOf } from '../cost.ts';
import { findReset, readFailure, type XFailure } from '../failure.ts';
import { postFields } from '../read/fields.ts';
import { firstIdAt } from '../snowflake.ts';
import type { Ask } from './cursor.ts';

/** What asking for a page comes to. Never more than the budget is asked for. */
export type PageOutcome =
  | {
      readonly kind: 'page';
      readonly answer: unknown;
      readonly cost: Cost;
      /** Token of the page behind it; null: it was the last one. */
      readonly next: string | null;
      /** X's clock as it answered; null where it does not say. */
      readonly at: number | null;
      /** X takes no more requests before; null: it does. */
      readonly notBefore: Date | null;
    }
  | { readonly kind: 'spent' }
  | {
      readonly kind: 'failed';
      readonly failure: XFailure;
      /** Null: nothing was delivered, so nothing is counted. */
      readonly doubt: Doubt | null;
    };

/**
 * A page that never came and may have been paid for: all that it could hold is counted. Puts that right once it is known what
 * there was to be delivered.
 */
export type Doubt = (all: Cost) => Promise<void>;

export type ReadParts = {
  readonly config: Pick<TwitterConfig, 'prices' | 'budget'>;
  readonly client: XClient;
  readonly budget: Budget;
  readonly query: string;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
};

/** What X takes (docs.x.com/x-api/posts/search/introduction). */
const fewestOnPage = 10;
const mostOnPage = 100;
/** What is left of the money for counting what waits, once nothing may be read any more. */
const shareForCounts = 0.02;

/** `isProbe`: X failed the last time, so as little as can be is put at stake. */
export async function readPage(
  { config, client, budget, query, clock, signal }: ReadParts,
  ask: Ask,
  isProbe: boolean,
): Promise<PageOutcome> {
  const { prices, budget: limits } = config;
  const wanted = isProbe ? fewestOnPage : mostOnPage;
  const count = Math.min(wanted, affordablePosts(leftForPosts(await budget.state(), limits), prices));
  const most = mostCostOf(count, prices);
  const reservation = count < fewestOnPage ? null : await budget.reserve(most);
  if (reservation === null) return { kind: 'spent' };
  const doubt: Doubt = (all) => reservation.settle(lesserOf(all, most));
  const called = await call(client, { query, ...ask }, count, signal).catch((error) => {
    if (signal.aborted) throw error;
    return readFailure(error, clock());
  });
  if ('kind' in called) {
    // Posts that we have not seen may have been counted over there.
    const isPaid = called.kind === 'in-doubt' && !called.answered;
    if (!isPaid) await reservation.settle(nothingSpent);
    return { kind: 'failed', failure: called, doubt: isPaid ? doubt : null };
  }
  const { data, headers, rateLimit } = called;
  // Half a page, or that of a proxy, is no page without posts.
  if (!isPage(data)) return { kind: 'failed', failure: { kind: 'in-doubt', answered: false }, doubt };
  const cost = costOf(data, prices);
  await reservation.settle(cost);
  return {
    kind: 'page',
    answer: data,
    cost,
    next: data.meta.next_token ?? null,
    at: readClock(headers),
    notBefore: rateLimit?.remaining === 0 ? findReset(headers as Headers, clock()) : null,
  };
}

const call = (
  client: XClient,
  { query, after, before, token }: Ask & { readonly query: string },
  count: number,
  signal: AbortSignal,
) =>
  client(
    (api) =>
      api.v2.get<unknown>(
        'tweets/search/recent',
        {
          query,
          ...postFields,
          max_results: count,
          since_id: lastIdBefore(after),
          ...(before === null ? {} : { until_id: firstIdAt(new Date(before)) }),
          ...(token === null ? {} : { next_token: token }),
        },
        { fullResponse: true },
      ),
    signal,
  );

/** How many posts there are since then, without reading them; null where X does not say, or it costs too much. */
export async function countPosts(
  { config: { prices }, client, budget, query, signal }: ReadParts,
  since: number,
): Promise<number | null> {
  if ((await budget.reserve({ posts: 0, microdollars: prices.count })) === null) return null;
  try {
    const { meta } = await client(
      (api) =>
        api.v2.get<{ readonly meta?: { readonly total_tweet_count?: number } }>('tweets/counts/recent', {
          query,
          granularity: 'day',
          since_id: lastIdBefore(since),
        }),
      signal,
    );
    return meta?.total_tweet_count ?? null;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

function leftForPosts({ left }: BudgetState, { daily, monthly }: TwitterConfig['budget']): Cost {
  const forCounts = shareForCounts * (daily.microdollars || monthly.microdollars);
  return { posts: left.posts, microdollars: left.microdollars - forCounts };
}

type Headers = Parameters<typeof findReset>[0];

function readClock(headers: unknown): number | null {
  const at = Date.parse(String((headers as Headers)['date']));
  return Number.isNaN(at) ? null : at;
}

const lastIdBefore = (at: number): string => String(BigInt(firstIdAt(new Date(at))) - 1n);

type Page = { readonly meta: { readonly next_token?: string } };
const validator = Compile(
  Type.Object({
    data: Type.Optional(Type.Array(Type.Unknown())),
    meta: Type.Object({ result_count: Type.Number(), next_token: Type.Optional(Type.String()) }),
  }),
);
const isPage = (answer: unknown): answer is Page => validator.Check(answer);
