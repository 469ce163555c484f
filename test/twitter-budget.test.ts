import { setInterval as every } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openXGatewayStage, until, type XGatewayStage } from './support/x-gateway.ts';

/** Gateways that search and stream at once, while more is posted than may be read. */

const most = 4_000;
const taking = { serve: true, work: false, sweep: false } as const;

/** Some hundred posts a second until it is stopped, or there are enough: a slow machine must read them all in the end. */
function postOn({ post, sent }: XGatewayStage): () => Promise<void> {
  const ending = new AbortController();
  const posting = (async () => {
    for await (const _ of every(50, undefined, { signal: ending.signal })) {
      if (sent.length >= most + 1_000) return;
      post(20);
    }
  })().catch((error) => {
    if (!ending.signal.aborted) throw error;
  });
  return () => {
    ending.abort();
    return posting;
  };
}

test('no more than the budget is read of posts that come fast, by stream and search, with a kill -9 in between; all of them once there is more', async () => {
  const stage = await openXGatewayStage({
    TWITTER_DAILY_POSTS: String(most),
    TWITTER_DAILY_DOLLARS: '0',
    TWITTER_MONTHLY_POSTS: '0',
    TWITTER_MONTHLY_DOLLARS: '0',
  });
  const { x, pool, sent } = stage;
  try {
    // so that the search has a thousand to read while the stream brings more
    await pool.query('insert into sources (name, cursor) values ($1, $2)', [
      'twitter/search',
      JSON.stringify({ upTo: Date.now() - 60_000, gaps: [], lost: null }),
    ]);
    stage.post(1_000);
    const killed = await stage.startProcess('serve');
    await stage.untilStreaming();
    const stopPosting = postOn(stage);
    await until(() => {
      expect(x.delivered.streamPosts).toBeGreaterThan(400);
      expect(x.delivered.searchPosts).toBeGreaterThan(400);
    });
    await killed.end('SIGKILL');
    const stop = await stage.start({}, taking);
    await until(async () =>
      expect((await stage.findSource())?.alarms['budget']).toMatch(/^what may be spent on X is spent/),
    );
    await stopPosting();
    await stop();
    // of what is left a search could not read a page, but for the two blocks that a stream gives back as it ends
    expect(await stage.readSpentPosts()).toBeGreaterThan(most - 1_000 - 30);
    expect(await stage.readSpentPosts()).toBeLessThanOrEqual(most);
    expect(stage.readPosts()).toBeLessThanOrEqual(most);
    expect(stage.readPosts()).toBeGreaterThan(most / 2);

    const noLimit = { posts: 0, microdollars: 0 };
    const stopAgain = await stage.start({ budget: { daily: noLimit, monthly: noLimit } }, taking);
    await stage.untilTaken(sent.length);
    await stopAgain();
    const { rows } = await pool.query('select from messages');
    expect(rows).toHaveLength(sent.length);
  } finally {
    await stage.close();
  }
}, 120_000);
