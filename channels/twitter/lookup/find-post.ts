import type { TwitterPrices } from '../../../src/config/twitter.ts';
import { AppError } from '../../../src/errors.ts';
import { costOf, mostCostOf } from '../cost.ts';
import { postFields } from '../read/fields.ts';
import { type Payload, readGiven } from '../read/payload.ts';
import { splitAnswer } from '../read/split.ts';
import { type Reading, readWithinBudget } from './read-within-budget.ts';

/**
 * One post by its id; of a repost that which was reposted, for it has the words. Costs a post read, and what it refers to.
 * Throws `AppError` `not-found`, `unavailable`.
 */
export async function findPost(
  reading: Reading,
  prices: TwitterPrices,
  id: string,
  isRepost = false,
): Promise<Payload> {
  const answer = await readWithinBudget(
    reading,
    mostCostOf(1, prices),
    (api) => api.v2.get<unknown>('tweets/:id', postFields, { params: { id } }),
    (given) => costOf(given, prices),
  );
  const [payload] = splitAnswer(answer).payloads;
  if (payload === undefined) throw explainAbsence(answer);
  const reposted = readGiven(payload.data).references.find(({ type }) => type === 'retweeted')?.id;
  return reposted === undefined || isRepost ? payload : findPost(reading, prices, reposted, true);
}

/** X answers 200 where a post is not there, and says why (docs.x.com/x-api/fundamentals/response-codes-and-errors). */
function explainAbsence(answer: unknown): AppError {
  const [kind] = listProblems(answer).map(({ kind }) => kind);
  if (kind === 'not-authorized-for-resource') {
    return new AppError(
      'not-found',
      'its author shows this post only to some, or their account is suspended',
    );
  }
  if (kind === 'resource-not-found' || kind === undefined) {
    return new AppError(
      'not-found',
      'there is no such post on X: it was deleted, or the address is not complete',
    );
  }
  return new AppError('unavailable', 'X cannot give this post now');
}

export type Problem = { readonly kind: string; readonly id: string | null };

/** What X says of posts that it does not give; kinds as at the end of the address of each. */
export function listProblems(answer: unknown): readonly Problem[] {
  const { errors } = Object(answer) as { readonly errors?: unknown };
  return (Array.isArray(errors) ? errors : []).map((error) => {
    const { type, resource_id: id } = Object(error) as Readonly<Record<string, unknown>>;
    const kind = String(type).slice(String(type).lastIndexOf('/') + 1);
    return { kind, id: typeof id === 'string' ? id : null };
  });
}
