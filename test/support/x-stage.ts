import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { createXClient } from '../../channels/twitter/client.ts';
import { createSearchSource } from '../../channels/twitter/search/source.ts';
import { createAccept } from '../../src/accept.ts';
import type { TwitterConfig } from '../../src/config/twitter.ts';
import type { DoorContext } from '../../src/context.ts';
import type { Pool } from '../../src/db/pool.ts';
import { listSources, type SourceState } from '../../src/db/sources.ts';
import type { ReportId } from '../../src/domain/report.ts';
import { createSourceFigures } from '../../src/metrics.ts';
import { type SimulatedX, type SimulatedXOptions, startSimulatedX } from '../../src/simulated-x/server.ts';
import { startSources } from '../../src/sources.ts';
import { createBudget } from '../../src/spending.ts';
import { openDoor } from './accept.ts';
import { createCore } from './core.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { readSealed } from './sealing.ts';

/** A simulated X and a database for the tests of a file, both empty before each test. Set once the tests of the file run. */
export let database: TestDatabase;
export let x: SimulatedX;
/** Milliseconds that X and we are ahead of the real time. */
export let ahead: { ms: number };

/** Called after each test, the last first. */
export const stops: (() => Promise<unknown>)[] = [];

export const clock = (): Date => new Date(Date.now() + ahead.ms);

export function setUpXStage(): void {
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await database.pool.query('truncate messages, report_identities, sources, platform_spending');
    ahead = { ms: 0 };
    x = await openX();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
}

/** In place of the one that each test has. */
export async function openX(options: SimulatedXOptions = {}): Promise<SimulatedX> {
  x = await startSimulatedX({ clock: () => clock().getTime(), ...options });
  x.addUser({ handle: 'siti_aminah', name: 'Siti Aminah' });
  stops.push(x.stop);
  return x;
}

export const xSettings = () => ({ TWITTER_API_URL: x.url, TWITTER_BEARER_TOKEN: 'token-pembaca' });

/** Searches as a gateway does, but more often. */
export async function search({
  config: more = {},
  env = {},
  db = database.pool,
  databaseUrl = database.url,
  pause,
}: {
  readonly config?: Partial<TwitterConfig>;
  readonly env?: Readonly<Record<string, string>>;
  readonly db?: Pool;
  readonly databaseUrl?: string;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
} = {}) {
  const core = (await createCore(db, { ...xSettings(), ...env })).context as unknown as DoorContext;
  const context = { ...core, clock };
  const config = { ...core.config.twitter, pollSeconds: 0.1, overlapSeconds: 10, ...more };
  const { inbox } = await openDoor(context);
  const registry = new Registry();
  const budget = createBudget(db, 'twitter', config.budget, clock);
  const source = createSearchSource({
    config,
    client: createXClient('token-pembaca', config.apiUrl, 1_000),
    budget,
    ...(pause && { pause }),
  });
  const sources = startSources({
    ...context,
    channels: [{ name: 'twitter', providers: [], sources: async () => [source] }],
    databaseUrl,
    accept: createAccept(context, { store: inbox.storeUnspooled }),
    figures: createSourceFigures(registry),
  });
  stops.push(sources.stop);
  return { stop: sources.stop, budget, metrics: () => registry.metrics() };
}

/** As if all before had been read. */
export async function readUpTo(at: Date, pool: Pool = database.pool): Promise<void> {
  await pool.query('insert into sources (name, cursor) values ($1, $2)', [
    'twitter/search',
    JSON.stringify({ upTo: at.getTime(), gaps: [], lost: null }),
  ]);
}

/** What Siti posts; returns the id. */
export const post = (at?: Date): string =>
  x.publish({
    author: 'siti_aminah',
    text: `Lampu jalan di gang ${randomUUID().slice(0, 8)} mati #lapor1708`,
    ...(at && { at }),
  });

/** So many, evenly from then to then. */
export const postMany = (count: number, from: Date, to: Date): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    post(new Date(from.getTime() + ((to.getTime() - from.getTime()) * index) / count)),
  );

/** Ids of the posts in `messages`, opened; one that is there twice stands here twice. */
export async function listTakenPosts(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ id: ReportId }>("select id from messages where form = 'post'");
  return Promise.all(
    rows.map(async ({ id }) => {
      const opened = await readSealed(database.pool, id, 'nobody');
      return opened?.original.messageId ?? 'cannot be opened';
    }),
  );
}

export async function countTakenPosts(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    "select count(*)::int from messages where form = 'post'",
  );
  return rows[0]?.count ?? 0;
}

export const untilTaken = (count: number, timeout = 20_000) =>
  vi.waitFor(async () => expect(await countTakenPosts()).toBe(count), { timeout, interval: 50 });

export async function findSource(): Promise<SourceState | undefined> {
  return (await listSources(database.pool)).find(({ name }) => name === 'twitter/search');
}

export const untilAlarm = (name: string, words: unknown) =>
  vi.waitFor(async () => expect((await findSource())?.alarms[name]).toEqual(words), {
    timeout: 20_000,
    interval: 50,
  });
