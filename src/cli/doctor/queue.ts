import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { readQueueBackend } from '../../embedded/queue-backend.ts';
import { adoptRedis } from '../../embedded/redis.ts';
import { findLockHolder } from '../../folder-lock.ts';
import { readRedisFacts } from '../../queue/bullmq.ts';
import { errorCode, type Finding, fail, ok, warn } from './finding.ts';

/** What carries the work: a Redis given or embedded, or PostgreSQL. */
export async function checkQueue(config: Config): Promise<readonly Finding[]> {
  if (config.redisUrl !== null) return checkRedis(config.redisUrl, 'REDIS_URL');
  if (!existsSync(config.dataDir)) return [ok('redis', 'the embedded one, made by the first "npm start"')];
  const folder = realpathSync(config.dataDir);
  if (readQueueBackend(folder) === 'postgres') {
    return [ok('queue', 'in PostgreSQL, as no Redis was to be had at the first start')];
  }
  const running = await adoptRedis(join(folder, 'redis'));
  if (running !== null) return checkRedis(running.url, 'embedded');
  return findLockHolder(folder)?.purpose === 'gateway'
    ? [fail('redis', 'the embedded one does not run, but the gateway does', 'restart the gateway')]
    : [ok('redis', 'the embedded one, started together with the gateway')];
}

async function checkRedis(url: string, where: 'REDIS_URL' | 'embedded'): Promise<readonly Finding[]> {
  const facts = await readRedisFacts(url).catch(errorCode);
  if (typeof facts === 'string') {
    return [
      fail(
        'redis',
        `does not answer (${facts})`,
        'start it, or check REDIS_URL; until then reports only wait',
      ),
    ];
  }
  const { version, evictionPolicy, appendOnly } = facts;
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return [
    major > 6 || (major === 6 && minor >= 2)
      ? ok('redis', `${version}, ${where}`)
      : fail('redis', `${version ?? 'of unknown version'} is too old`, 'upgrade to Redis 6.2 or newer'),
    evictionPolicy === 'noeviction'
      ? ok('redis memory', 'noeviction: no job is dropped when it is full')
      : fail(
          'redis memory',
          `maxmemory-policy ${evictionPolicy ?? 'unknown'} drops jobs when it is full`,
          'redis-cli config set maxmemory-policy noeviction, and in redis.conf',
        ),
    appendOnly
      ? ok('redis disk', 'append-only file is on')
      : warn(
          'redis disk',
          'no append-only file: a restart empties the queue until the sweeper has filled it again',
          'redis-cli config set appendonly yes, and in redis.conf',
        ),
  ];
}
