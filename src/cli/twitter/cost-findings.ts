import type { TwitterConfig } from '../../config/twitter.ts';
import {
  chargedInAll,
  type DailyCost,
  daysOfMonth,
  estimateDay,
  findReached,
  formatDollars,
} from '../../domain/platform-cost.ts';
import { type Finding, ok, warn } from '../doctor/finding.ts';

/** Since 24 February 2026, for all but Enterprise (docs.x.com/x-api/posts/manage-tweets/integrate). */
export const mayAnswerAll = ({ plan }: Pick<TwitterConfig, 'plan'>): boolean => plan === 'enterprise';

/**
 * What the settings cost where there are so many posts in seven days, and so many of them mention us: what X charges, and how
 * far the budget goes.
 */
export function tellCost(
  { tagged, mentioning }: { readonly tagged: number; readonly mentioning: number },
  config: TwitterConfig,
): readonly Finding[] {
  const part = 'cost';
  const answerable =
    config.appKey === null
      ? 0
      : mayAnswerAll(config)
        ? 1
        : tagged === 0
          ? 0
          : Math.min(1, mentioning / tagged);
  const day = estimateDay({ tagged: tagged / 7, answerable }, config);
  const month = (microdollars: number) => formatDollars(microdollars * daysOfMonth);
  const { charged, counted } = day;
  return [
    ok(
      part,
      `with ${perDay(tagged / 7)} posts a day X charges about ${month(chargedInAll(day))} a month: ` +
        `${month(charged.posts)} for posts, up to ${month(charged.authors)} for their authors, ${month(charged.answers)} for answers`,
    ),
    ok(
      part,
      `each is delivered ${round(counted.posts / Math.max(1, tagged / 7))} times (overlap${config.stream ? ', stream' : ''}), ` +
        `so the budget counts ${Math.round(counted.posts * daysOfMonth).toLocaleString('en-US')} posts and ${month(counted.microdollars)} a month`,
    ),
    ok(
      part,
      config.withdraw
        ? `whether posts are still there is asked by jobs that cost nothing; where X gives you none, it costs ${month(day.lookups)} a month besides (TWITTER_WITHDRAW_DAYS)`
        : 'nothing for finding out whether posts are still there: TWITTER_WITHDRAW=off',
    ),
    tellBudget(day, config),
  ];
}

function tellBudget(day: DailyCost, { budget }: Pick<TwitterConfig, 'budget'>): Finding {
  const reached = findReached(day, budget);
  const part = 'budget';
  if (reached === null) return ok(part, 'is enough for that');
  const mend = 'TWITTER_OVERLAP_SECONDS lower, TWITTER_STREAM=off, fewer TWITTER_TERMS, or a larger budget';
  const { hours, day: lastDay } = reached;
  const limits = [
    ...(hours === null
      ? []
      : [`that of a day is reached after ${round(hours)} hours, each day; the rest waits for the next`]),
    ...(lastDay === null
      ? []
      : [`that of a month is reached on day ${lastDay}; what comes later waits for the next month`]),
  ];
  return warn(part, `${limits.join('; ')}, and for seven days at most`, mend);
}

const round = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
const perDay = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
