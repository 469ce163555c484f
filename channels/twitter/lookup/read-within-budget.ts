import type { TwitterApi } from 'twitter-api-v2';
import { type Budget, type Cost, nothingSpent } from '../../../src/domain/budget.ts';
import { AppError } from '../../../src/errors.ts';
import type { XClient } from '../client.ts';
import { describeXFailure, readFailure } from '../failure.ts';

export type Reading = {
  readonly client: XClient;
  readonly budget: Budget;
  readonly clock: () => Date;
};

/**
 * Makes a call that is billed, if that much is left. What it may cost is counted before it, what it did cost after it; where
 * nobody knows whether it was carried out, or it cannot be put right, the most stays counted. Throws `AppError` `unavailable`, or `not-found`.
 */
export async function readWithinBudget<T>(
  { client, budget, clock }: Reading,
  most: Cost,
  call: (api: TwitterApi) => Promise<T>,
  costOf: (answer: T) => Cost,
): Promise<T> {
  const reservation = await budget.reserve(most);
  if (reservation === null) {
    const { renewsAt } = await budget.state();
    throw new AppError(
      'unavailable',
      `the budget for X is spent: there is more at ${renewsAt.toISOString()}, or with higher limits in TWITTER_DAILY_… and TWITTER_MONTHLY_…`,
    );
  }
  const answer = await client(call).catch(async (error: unknown) => {
    const failure = readFailure(error, clock());
    const isInDoubt = failure.kind === 'in-doubt' && !failure.answered;
    if (!isInDoubt) await reservation.settle(nothingSpent).catch(() => undefined);
    throw refuse(failure, error);
  });
  await reservation.settle(costOf(answer)).catch(() => undefined);
  return answer;
}

/** Nothing that X says is in the message. */
export const refuse = (failure: ReturnType<typeof readFailure>, cause: unknown): AppError =>
  new AppError(failure.kind === 'not-found' ? 'not-found' : 'unavailable', describeXFailure(failure), {
    cause,
  });
