import type { TwitterPrices } from '../../../src/config/twitter.ts';
import { type Budget, type Cost, nothingSpent, type Reservation } from '../../../src/domain/budget.ts';

/** Where fewer are left they are for the search: that can ask for as many as there are. */
export const leastPosts = 1_000;
/** What is reserved at a time. So many at least are ahead of what was delivered: they may be on their way. */
const blockPosts = 500;
const lookEveryMs = 60_000;

export type Meter = {
  /** Counts what was delivered: posts, those they refer to among them, and accounts. */
  readonly count: (posts: number, users: number) => void;
  /** Reserves what may come next; false: there is not enough left, read no more. */
  readonly keepAhead: () => Promise<boolean>;
  /** Gives back what was reserved and did not come. */
  readonly close: () => Promise<void>;
};

/**
 * Counts what a stream delivers against the budget, in blocks that are reserved before it can come. Each day pays for itself.
 */
export function createMeter(
  budget: Budget,
  prices: Pick<TwitterPrices, 'post' | 'user'>,
  clock: () => Date,
): Meter {
  // No post comes with more than one account, nor does one that it refers to.
  const most = prices.post + prices.user;
  const block: Cost = { posts: blockPosts, microdollars: blockPosts * most };
  let blocks: readonly Reservation[] = [];
  /** What was delivered since the first of them was reserved. */
  let delivered = nothingSpent;
  let day = dayOf(clock());
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function hasEnoughLeft(): Promise<boolean> {
    lookedAt = clock().getTime();
    const { left } = await budget.state();
    return left.posts >= leastPosts && left.microdollars >= leastPosts * most;
  }

  async function settle(): Promise<void> {
    const reserved = blocks;
    let due = delivered;
    blocks = [];
    delivered = nothingSpent;
    for (const [index, reservation] of reserved.entries()) {
      const share = index === reserved.length - 1 ? due : lesserOf(due, block);
      due = { posts: due.posts - share.posts, microdollars: due.microdollars - share.microdollars };
      await reservation.settle(share);
    }
  }

  return {
    count: (posts, users) => {
      delivered = {
        posts: delivered.posts + posts,
        microdollars: delivered.microdollars + posts * prices.post + users * prices.user,
      };
    },
    keepAhead: async () => {
      if (dayOf(clock()) !== day) {
        await settle();
        day = dayOf(clock());
      }
      if (clock().getTime() - lookedAt >= lookEveryMs && !(await hasEnoughLeft())) return false;
      while (blocks.length * blockPosts - delivered.posts < blockPosts) {
        if (!(await hasEnoughLeft())) return false;
        const reservation = await budget.reserve(block);
        if (reservation === null) return false;
        blocks = [...blocks, reservation];
      }
      return true;
    },
    close: settle,
  };
}

const lesserOf = (a: Cost, b: Cost): Cost => ({
  posts: Math.min(a.posts, b.posts),
  microdollars: Math.min(a.microdollars, b.microdollars),
});

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);
