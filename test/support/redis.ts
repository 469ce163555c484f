import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

/** The Redis of this run of the tests; throws where none is to be had, because a queue test without one proves nothing. */
export function testRedisUrl(): string {
  const url = inject('redisUrl');
  if (url === null) throw new Error('This test needs redis-server or valkey-server on PATH.');
  return url;
}

/** A QUEUE_NAMESPACE nobody else uses. */
export function testQueueNamespace(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}
