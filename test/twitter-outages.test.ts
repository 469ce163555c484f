import { afterAll, expect, test, vi } from 'vitest';
import { createPool } from '../src/db/pool.ts';
import { openTcpRelay } from './support/tcp-relay.ts';
import {
  clock,
  database,
  findSource,
  listTakenPosts,
  post,
  search,
  setUpXStage,
  stops,
  untilTaken,
  x,
} from './support/x-stage.ts';

/** Ten posts around every kind of outage: each is stored once, and nothing was read that was not counted. */

setUpXStage();

const recentSearch = /\/2\/tweets\/search\/recent$/;
const problem = (title: string, name: string) => ({
  title,
  type: `https://api.x.com/2/problems/${name}`,
  detail: 'Siti Aminah @siti_aminah',
});
const inTwoSeconds = () => ({
  'x-rate-limit-limit': '450',
  'x-rate-limit-remaining': '0',
  'x-rate-limit-reset': String(Math.ceil(clock().getTime() / 1_000) + 2),
});

type Outage = {
  /** Returns how it ends. */
  readonly begin: () => Promise<unknown> | (() => unknown);
  /** What staff are told while it lasts. */
  readonly told?: string | RegExp;
  readonly alarm?: string;
};
type Wires = Record<'toX' | 'toPostgres', Awaited<ReturnType<typeof openTcpRelay>>>;

const fault = (more: object) => () =>
  x.fault({ path: recentSearch, ...more } as Parameters<typeof x.fault>[0]);

const outages = (wires: Wires): Readonly<Record<string, Outage>> => ({
  'none at all': { begin: () => () => undefined },
  '401, the token is not valid': {
    begin: fault({ status: 401, body: problem('Unauthorized', 'about:blank') }),
    told: /does not accept the credentials \(401\)/,
    alarm: 'credentials',
  },
  '403, the app may not search': {
    begin: fault({ status: 403, body: problem('Client Forbidden', 'client-forbidden') }),
    told: 'X refuses it (403, client-forbidden)',
    alarm: 'credentials',
  },
  '402, no credits': {
    begin: () => {
      x.setCredits(0);
      return () => x.setCredits(null);
    },
    told: /credits at X are used up/,
    alarm: 'credits',
  },
  '403, no credits': {
    begin: fault({ status: 403, body: problem('CreditsDepleted', 'credits') }),
    told: /credits at X are used up/,
    alarm: 'credits',
  },
  '429, too many requests': {
    begin: () => x.fault({ path: recentSearch, times: 1, status: 429, headers: inTwoSeconds() }),
  },
  '503, X is overloaded': { begin: fault({ status: 503, body: {} }), told: 'X failed at it (5xx)' },
  '400, X does not like the request': {
    begin: fault({ status: 400, body: { errors: [{ parameters: { query: ['#lapor1708'] } }] } }),
    told: 'X finds the request wrong: query',
  },
  '200, and a page that is none': {
    begin: fault({ status: 200, body: '<html>Sign in to the network</html>' }),
    told: /broke off/,
  },
  '200, and nothing in it': { begin: fault({ status: 200, body: {} }), told: /broke off/ },
  'cut before it was carried out': { begin: fault({ cut: 'before' }), told: /broke off/ },
  'cut behind it: the page is paid for and lost': { begin: fault({ cut: 'after' }), told: /broke off/ },
  'X does not answer': { begin: fault({ hangMs: 600_000 }), told: /broke off, or did not answer/ },
  'X cannot be reached': {
    begin: async () => {
      await wires.toX.cut();
      return wires.toX.mend;
    },
    told: 'X cannot be reached',
  },
  'the network swallows everything': {
    begin: () => {
      wires.toX.swallow();
      return wires.toX.mend;
    },
    told: /did not answer/,
  },
  'PostgreSQL is away': {
    begin: async () => {
      await wires.toPostgres.cut();
      return wires.toPostgres.mend;
    },
  },
  'pages out of order, with repeats': {
    begin: () => {
      x.disorder(true);
      return () => x.disorder(false);
    },
  },
});

const names = Object.keys(outages({} as Wires));
const table: { fault: string; sent: number; stored: number; doubled: number }[] = [];
afterAll(() => {
  const rows = table.map((row) => `| ${Object.values(row).join(' | ')} |`);
  process.stdout.write(['| fault | sent | stored | doubled |', '|---|---|---|---|', ...rows, ''].join('\n'));
});

test.each(names)('ten posts are each stored once: %s', async (name) => {
  const wires = { toX: await openTcpRelay(x.url), toPostgres: await openTcpRelay(database.url) };
  const pool = createPool(wires.toPostgres.url, { max: 4, onError: () => {}, answerWithinMs: 1_500 });
  stops.push(async () => {
    await pool.end();
    await Promise.all(Object.values(wires).map(({ close }) => close()));
  });
  const { budget } = await search({
    config: { apiUrl: wires.toX.url },
    db: pool,
    databaseUrl: wires.toPostgres.url,
  });
  await vi.waitFor(async () => expect((await findSource())?.connectedAt).toEqual(expect.any(Date)), 10_000);
  const outage = outages(wires)[name];

  const sent = [post(), post(), post()];
  await untilTaken(3);
  const end = (await outage?.begin()) as () => unknown;
  sent.push(post(), post(), post(), post());
  if (outage?.told !== undefined) await untilTold(outage.told, outage.alarm);
  await end();
  sent.push(post(), post());
  await untilTaken(9);
  // nothing tells that nothing will come; what comes after it tells
  sent.push(post());
  await untilTaken(10);

  const stored = await listTakenPosts();
  const doubled = stored.length - new Set(stored).size;
  table.push({ fault: name, sent: sent.length, stored: new Set(stored).size, doubled });
  expect([...stored].sort()).toEqual([...sent].sort());
  expect((await budget.state()).today.posts).toBeGreaterThanOrEqual(x.delivered.searchPosts);
  await vi.waitFor(
    async () => expect(await findSource()).toMatchObject({ lastError: null, alarms: {} }),
    10_000,
  );
});

const untilTold = (words: string | RegExp, alarm?: string) =>
  vi.waitFor(async () => {
    const source = await findSource();
    expect(source?.lastError).toMatch(words);
    expect(source?.lastError).not.toMatch(/siti/i);
    if (alarm !== undefined) expect(source?.alarms[alarm]).toMatch(words);
  }, 15_000);
