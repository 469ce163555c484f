import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';

/** What carries the jobs: Redis, or BullMQ's own PostgreSQL backend on a machine where no Redis is to be had. */
export type QueueBackend = 'redis' | 'postgres';

/** The choice an earlier start wrote into the data folder; null before the first. */
export function readQueueBackend(dataDir: string): QueueBackend | null {
  const file = fileIn(dataDir);
  let word: string;
  try {
    word = readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
  if (word === 'redis' || word === 'postgres') return word;
  throw new AppError('config', `${file} should say redis or postgres.`);
}

export function recordQueueBackend(dataDir: string, backend: QueueBackend): void {
  writeFileSync(fileIn(dataDir), `${backend}\n`, { flush: true });
}

/** The jobs of this folder are in Redis, and there is no Redis any more: somebody decides, not we. */
export function redisIsGone(dataDir: string): AppError {
  return new AppError(
    'config',
    `The queue of ${dataDir} is in Redis, but no redis-server or valkey-server is on PATH and none could be fetched. ` +
      `Install one, or set REDIS_URL, or delete ${fileIn(dataDir)} to go on with the queue in PostgreSQL: ` +
      'accepted reports are put on the new queue by themselves.',
  );
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'queue-backend');
}
