import type { BudgetLimits } from '../domain/budget.ts';
import { AppError } from '../errors.ts';
import { atLeast, type Env, httpUrl, integer, oneOf, type Parse, read, requireTogether } from './values.ts';

/** Everything about posts on X (the channel `twitter`) that an operator decides. */
export type TwitterConfig = {
  /** Of the app, for all that is read; null: the channel is off. */
  readonly bearerToken: string | null;
  /** Of the app and of the account that answers (OAuth 1.0a), all four or none; null: nobody is answered. */
  readonly appKey: string | null;
  readonly appSecret: string | null;
  readonly accessToken: string | null;
  readonly accessSecret: string | null;
  /** Handle of our account, without the sign. */
  readonly account: string;
  /** What calls us: hashtags and handles, with their signs. */
  readonly terms: readonly string[];
  readonly plan: TwitterPlan;
  /** Whether the filtered stream is used as well, where the plan has it. */
  readonly stream: boolean;
  readonly pollSeconds: number;
  /** How far back each search looks behind the one before: what the platform found late is found then. */
  readonly overlapSeconds: number;
  readonly budget: BudgetLimits;
  /** In millionths of a US dollar. */
  readonly prices: TwitterPrices;
  /** How long the parts of a thread are waited for, and how long afterwards they are still added to it. */
  readonly threadMinutes: number;
  readonly threadHours: number;
  /** Answers one account gets in an hour; 0 means no limit. */
  readonly maxPerAuthor: number;
  /** Posts about one case within an hour that make it viral; 0: none do. */
  readonly viralPosts: number;
  /** Whether what was deleted there is withdrawn from the public here. */
  readonly withdraw: boolean;
  /** For so many days after it was posted a post is looked for, twice a day. */
  readonly withdrawDays: number;
  readonly apiUrl: string;
};

export const twitterPlans = ['pay-per-use', 'enterprise'] as const;
/** `pay-per-use` stands for all that one can sign up for without a contract: its rules are the same for us. */
export type TwitterPlan = (typeof twitterPlans)[number];

/** What one post read, one account read, one answer and one count of posts cost. */
export type TwitterPrices = {
  readonly post: number;
  readonly user: number;
  readonly answer: number;
  readonly count: number;
};

export const twitterApi = 'https://api.x.com';

/** Throws `AppError` `config` that names the variable. */
export function parseTwitterConfig(env: Env): TwitterConfig {
  const keys = ['TWITTER_APP_KEY', 'TWITTER_APP_SECRET', 'TWITTER_ACCESS_TOKEN', 'TWITTER_ACCESS_SECRET'];
  requireTogether(env, ...keys);
  const bearerToken = read(env, 'TWITTER_BEARER_TOKEN', atLeast(8), null);
  const appKey = read(env, 'TWITTER_APP_KEY', atLeast(8), null);
  if (appKey !== null && bearerToken === null) {
    throw new AppError('config', 'TWITTER_APP_KEY is set, so TWITTER_BEARER_TOKEN must be set too');
  }
  return {
    bearerToken,
    appKey,
    appSecret: read(env, 'TWITTER_APP_SECRET', atLeast(8), null),
    accessToken: read(env, 'TWITTER_ACCESS_TOKEN', atLeast(8), null),
    accessSecret: read(env, 'TWITTER_ACCESS_SECRET', atLeast(8), null),
    account: read(env, 'TWITTER_ACCOUNT', handle, 'LAPOR1708'),
    terms: read(env, 'TWITTER_TERMS', terms, ['#lapor1708', '#lapor', '@LAPOR1708']),
    plan: read(env, 'TWITTER_PLAN', oneOf(twitterPlans), 'pay-per-use'),
    stream: read(env, 'TWITTER_STREAM', oneOf(['on', 'off']), 'on') === 'on',
    pollSeconds: read(env, 'TWITTER_POLL_SECONDS', integer(15, 60), 30),
    overlapSeconds: read(env, 'TWITTER_OVERLAP_SECONDS', integer(10, 3_600), 30),
    budget: {
      daily: {
        posts: read(env, 'TWITTER_DAILY_POSTS', integer(0, 100_000_000), 20_000),
        microdollars: read(env, 'TWITTER_DAILY_DOLLARS', dollars, 50_000_000),
      },
      monthly: {
        posts: read(env, 'TWITTER_MONTHLY_POSTS', integer(0, 100_000_000), 200_000),
        microdollars: read(env, 'TWITTER_MONTHLY_DOLLARS', dollars, 500_000_000),
      },
    },
    prices: {
      post: read(env, 'TWITTER_PRICE_POST', dollars, 5_000),
      user: read(env, 'TWITTER_PRICE_USER', dollars, 10_000),
      answer: read(env, 'TWITTER_PRICE_ANSWER', dollars, 15_000),
      count: read(env, 'TWITTER_PRICE_COUNT', dollars, 5_000),
    },
    threadMinutes: read(env, 'TWITTER_THREAD_MINUTES', integer(1, 60), 3),
    threadHours: read(env, 'TWITTER_THREAD_HOURS', integer(1, 168), 24),
    maxPerAuthor: read(env, 'TWITTER_MAX_PER_AUTHOR', integer(0, 10_000), 5),
    viralPosts: read(env, 'TWITTER_VIRAL_POSTS', integer(0, 1_000_000), 20),
    withdraw: read(env, 'TWITTER_WITHDRAW', oneOf(['on', 'off']), 'on') === 'on',
    withdrawDays: read(env, 'TWITTER_WITHDRAW_DAYS', integer(1, 365), 30),
    apiUrl: read(env, 'TWITTER_API_URL', httpUrl(twitterApi), twitterApi),
  };
}

const handle: Parse<string> = (raw) =>
  /^\w{1,15}$/.test(raw)
    ? { value: raw }
    : { expected: 'the handle of an account without @, such as LAPOR1708' };

const terms: Parse<readonly string[]> = (raw) => {
  const list = raw.split(',').map((term) => term.trim());
  return list.every((term) => /^(#[\p{L}\p{N}_]{1,100}|@\w{1,15})$/u.test(term))
    ? { value: list }
    : { expected: 'hashtags and handles separated by commas, such as #lapor1708, @LAPOR1708' };
};

/** In millionths. */
const dollars: Parse<number> = (raw) =>
  /^\d{1,7}(\.\d{1,6})?$/.test(raw)
    ? { value: Math.round(Number(raw) * 1_000_000) }
    : { expected: 'US dollars such as 50 or 0.005' };
