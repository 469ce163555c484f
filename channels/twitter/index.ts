import type { TwitterConfig } from '../../src/config/twitter.ts';
import type { Budget } from '../../src/domain/budget.ts';
import type { Channel } from '../channel.ts';
import { createXClients } from './client.ts';
import { createPosts } from './posts.ts';
import { createSearchSource } from './search/source.ts';
import { createTally } from './search/tally.ts';
import { createTwitterSend } from './send/send.ts';
import { createStreamSource } from './stream/source.ts';
import { createWire } from './stream/wire.ts';

/**
 * Posts on X that call us: searched for, and streamed where the plan has it; word back is an answer to the post. Off without a
 * bearer token.
 */
export function createTwitterChannel(config: TwitterConfig, budget: Budget): Channel {
  const clients = createXClients(config);
  const { bearerToken } = config;
  if (clients === null || bearerToken === null)
    return { name: 'twitter', providers: [], off: 'TWITTER_BEARER_TOKEN is not set' };
  const { app, account } = clients;
  const tally = createTally();
  const wire = createWire(config.prices);
  const search = createSearchSource({ config, client: app, budget, tally, wire });
  const stream = config.stream
    ? [createStreamSource({ config, bearerToken, client: app, budget, tally, wire })]
    : [];
  const sources = [search, ...stream];
  return {
    name: 'twitter',
    providers: [],
    sources: async () => sources,
    posts: createPosts(config, clients, budget),
    isPublic: true,
    ...(account !== null && createTwitterSend(account, config, budget)),
  };
}
