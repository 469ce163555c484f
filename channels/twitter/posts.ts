import type { TwitterConfig } from '../../src/config/twitter.ts';
import type { Budget } from '../../src/domain/budget.ts';
import type { PostContent } from '../../src/domain/message.ts';
import { AppError } from '../../src/errors.ts';
import type { Posts } from '../channel.ts';
import type { XClients } from './client.ts';
import { findPostId } from './lookup/address.ts';
import { findPost } from './lookup/find-post.ts';
import { findThread } from './lookup/find-thread.ts';
import { listGone } from './lookup/list-gone.ts';
import type { Payload } from './read/payload.ts';
import { readPost } from './read/read-post.ts';
import { toMessage } from './read/to-message.ts';
import { createUs } from './read/us.ts';

/** What X can be asked about posts, each time no more than the budget has left. */
export function createPosts(
  config: TwitterConfig,
  { app }: Pick<XClients, 'app'>,
  budget: Budget,
  clock: () => Date = () => new Date(),
): Posts {
  const us = createUs(config);
  const { prices } = config;
  const reading = { client: app, budget, clock };
  const toFound = (found: PostContent['found']) => (payload: Payload) =>
    toMessage(payload, { found, receivedAt: clock(), us });
  return {
    read: (original) => readPost(original, us),
    findThread: async (post) => (await findThread(reading, { prices, us }, post)).map(toFound('thread')),
    find: async (address) => {
      const id = findPostId(address);
      if (id === null) throw new AppError('invalid', 'this is not the address of a post on X');
      return toFound('staff')(await findPost(reading, prices, id));
    },
    listGone: (ids) => listGone({ ...reading, prices }, ids),
  };
}
