import type { Context } from './context.ts';
import { type Pool, transaction } from './db/pool.ts';
import { addSpending, readSpending, reserveSpending } from './db/spending.ts';
import { type Budget, type BudgetLimits, judgeBudget } from './domain/budget.ts';

/** The budget of a platform, shared by all processes: PostgreSQL counts. Rejects while that is away. */
export function createBudget(
  db: Pool,
  platform: string,
  limits: BudgetLimits,
  clock: Context['clock'],
): Budget {
  return {
    reserve: async (most) => {
      const at = clock();
      const isReserved = await transaction(db, (tx) => reserveSpending(tx, platform, most, limits, at));
      if (!isReserved) return null;
      return {
        settle: ({ posts, microdollars }) =>
          addSpending(
            db,
            platform,
            { posts: posts - most.posts, microdollars: microdollars - most.microdollars },
            at,
          ),
      };
    },
    state: async () => {
      const now = clock();
      return judgeBudget(limits, await readSpending(db, platform, now), now);
    },
  };
}
