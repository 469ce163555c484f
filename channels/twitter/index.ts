import type { TwitterConfig } from '../../src/config/twitter.ts';
import type { Budget } from '../../src/domain/budget.ts';
import type { Channel } from '../channel.ts';

/**
 * Posts on X that call us: searched for, and streamed where the plan has it; word back is an answer to the post. Off without a
 * bearer token.
 */
export function createTwitterChannel(_config: TwitterConfig, _budget: Budget): Channel {
  return { name: 'twitter', providers: [] };
}
