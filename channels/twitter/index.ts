import type { TwitterConfig } from '../../src/config/twitter.ts';
import type { Budget } from '../../src/domain/budget.ts';
import type { Channel } from '../channel.ts';
import { createXClients } from './client.ts';
import { createTwitterSend } from './send/send.ts';

/**
 * Posts on X that call us: searched for, and streamed where the plan has it; word back is an answer to the post. Off without a
 * bearer token.
 */
export function createTwitterChannel(config: TwitterConfig, budget: Budget): Channel {
  const clients = createXClients(config);
  const account = clients?.account ?? null;
  return {
    name: 'twitter',
    providers: [],
    ...(account !== null && createTwitterSend(account, config, budget)),
  };
}
