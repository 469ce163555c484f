import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '../folder-lock.ts';
import { startPostgres } from './postgres.ts';
import { type QueueBackend, readQueueBackend, recordQueueBackend, redisIsGone } from './queue-backend.ts';
import { adoptRedis, type Redis, startRedis } from './redis.ts';
import { findRedis } from './redis-binaries.ts';
import { letPass } from './run-as.ts';

/** What `npm start` brings along so that nothing has to be installed. Null: it was not asked for, or is not to be had. */
export type Embedded = {
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly queueBackend: QueueBackend;
  /** Ends the servers, adopted ones too, and gives the data folder back; call it when nothing uses them any more. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts the servers that are asked for, or adopts those a killed gateway left. Throws `AppError` `conflict` while another
 * process has the data folder, `config` when a server cannot run here; then none is left running. Sets no signal handler.
 */
export async function startEmbedded(options: {
  readonly dataDir: string;
  readonly postgres: boolean;
  readonly redis: boolean;
  readonly say: (line: string) => void;
}): Promise<Embedded> {
  const { say } = options;
  if (!options.postgres && !options.redis) {
    return { databaseUrl: null, redisUrl: null, queueBackend: 'redis', stop: async () => {} };
  }
  const dataDir = makeDataDir(options.dataDir);
  const unlock = lockFolder(dataDir, 'gateway');
  const starts = await Promise.allSettled([
    options.postgres ? startPostgres(join(dataDir, 'postgres'), say) : null,
    options.redis ? startQueue(dataDir, say) : null,
  ]);
  const [postgres, redis] = starts.map((start) => (start.status === 'fulfilled' ? start.value : null));
  const stop = async () => {
    await Promise.all([postgres?.stop(), redis?.stop()]);
    unlock();
  };
  const failure = starts.find((start) => start.status === 'rejected');
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  return {
    databaseUrl: postgres?.url ?? null,
    redisUrl: redis?.url ?? null,
    queueBackend: options.redis && redis === null ? 'postgres' : 'redis',
    stop,
  };
}

/** Absolute and without links, so that a server left behind is recognised however the folder was named. */
export function makeDataDir(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  letPass(dataDir);
  return realpathSync(dataDir);
}

/** Null: the queue is in PostgreSQL. The first start decides, by whether a Redis is to be had; the later ones keep to it. */
async function startQueue(dataDir: string, say: (line: string) => void): Promise<Redis | null> {
  const decided = readQueueBackend(dataDir);
  if (decided === 'postgres') return null;
  const folder = join(dataDir, 'redis');
  const left = await adoptRedis(folder);
  if (left !== null) return left;
  const binary = await findRedis(join(dataDir, 'redis-packages'), say);
  if (binary === null) {
    if (decided === 'redis') throw redisIsGone(dataDir);
    say('queue: no Redis is to be had here, so the queue is in PostgreSQL from now on (slower, as safe)');
    recordQueueBackend(dataDir, 'postgres');
    return null;
  }
  const redis = await startRedis(folder, binary);
  if (decided === null) recordQueueBackend(dataDir, 'redis');
  return redis;
}
