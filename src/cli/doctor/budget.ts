import type { Budget, Cost } from '../../domain/budget.ts';
import { formatDollars } from '../../domain/platform-cost.ts';
import { type Finding, ok, warn } from './finding.ts';

/** From here on staff are alarmed, too. */
const nearlySpent = 0.8;

/** How far what may be spent on X is spent. */
export async function checkXBudget(part: string, budget: Budget): Promise<Finding> {
  const { today, thisMonth, share, renewsAt } = await budget.state();
  const what = `${tell(today)} today, ${tell(thisMonth)} this month, ${Math.round(share * 100)} % of the nearest limit`;
  return share < nearlySpent
    ? ok(part, what)
    : warn(
        part,
        `${what}; there is more again at ${renewsAt.toISOString()}`,
        'TWITTER_DAILY_… and TWITTER_MONTHLY_… set the limits',
      );
}

const tell = ({ posts, microdollars }: Cost): string =>
  `${posts.toLocaleString('en-US')} posts and ${formatDollars(microdollars)}`;
