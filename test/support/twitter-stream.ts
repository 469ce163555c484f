import { Registry } from 'prom-client';
import { createXClient } from '../../channels/twitter/client.ts';
import { buildQuery } from '../../channels/twitter/search/query.ts';
import { createSearchSource } from '../../channels/twitter/search/source.ts';
import type { StreamPatience } from '../../channels/twitter/stream/connection.ts';
import { createStreamSource } from '../../channels/twitter/stream/source.ts';
import { createAccept } from '../../src/accept.ts';
import { parseTwitterConfig } from '../../src/config/twitter.ts';
import type { DoorContext } from '../../src/context.ts';
import type { Pool } from '../../src/db/pool.ts';
import { listSources } from '../../src/db/sources.ts';
import { nameOfPost } from '../../src/inbox/entry.ts';
import { createSourceFigures } from '../../src/metrics.ts';
import { startSources } from '../../src/sources.ts';
import { createBudget } from '../../src/spending.ts';
import { openDoor } from './accept.ts';
import { sealing } from './sealing.ts';

export const bearerToken = 'token-pembaca-uji';

export const noLimits = {
  TWITTER_DAILY_POSTS: '0',
  TWITTER_MONTHLY_POSTS: '0',
  TWITTER_DAILY_DOLLARS: '0',
  TWITTER_MONTHLY_DOLLARS: '0',
};

type EndedStream = { readonly end: string; readonly pauseMs: number };
type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** The stream as the gateway reads it, from what stands for X at this address, into a real PostgreSQL. */
export async function startStream(
  context: DoorContext,
  databaseUrl: string,
  more: {
    readonly url: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly patience?: StreamPatience;
    readonly pause?: Pause;
    /** Searches as well. */
    readonly withSearch?: boolean;
  },
) {
  const { url, env, withSearch = false, ...given } = more;
  const config = parseTwitterConfig({ TWITTER_API_URL: url, TWITTER_BEARER_TOKEN: bearerToken, ...env });
  const budget = createBudget(context.db, 'twitter', config.budget, context.clock);
  const client = createXClient(bearerToken, url);
  const stream = createStreamSource({ config, bearerToken, client, budget, ...given });
  const often = { ...config, pollSeconds: 0.2, overlapSeconds: 10 };
  const search = createSearchSource({ config: often, client, budget });
  const { inbox } = await openDoor(context);
  const ended: EndedStream[] = [];
  const log = Object.assign(Object.create(context.log) as DoorContext['log'], {
    info: (facts: { readonly event?: string } & Partial<EndedStream>) => {
      const { event, end = '', pauseMs = 0 } = facts;
      if (event === 'stream_ended') ended.push({ end, pauseMs });
    },
  });
  const wanted = withSearch ? [search, stream] : [stream];
  const sources = startSources({
    ...context,
    log,
    channels: [{ name: 'twitter', providers: [], sources: async () => wanted }],
    databaseUrl,
    accept: createAccept(context, { store: inbox.storeUnspooled }),
    figures: createSourceFigures(new Registry()),
  });
  return {
    /** How its connections ended, and how long it waited after each. */
    ended: ended as readonly EndedStream[],
    query: buildQuery(config),
    budget,
    stop: sources.stop,
  };
}

/** What is stored of posts, by the names they are stored under. */
export async function listStoredPosts(db: Pool): Promise<readonly string[]> {
  const { rows } = await db.query<{ external_id: string }>(
    "select external_id from messages where channel = 'twitter' order by external_id",
  );
  return rows.map(({ external_id }) => external_id);
}

/** Those names, of posts with these ids. */
export const namesOf = (ids: readonly string[]): readonly string[] =>
  ids.map((id) => nameOfPost(id, sealing.blindIndex)).sort();

/** What staff are told of the stream, by name. */
export async function readAlarms(db: Pool): Promise<Readonly<Record<string, string>>> {
  const stream = (await listSources(db)).find(({ name }) => name === 'twitter/stream');
  return stream?.alarms ?? {};
}

/** As another program with the same app does. */
export async function changeRules(x: { readonly url: string }, change: object): Promise<void> {
  const response = await fetch(`${x.url}/2/tweets/search/stream/rules`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearerToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(change),
  });
  if (!response.ok) throw new Error(`the rules were not changed: ${response.status}`);
}
