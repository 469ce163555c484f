import type { BudgetLimits, Cost } from './budget.ts';

/**
 * What reading and answering posts comes to, by the prices of a platform that wants money for each. Money is in millionths of a
 * US dollar. An estimate: how often somebody posts twice on one day, or late at night, it does not know.
 */

/** What there is a day. */
export type PlatformUse = {
  readonly tagged: number;
  /** Of these, 0 to 1, those that may be answered. */
  readonly answerable: number;
};

/** Photos, videos, and posts that are answered or quoted, that come with each post, at its price: an assumption. */
const attached = 0.5;

/** The settings of which the cost depends. */
export type CostSettings = {
  readonly prices: { readonly post: number; readonly user: number; readonly answer: number };
  readonly pollSeconds: number;
  readonly overlapSeconds: number;
  readonly stream: boolean;
  readonly withdraw: boolean;
  readonly withdrawDays: number;
};

export type DailyCost = {
  /** What the platform charges: a post, and an account, once a day, however often it is delivered. */
  readonly charged: { readonly posts: number; readonly authors: number; readonly answers: number };
  /** Besides, where X has no jobs that say which posts are gone: each one is looked up for so many days, and charged once a day. */
  readonly lookups: number;
  /** What the budget counts of the former: each time, because the platform promises that but softly. */
  readonly counted: Cost;
};

/** A day of it. Each post comes with its author, who is taken to post but once. */
export function estimateDay(
  { tagged, answerable }: PlatformUse,
  { prices, pollSeconds, overlapSeconds, stream, withdraw, withdrawDays }: CostSettings,
): DailyCost {
  const answers = tagged * answerable * prices.answer;
  const post = (1 + attached) * prices.post;
  // What is looked back at is delivered by each search that does, and what is streamed is searched for all the same.
  const deliveries = tagged * (1 + overlapSeconds / pollSeconds + (stream ? 1 : 0));
  return {
    charged: { posts: tagged * post, authors: tagged * prices.user, answers },
    lookups: withdraw ? tagged * withdrawDays * prices.post : 0,
    counted: { posts: deliveries, microdollars: deliveries * (post + prices.user) + answers },
  };
}

export const chargedInAll = ({ charged }: Pick<DailyCost, 'charged'>): number =>
  charged.posts + charged.authors + charged.answers;

/** What one calls a month where nobody asks for one in particular. */
export const daysOfMonth = 30;

/** Where such days, one after the other, meet a limit; each null where they do not. */
export type Reached = {
  /** That of a day after so many hours, each day anew. */
  readonly hours: number | null;
  /** That of a month on this day of it, the first one being 1. */
  readonly day: number | null;
};

/** Null where no limit is met. */
export function findReached({ counted }: Pick<DailyCost, 'counted'>, limits: BudgetLimits): Reached | null {
  const share = (of: Cost) =>
    Math.max(...kinds.map((kind) => (of[kind] === 0 ? 0 : counted[kind] / of[kind])));
  const ofDay = share(limits.daily);
  // A day that is over early spends no more of the month.
  const ofMonth = share(limits.monthly) / Math.max(1, ofDay);
  const hours = ofDay > 1 ? 24 / ofDay : null;
  const day = ofMonth * daysOfMonth > 1 + rounding ? Math.ceil(1 / ofMonth - rounding) : null;
  return hours === null && day === null ? null : { hours, day };
}

const rounding = 1e-9;

const kinds = ['posts', 'microdollars'] as const;

/** `$1,234.50`; whole dollars from a hundred on. */
export function formatDollars(microdollars: number): string {
  const digits = microdollars >= 100_000_000 ? 0 : 2;
  return `$${(microdollars / 1_000_000).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })}`;
}
