import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startRedis } from '../../src/embedded/redis.ts';
import { findRedis } from '../../src/embedded/redis-binaries.ts';

export type OwnRedis = {
  readonly url: string;
  /** Where it keeps what it writes. */
  readonly folder: string;
  /** Ends it in good order. */
  readonly stop: () => Promise<void>;
  /** Starts it again, at the same address and with what it had. */
  readonly start: () => Promise<void>;
};

/** A Redis that a test may stop and empty; it ends at the latest with the run of the tests. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const binary = await findRedis('', () => {});
  if (binary === null) throw new Error('This test needs redis-server or valkey-server on PATH.');
  const folder = mkdtempSync(join(inject('scratch'), 'redis-'));
  let redis = await startRedis(folder, binary);
  return {
    url: redis.url,
    folder,
    stop: () => redis.stop(),
    start: async () => {
      redis = await startRedis(folder, binary);
    },
  };
}
