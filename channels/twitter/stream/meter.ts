import type { TwitterPrices } from '../../../src/config/twitter.ts';
import {
  addCosts,
  type Budget,
  type Cost,
  lesserOf,
  nothingSpent,
  type Reservation,
} from '../../../src/domain/budget.ts';
import { costOf } from '../cost.ts';

/** Where fewer are left they are for the search: that can ask for as many as there are. */
export const leastPosts = 1_000;
/** What that comes to. */
export const leastLeft = (prices: StreamPrices): Cost => plainCost(leastPosts, prices);

type StreamPrices = Pick<TwitterPrices, 'post' | 'user'>;

/** Of posts as most are, with their authors; those with pictures use a block up sooner. */
const plainCost = (posts: number, { post, user }: StreamPrices): Cost => ({
  posts,
  microdollars: posts * (post + user),
});

/** What is reserved at a time. So many at least are ahead of what was delivered: they may be on their way. */
const blockPosts = 500;
const lookEveryMs = 60_000;

export type Meter = {
  /** Counts answers that were delivered. */
  readonly count: (answers: readonly unknown[]) => void;
  /** Counts so many that came, and that nobody looked into. */
  readonly countUnread: (answers: number) => void;
  /** Counts what was sent and never came. */
  readonly countLost: (cost: Cost) => void;
  /** Reserves what may come next; false: there is not enough left, read no more. */
  readonly keepAhead: () => Promise<boolean>;
  /** Gives back what was reserved and did not come. It may be used again. */
  readonly close: () => Promise<void>;
};

/**
 * Counts what the stream delivers against the budget, in blocks that are reserved before it can come. Each day pays for itself.
 */
export function createMeter(budget: Budget, prices: TwitterPrices, clock: () => Date): Meter {
  const plain = (posts: number) => plainCost(posts, prices);
  const block = plain(blockPosts);
  const least = leastLeft(prices);
  let blocks: readonly Reservation[] = [];
  /** What was delivered since the first of them was reserved. */
  let delivered = nothingSpent;
  let day = dayOf(clock());
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function hasEnoughLeft(): Promise<boolean> {
    lookedAt = clock().getTime();
    const { left } = await budget.state();
    return left.posts >= least.posts && left.microdollars >= least.microdollars;
  }

  async function settle(): Promise<void> {
    const reserved = blocks;
    let due = delivered;
    blocks = [];
    delivered = nothingSpent;
    // Known late; where the budget has no room for it, nothing more is read.
    if (reserved.length === 0 && due.posts > 0) await budget.reserve(due);
    for (const [index, reservation] of reserved.entries()) {
      const share = index === reserved.length - 1 ? due : lesserOf(due, block);
      due = minus(due, share);
      await reservation.settle(share);
    }
  }

  /** By a whole block at least. */
  function isAhead(): boolean {
    const { posts, microdollars } = addCosts(delivered, block);
    return posts <= blocks.length * block.posts && microdollars <= blocks.length * block.microdollars;
  }

  return {
    count: (answers) => {
      delivered = answers.map((answer) => costOf(answer, prices)).reduce(addCosts, delivered);
    },
    countUnread: (answers) => {
      delivered = addCosts(delivered, plain(answers));
    },
    countLost: (cost) => {
      delivered = addCosts(delivered, cost);
    },
    keepAhead: async () => {
      if (dayOf(clock()) !== day) {
        await settle();
        day = dayOf(clock());
      }
      if (clock().getTime() - lookedAt >= lookEveryMs && !(await hasEnoughLeft())) return false;
      while (!isAhead()) {
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

const minus = (a: Cost, b: Cost): Cost => ({
  posts: a.posts - b.posts,
  microdollars: a.microdollars - b.microdollars,
});

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);
