import type { TwitterPrices } from '../../src/config/twitter.ts';
import type { Budget } from '../../src/domain/budget.ts';
import type { XClient, XClients } from './client.ts';
import { describeXFailure, readFailure } from './failure.ts';
import { planRules, type Rule } from './stream/rules.ts';

/** What X said, or in words why not. */
export type Said<T> = { readonly value: T } | Unsaid;

/** `isKey`: X refuses what we show it, and would take another. */
export type Unsaid = { readonly problem: string; readonly isKey: boolean };

export type Usage = {
  /** Posts read this month, by every app of the project, and how many may be. */
  readonly read: number;
  readonly most: number;
  /** On this day of each month it begins anew. */
  readonly resetDay: number;
};

const probeMs = 20_000;

/** What X can be asked about how things stand, without reading a post; what costs something is counted before. */
export function createProbe(
  { app, account }: XClients,
  prices: Pick<TwitterPrices, 'user' | 'count'>,
  budget: Budget,
  clock: () => Date = () => new Date(),
) {
  async function ask<T>(
    client: XClient,
    price: number,
    call: Parameters<typeof client<T>>[0],
  ): Promise<Said<T>> {
    if (price > 0 && (await budget.reserve({ posts: 0, microdollars: price })) === null) {
      return { problem: 'not asked: the budget for X is spent', isKey: false };
    }
    try {
      return { value: await client(call, AbortSignal.timeout(probeMs)) };
    } catch (error) {
      const failure = readFailure(error, clock());
      const isKey = failure.kind === 'unauthorized' || failure.kind === 'forbidden';
      return { problem: describeXFailure(failure), isKey };
    }
  }

  return {
    readUsage: async (): Promise<Said<Usage>> => {
      // Figures of so many digits that X writes them as words.
      const said = await ask(app, 0, (api) =>
        api.v2.get<{ readonly data?: Readonly<Record<string, unknown>> }>('usage/tweets'),
      );
      if ('problem' in said) return said;
      const number = (name: string) => Number(said.value.data?.[name]);
      return {
        value: {
          read: number('project_usage'),
          most: number('project_cap'),
          resetDay: number('cap_reset_day'),
        },
      };
    },
    /** Handle of the account whose tokens are set up; null where none are. */
    findOwnHandle: async (): Promise<Said<string> | null> => {
      if (account === null) return null;
      const said = await ask(account, prices.user, (api) => api.v2.me());
      return 'problem' in said ? said : { value: said.value.data.username };
    },
    /** Posts of the last seven days that the query finds. */
    countPosts: async (query: string): Promise<Said<number>> => {
      const said = await ask(app, prices.count, (api) =>
        api.v2.get<{ readonly meta?: { readonly total_tweet_count?: number } }>('tweets/counts/recent', {
          query,
          granularity: 'day',
        }),
      );
      return 'problem' in said ? said : { value: said.value.meta?.total_tweet_count ?? 0 };
    },
    /** What stands on the filtered stream, beside what should. */
    readRules: async (query: string): Promise<Said<ReturnType<typeof planRules>>> => {
      const said = await ask(app, 0, (api) => api.v2.streamRules());
      return 'problem' in said
        ? said
        : { value: planRules((said.value.data ?? []) as readonly Rule[], query) };
    },
  };
}

export type Probe = ReturnType<typeof createProbe>;
