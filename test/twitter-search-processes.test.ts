import { randomUUID } from 'node:crypto';
import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Running, startGateway } from './support/gateway.ts';
import { testRedisUrl } from './support/redis.ts';
import { testDataDir } from './support/sealing.ts';
import {
  clock,
  database,
  listTakenPosts,
  postMany,
  readUpTo,
  setUpXStage,
  stops,
  untilTaken,
  x,
  xSettings,
} from './support/x-stage.ts';

/** Gateways that search for posts, as processes of their own. */

setUpXStage();

const hour = 60 * 60_000;
const ago = (ms: number) => new Date(clock().getTime() - ms);

async function start(more: Readonly<Record<string, string>> = {}): Promise<Running> {
  const dataDir = await mkdtemp(join(testDataDir, 'gateway-'));
  await cp(join(testDataDir, 'keys'), join(dataDir, 'keys'), { recursive: true });
  const gateway = await startGateway('serve', {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    QUEUE_NAMESPACE: randomUUID(),
    DATA_DIR: dataDir,
    TWITTER_STREAM: 'off',
    ...xSettings(),
    ...more,
  });
  stops.push(() => gateway.end('SIGTERM'));
  return gateway;
}

/** The cursor is saved once before anything is read. */
test.each([
  ['source:after-take', 100],
  ['source:after-save:2', 100],
  ['source:after-take:2', 200],
  ['source:after-save:3', 200],
  ['source:after-take:3', 250],
])('killed at %s, between pages that come out of order, it loses and doubles nothing', async (at, taken) => {
  await readUpTo(ago(hour));
  x.disorder(true);
  const posted = postMany(250, ago(hour), ago(1_000));
  const killed = await start({ CRASH_AT: at });
  expect(await killed.ended).toBe('SIGKILL');
  expect((await listTakenPosts()).length).toBeGreaterThanOrEqual(taken - 2);
  const again = await start();
  await untilTaken(250);
  expect([...(await listTakenPosts())].sort()).toEqual([...posted].sort());
  expect(again.output()).not.toMatch(/siti_aminah|Siti Aminah|di gang/);
  for (const id of posted) expect(again.output()).not.toContain(id);
});

test('one gateway searches, and another goes on when it is killed', async () => {
  await readUpTo(ago(hour));
  const both = [await start(), await start()] as const;
  const isSearching = (gateway: Running) => gateway.output().includes('source_started');
  const posted = postMany(20, ago(20_000), ago(1_000));
  await untilTaken(20, 40_000);
  expect(both.filter(isSearching)).toHaveLength(1);
  const [searching, other] = isSearching(both[0]) ? both : [both[1], both[0]];
  await searching.end('SIGKILL');
  const more = postMany(5, ago(1_000), ago(0));
  await untilTaken(25, 40_000);
  expect(isSearching(other)).toBe(true);
  expect([...(await listTakenPosts())].sort()).toEqual([...posted, ...more].sort());
}, 90_000);
