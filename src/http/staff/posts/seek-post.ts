import type { HttpContext } from '../../../context.ts';
import { readSpending } from '../../../db/spending.ts';
import { judgeBudget } from '../../../domain/budget.ts';
import type { NewMessage } from '../../../domain/message.ts';
import { AppError } from '../../../errors.ts';

/** Why a post cannot be filed that somebody wants filed. */
export type Refusal = 'invalid' | 'gone' | 'spent' | 'away' | 'off';

type SeekContext = Pick<HttpContext, 'channels' | 'clock' | 'config' | 'db' | 'log'>;

/** The post at an address that staff copied; nothing of the address is logged, for it leads to who posted. */
export async function seekPost(context: SeekContext, address: string): Promise<NewMessage | Refusal> {
  const posts = context.channels.find(({ name }) => name === 'twitter')?.posts;
  if (posts === undefined) return 'off';
  try {
    return await posts.find(address);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'invalid') return 'invalid';
    if (error.code === 'not-found') return 'gone';
    context.log.warn({ event: 'post_not_sought', reason: error.message });
    return (await isSpent(context)) ? 'spent' : 'away';
  }
}

async function isSpent({ config, db, clock }: SeekContext): Promise<boolean> {
  const { budget, prices } = config.twitter;
  const now = clock();
  const { left } = judgeBudget(budget, await readSpending(db, 'twitter', now), now);
  return left.posts < 1 || left.microdollars < prices.post;
}
