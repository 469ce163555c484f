import type { Logger } from 'pino';
import type { Channel } from '../channels/channel.ts';
import type { Config } from './config.ts';
import type { Pool } from './db/pool.ts';
import type { Directory } from './domain/routing/directory.ts';
import type { Post } from './outbound/guarded-fetch.ts';
import type { Enqueue } from './queue/jobs.ts';

/**
 * Everything a function may need from the outside world. A function asks for the part it uses,
 * `Pick<Context, 'db' | 'clock'>`, so its signature tells what it can touch.
 */
export type Context = {
  readonly config: Config;
  readonly db: Pool;
  readonly enqueue: Enqueue;
  readonly channels: readonly Channel[];
  /** The agencies, areas and topics as last loaded; a snapshot, never half of an import. */
  readonly directory: () => Directory;
  /** The guarded way out to addresses that others chose. */
  readonly post: Post;
  readonly clock: () => Date;
  readonly log: Logger;
};
