import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { nothingSpent } from '../../../src/domain/budget.ts';
import { readFailure } from '../failure.ts';
import type { ReadParts } from './read-page.ts';
import { minuteOf } from './tally.ts';

/** How many posts X counts of each minute that has any; or why nobody knows. */
export type Counted =
  | { readonly kind: 'counted'; readonly byMinute: ReadonlyMap<number, number> }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Each costs as much as a whole count; hours of minutes fit on one as a rule. */
const mostPages = 3;

/** From one full minute to another, without reading a post. Rejects with the signal's reason alone. */
export async function countMinutes(
  { config: { prices }, client, budget, query, clock, signal }: ReadParts,
  from: number,
  until: number,
): Promise<Counted> {
  const byMinute = new Map<number, number>();
  let token: string | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const reservation = await budget.reserve({ posts: 0, microdollars: prices.count });
    if (reservation === null) return { kind: 'unknown', reason: 'spent' };
    const wanted = {
      query,
      granularity: 'minute',
      start_time: writeMoment(from),
      end_time: writeMoment(until),
      ...(token !== undefined && { next_token: token }),
    };
    let answer: unknown;
    try {
      answer = await client((api) => api.v2.get<unknown>('tweets/counts/recent', wanted), signal);
    } catch (error) {
      signal.throwIfAborted();
      const failure = readFailure(error, clock());
      if (failure.kind !== 'in-doubt') await reservation.settle(nothingSpent);
      return { kind: 'unknown', reason: failure.kind };
    }
    if (!isCounts(answer)) return { kind: 'unknown', reason: 'unreadable' };
    for (const { start, tweet_count: count } of answer.data ?? []) {
      const minute = minuteOf(Date.parse(start));
      if (count > 0) byMinute.set(minute, (byMinute.get(minute) ?? 0) + count);
    }
    token = answer.meta.next_token;
    if (token === undefined) return { kind: 'counted', byMinute };
  }
  return { kind: 'unknown', reason: 'too-many-pages' };
}

/** X takes full seconds. */
const writeMoment = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

type Counts = {
  readonly data?: readonly { readonly start: string; readonly tweet_count: number }[];
  readonly meta: { readonly next_token?: string };
};
const validator = Compile(
  Type.Object({
    data: Type.Optional(Type.Array(Type.Object({ start: Type.String(), tweet_count: Type.Number() }))),
    meta: Type.Object({ next_token: Type.Optional(Type.String()) }),
  }),
);
const isCounts = (answer: unknown): answer is Counts => validator.Check(answer);
