import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, vi } from 'vitest';
import type { TwitterConfig } from '../../src/config/twitter.ts';
import { parseConfig } from '../../src/config.ts';
import { listSources, type SourceState } from '../../src/db/sources.ts';
import { type Roles, startGateway } from '../../src/gateway.ts';
import { startSimulatedX } from '../../src/simulated-x/server.ts';
import { createTestDatabase } from './database.ts';
import { type Running, startGateway as startProcess } from './gateway.ts';
import { testQueueNamespace, testRedisUrl } from './redis.ts';
import { testDataDir } from './sealing.ts';
import { openTcpRelay } from './tcp-relay.ts';
import { uniqueWord } from './unique-word.ts';

export type XGatewayStage = Awaited<ReturnType<typeof openXGatewayStage>>;

/** Somebody's post; `isSummons`: it calls us by name, so we may answer it. */
export type Sent = { readonly id: string; readonly word: string; readonly isSummons: boolean };

/** Waits until it holds; others wait beside it. */
export const until = (check: () => unknown, timeout = 45_000): Promise<unknown> =>
  vi.waitFor(async () => void (await check()), { timeout, interval: 100 });

/** A simulated X, a database, and wires to all that a gateway needs: of one test alone, so that several can run at a time. */
export async function openXGatewayStage(settings: Readonly<Record<string, string>> = {}) {
  // without agencies: they take seconds to load, and it is not asked here where a report goes
  const database = await createTestDatabase();
  const { pool } = database;
  const x = await startSimulatedX();
  x.addUser({ handle: 'siti_aminah', name: 'Siti Aminah' });
  const wires = {
    toX: await openTcpRelay(x.url),
    toPostgres: await openTcpRelay(database.url),
    toRedis: await openTcpRelay(testRedisUrl()),
  };
  const dataDir = await mkdtemp(join(testDataDir, 'gateway-'));
  await cp(join(testDataDir, 'keys'), join(dataDir, 'keys'), { recursive: true });
  const env = {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: wires.toPostgres.url,
    REDIS_URL: wires.toRedis.url,
    QUEUE_NAMESPACE: testQueueNamespace(),
    TWITTER_API_URL: wires.toX.url,
    TWITTER_BEARER_TOKEN: 'token-pembaca',
    TWITTER_APP_KEY: 'app-key-rahasia',
    TWITTER_APP_SECRET: 'app-secret-rahasia',
    TWITTER_ACCESS_TOKEN: 'access-token-rahasia',
    TWITTER_ACCESS_SECRET: 'access-secret-rahasia',
    TWITTER_POLL_SECONDS: '15',
    TWITTER_OVERLAP_SECONDS: '10',
    TWITTER_MAX_PER_AUTHOR: '0',
    ...settings,
  };
  const sent: Sent[] = [];
  const logged: string[] = [];
  const running: Pick<Running, 'end' | 'output'>[] = [];

  return {
    x,
    wires,
    pool,
    sent,
    output: () => [...logged, ...running.map(({ output }) => output())].join('\n'),
    /** A whole gateway in this process, or a part of it. */
    start: async (
      more: Partial<TwitterConfig> = {},
      roles: Roles = { serve: true, work: true, sweep: true },
    ): Promise<() => Promise<void>> => {
      const config = parseConfig(env);
      const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) });
      const gateway = await startGateway(
        // more often than anybody may set
        { ...config, twitter: { ...config.twitter, pollSeconds: 0.5, ...more } },
        { databaseUrl: env.DATABASE_URL, redisUrl: env.REDIS_URL },
        roles,
        log,
      );
      let stopped: Promise<void> | null = null;
      const stop = () => {
        stopped ??= gateway.stop();
        return stopped;
      };
      running.push({ output: () => '', end: async () => stop().then(() => 0) });
      return stop;
    },
    /** As a process of its own, that can be killed. */
    startProcess: async (
      role: 'serve' | 'work',
      more: Readonly<Record<string, string>> = {},
    ): Promise<Running> => {
      const gateway = await startProcess(role, { ...env, ...more });
      running.push(gateway);
      return gateway;
    },
    /** Siti posts so many more; every third one has our hashtag alone. */
    post: (count: number, indexingMs = 0): void => {
      for (let left = count; left > 0; left -= 1) {
        const word = uniqueWord();
        const isSummons = sent.length % 3 !== 2;
        const text = `${isSummons ? '@LAPOR1708' : '#lapor1708'} lampu jalan mati di gang ${word}, Kota Bandung`;
        sent.push({ id: x.publish({ author: 'siti_aminah', text, indexingMs }), word, isSummons });
      }
    },
    untilStreaming: () => until(() => expect(x.stream.connections).toBe(1)),
    untilTaken: (count: number) =>
      until(async () =>
        expect((await pool.query("select from messages where form = 'post'")).rowCount).toBe(count),
      ),
    findSource: async (): Promise<SourceState | undefined> =>
      (await listSources(pool)).find(({ name }) => name === 'twitter/search'),
    /** Texts of all reports. */
    listTexts: async (): Promise<readonly string[]> =>
      (await pool.query<{ text: string }>('select text from reports')).rows.map(({ text }) => text),
    listVersions: async (): Promise<readonly (number | null)[]> =>
      (
        await pool.query<{ version: number | null }>('select version from additions order by version')
      ).rows.map(({ version }) => version),
    /** How many answers each post got that calls us. */
    countAnswers: (): readonly number[] =>
      sent
        .filter(({ isSummons }) => isSummons)
        .map(({ id }) => x.answers.filter(({ inReplyTo }) => inReplyTo === id).length),
    countNotifications: async (): Promise<Readonly<Record<string, number>>> => {
      const { rows } = await pool.query<{ state: string; count: number }>(
        'select state, count(*)::int from notifications group by state',
      );
      return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
    },
    /** What became of each notification, and why. */
    listOutcomes: async (): Promise<readonly object[]> =>
      (await pool.query('select state, attempt_count, reason from notifications order by created_at')).rows,
    countWaiting: async (): Promise<number> => {
      const { rows } = await pool.query<{ count: number }>(
        `select ((select count(*) from messages where state = 'pending') +
           (select count(*) from notifications where state in ('pending', 'sending')))::int as count`,
      );
      return rows[0]?.count ?? 0;
    },
    /** As if all had waited that is to be tried again, and the leases of whoever lost what they had in hand were over. */
    letTimePass: async (): Promise<void> => {
      await pool.query("update messages set due_at = now() where state = 'pending' and taken_until is null");
      // nobody needs two seconds for one, where X answers
      await pool.query(
        `update messages set due_at = now(), taken_until = now()
         where state = 'pending' and taken_until < now() + interval '118 seconds'`,
      );
      await pool.query(
        `update notifications set next_attempt_at = now(), enqueue_after = now()
         where state = 'pending' or (state = 'sending' and next_attempt_at < now() + interval '58 seconds')`,
      );
    },
    readSpentPosts: async (): Promise<number> => {
      const { rows } = await pool.query<{ posts: number }>(
        'select coalesce(sum(posts), 0)::int as posts from platform_spending',
      );
      return rows[0]?.posts ?? 0;
    },
    readPosts: () => x.delivered.searchPosts + x.delivered.streamPosts + x.delivered.lookupPosts,
    close: async (): Promise<void> => {
      await Promise.all(running.map(({ end }) => end('SIGKILL')));
      await x.stop();
      await Promise.all(Object.values(wires).map(({ close }) => close()));
      await database.drop();
    },
  };
}
