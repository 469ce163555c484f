/**
 * What a platform that wants money for each post may cost us. Days and months are the platform's, in UTC. Money is in
 * millionths of a US dollar.
 */

export type Cost = { readonly posts: number; readonly microdollars: number };

/** 0 means no limit. */
export type BudgetLimits = { readonly daily: Cost; readonly monthly: Cost };

export type Spent = { readonly today: Cost; readonly thisMonth: Cost };

export type Budget = {
  /** Counts what a call may cost at most, before it is made, and by all processes; null where so much is not left. */
  readonly reserve: (most: Cost) => Promise<Reservation | null>;
  readonly state: () => Promise<BudgetState>;
};

/** Puts right what was counted, once it is known what the call came to; without it the most stays counted. */
export type Reservation = { readonly settle: (actual: Cost) => Promise<void> };

export type BudgetState = Spent & {
  readonly left: Cost;
  /** Of the limit that is nearest, 0 to 1 and beyond. */
  readonly share: number;
  /** When there is more again: the next day, or month, in UTC. */
  readonly renewsAt: Date;
};

export const nothingSpent: Cost = { posts: 0, microdollars: 0 };

export const addCosts = (a: Cost, b: Cost): Cost => ({
  posts: a.posts + b.posts,
  microdollars: a.microdollars + b.microdollars,
});

export const lesserOf = (a: Cost, b: Cost): Cost => ({
  posts: Math.min(a.posts, b.posts),
  microdollars: Math.min(a.microdollars, b.microdollars),
});

/** How a budget stands; without a limit `Infinity` is left of it. */
export function judgeBudget(limits: BudgetLimits, spent: Spent, now: Date): BudgetState {
  const pairs = (['posts', 'microdollars'] as const).map((what) => {
    const day = leftOf(limits.daily[what], spent.today[what]);
    const month = leftOf(limits.monthly[what], spent.thisMonth[what]);
    return { what, day, month, left: Math.min(day.left, month.left) };
  });
  const left = Object.fromEntries(pairs.map((pair) => [pair.what, pair.left])) as Cost;
  const monthIsSpent = pairs.some(({ month }) => month.left <= 0);
  return {
    ...spent,
    left,
    share: Math.max(...pairs.flatMap(({ day, month }) => [day.share, month.share])),
    renewsAt: monthIsSpent ? startOfNextMonth(now) : startOfNextDay(now),
  };
}

const leftOf = (limit: number, spent: number) =>
  limit === 0
    ? { left: Number.POSITIVE_INFINITY, share: 0 }
    : { left: Math.max(0, limit - spent), share: spent / limit };

const startOfNextDay = (now: Date): Date =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));

const startOfNextMonth = (now: Date): Date =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));

/** Nothing may be spent: for who only looks at what is set up. */
export const closedBudget = (): Budget => ({
  reserve: async () => null,
  state: async () =>
    judgeBudget(
      { daily: { posts: 1, microdollars: 1 }, monthly: nothingSpent },
      { today: { posts: 1, microdollars: 1 }, thisMonth: nothingSpent },
      new Date(0),
    ),
});
