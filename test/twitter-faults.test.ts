import { afterAll, describe, expect, test } from 'vitest';
import type { SimulatedX } from '../src/simulated-x/server.ts';
import { openXGatewayStage, until, type XGatewayStage } from './support/x-gateway.ts';

/**
 * Posts around every kind of outage, through a whole gateway: each is filed once, who calls us is answered once, and
 * nothing was read that was not counted.
 */

const searchPaths = /^\/2\/tweets\/search\//;
const ended = () => undefined;

/** X refuses both search and stream, and the stream that is open ends. */
const refusing =
  (more: object) =>
  ({ x }: XGatewayStage) => {
    const end = x.fault({ path: searchPaths, ...more } as Parameters<SimulatedX['fault']>[0]);
    x.stream.cut();
    return end;
  };
/** The next answer goes wrong. */
const answering =
  (more: object, times: { times?: number } = { times: 1 }) =>
  ({ x }: XGatewayStage) =>
    x.fault({ path: /^\/2\/tweets$/, method: 'POST', ...times, ...more } as Parameters<
      SimulatedX['fault']
    >[0]);

const problem = (title: string, name: string, detail = 'Siti Aminah @siti_aminah') => ({
  title,
  type: `https://api.x.com/2/problems/${name}`,
  detail,
});
const inTwoSeconds = () => ({
  'x-rate-limit-limit': '450',
  'x-rate-limit-remaining': '0',
  'x-rate-limit-reset': String(Math.ceil(Date.now() / 1_000) + 2),
});

const requestsTo = ({ x }: XGatewayStage, endpoint: string): number => x.delivered.requests[endpoint] ?? 0;
/** Until it was felt: asked for once more than before. */
const untilAsked = (endpoint: string) => async (stage: XGatewayStage) => {
  const before = requestsTo(stage, endpoint);
  await until(() => expect(requestsTo(stage, endpoint)).toBeGreaterThan(before));
};
const untilLogged = (event: string) => (stage: XGatewayStage) =>
  until(() => expect(stage.output()).toContain(`"event":"${event}"`));
/** Those posted meanwhile come in while it lasts. */
const untilAllTaken = (stage: XGatewayStage) => stage.untilTaken(stage.sent.length);

const untilTold = (words: RegExp, alarm?: string) => async (stage: XGatewayStage) => {
  await until(async () => {
    const source = await stage.findSource();
    expect(source?.lastError).toMatch(words);
    if (alarm !== undefined) expect(source?.alarms[alarm]).toMatch(words);
  });
};

type Outage = {
  /** Returns how it ends. */
  readonly begin: (stage: XGatewayStage) => (() => unknown) | Promise<() => unknown>;
  /** Resolves once the gateway has noticed. */
  readonly felt: (stage: XGatewayStage) => Promise<unknown>;
  readonly postsMeanwhile?: number;
  /** Until search knows what is posted meanwhile. */
  readonly indexingMs?: number;
  /** Posts that call us and cannot be answered any more; staff see why. */
  readonly refused?: number;
  readonly versions?: readonly number[];
};

const cutWire = (wire: 'toX' | 'toPostgres' | 'toRedis') => async (stage: XGatewayStage) => {
  await stage.wires[wire].cut();
  return stage.wires[wire].mend;
};

const outages: Readonly<Record<string, Outage>> = {
  none: { begin: () => ended, felt: untilAllTaken },
  '401, the token is not valid': {
    begin: refusing({ status: 401, body: problem('Unauthorized', 'about:blank') }),
    felt: untilTold(/does not accept the credentials \(401\)/, 'credentials'),
  },
  '403, the app may not search': {
    begin: refusing({ status: 403, body: problem('Client Forbidden', 'client-forbidden') }),
    felt: untilTold(/^X refuses it \(403, client-forbidden\)$/, 'credentials'),
  },
  '402, no credits': {
    begin: ({ x }) => {
      x.setCredits(0);
      return () => x.setCredits(null);
    },
    felt: untilTold(/credits at X are used up/, 'credits'),
  },
  '403, no credits': {
    begin: refusing({ status: 403, body: problem('CreditsDepleted', 'credits') }),
    felt: untilTold(/credits at X are used up/, 'credits'),
  },
  '429, too many requests': {
    begin: (stage) => refusing({ status: 429, headers: inTwoSeconds() })(stage),
    felt: untilAsked('GET /2/tweets/search/recent'),
  },
  '503, X is overloaded': {
    begin: refusing({ status: 503, body: {} }),
    felt: untilTold(/^X failed at it \(5xx\)$/),
  },
  '400, X does not like the request': {
    begin: refusing({ status: 400, body: { errors: [{ parameters: { query: ['#lapor1708'] } }] } }),
    felt: untilTold(/^X finds the request wrong: query$/),
  },
  '200, and a page that is none': {
    begin: refusing({ status: 200, body: '<html>Sign in to the network</html>' }),
    felt: untilTold(/broke off/),
  },
  '200, and nothing in it': { begin: refusing({ status: 200, body: {} }), felt: untilTold(/broke off/) },
  'cut before it was carried out': { begin: refusing({ cut: 'before' }), felt: untilTold(/broke off/) },
  'cut behind it: the page is paid for and lost': {
    begin: refusing({ cut: 'after' }),
    felt: untilTold(/broke off/),
  },
  'disconnected in the middle of a page': {
    begin: ({ wires }) => {
      wires.toX.breakOffAfter(1_500);
      return wires.toX.mend;
    },
    felt: untilTold(/broke off/),
  },
  'X does not answer': {
    begin: refusing({ hangMs: 600_000 }),
    felt: untilTold(/broke off, or did not answer/),
  },
  'X cannot be reached': {
    begin: cutWire('toX'),
    felt: untilTold(/^X cannot be reached$/),
  },
  'the network swallows everything': {
    begin: ({ wires }) => {
      wires.toX.swallow();
      return wires.toX.mend;
    },
    felt: untilTold(/did not answer/),
  },
  'the stream is cut': {
    begin: ({ x }) => {
      const end = x.fault({ path: /\/search\/stream$/, status: 503 });
      x.stream.cut();
      return end;
    },
    felt: untilAllTaken,
  },
  'the stream is stalled': {
    begin: ({ x }) => {
      x.stream.stall(true);
      return () => x.stream.stall(false);
    },
    felt: untilAllTaken,
  },
  'pages out of order, with repeats': {
    // small ones, as after a failure
    begin: async (stage) => {
      const end = refusing({ status: 503 })(stage);
      stage.x.disorder(true);
      await untilTold(/5xx/)(stage);
      return end;
    },
    felt: untilTold(/5xx/),
    postsMeanwhile: 34,
  },
  'search knows posts three seconds late': {
    begin: ({ x }) => {
      x.stream.stall(true);
      return ended;
    },
    felt: untilAllTaken,
    indexingMs: 3_000,
  },
  'edited, twice': {
    begin: async ({ x, sent, listTexts, listVersions }) => {
      await until(async () => expect(await listTexts()).toHaveLength(3));
      const [{ id = '', word = '' } = {}] = sent;
      const second = x.edit(id, `@LAPOR1708 lampu jalan mati di gang ${word} RT 1, Kota Bandung`);
      await until(async () => expect(await listVersions()).toEqual([2]));
      x.edit(second, `@LAPOR1708 lampu jalan mati di gang ${word} RT 1 RW 2, Kota Bandung`);
      return ended;
    },
    felt: ({ listVersions }) => until(async () => expect(await listVersions()).toEqual([2, 3])),
    versions: [2, 3],
  },
  'deleted before it is answered: one': {
    begin: (stage) => {
      const end = answering({ status: 429, headers: inTwoSeconds() }, {})(stage);
      stage.post(1);
      return async () => {
        await stage.untilTaken(stage.sent.length);
        const { id } = stage.sent.findLast(({ isSummons }) => isSummons) ?? { id: '' };
        stage.x.delete(id);
        end();
      };
    },
    felt: untilAsked('POST /2/tweets'),
    postsMeanwhile: 3,
    refused: 1,
  },
  'PostgreSQL is away': { begin: cutWire('toPostgres'), felt: untilLogged('sources_interrupted') },
  'Redis is away': { begin: cutWire('toRedis'), felt: untilAllTaken },
  'the answer is posted, and X cut before it says so': {
    begin: answering({ cut: 'after' }),
    felt: untilAsked('POST /2/tweets'),
  },
  'the answer is cut before it is posted': {
    begin: answering({ cut: 'before' }),
    felt: untilAsked('POST /2/tweets'),
  },
  '503 for an answer': {
    begin: answering({ status: 503, body: {} }),
    felt: untilAsked('POST /2/tweets'),
  },
  '403 for answers: the app may not': {
    begin: answering({ status: 403, body: problem('Client Forbidden', 'client-forbidden') }, {}),
    felt: untilAsked('POST /2/tweets'),
  },
  '403 for an answer: said before in these words': {
    begin: answering({
      status: 403,
      body: problem('Forbidden', 'x', 'You are not allowed to create a Tweet with duplicate content.'),
    }),
    felt: untilAsked('POST /2/tweets'),
  },
  '403 for one answer: its author lets only some reply': {
    begin: answering({
      status: 403,
      body: problem('Forbidden', 'x', 'Reply to this conversation is not allowed'),
    }),
    felt: untilAsked('POST /2/tweets'),
    refused: 1,
  },
};

type Row = Readonly<
  Record<'fault', string> & Record<'sent' | 'filed' | 'doubled' | 'calling us' | 'answered', number>
>;
const rows = new Map<string, Row>();
afterAll(() => {
  const order = [...Object.keys(outages), ...Object.keys(deaths)];
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`;
  const sorted = [...rows.values()].toSorted((a, b) => order.indexOf(a.fault) - order.indexOf(b.fault));
  const head = Object.keys(sorted[0] ?? {});
  process.stdout.write(
    `${[head, head.map(() => '---'), ...sorted.map((row) => Object.values(row))].map(line).join('\n')}\n`,
  );
});

/** Who dies, where, and as which process: one of its own, which searches every 15 s, or is told of posts by the stream. */
const deaths = {
  'kill -9 of the gateway: posts are stored, the cursor is not': ['serve', 'source:after-take:2'],
  // before anything is read, at the first look, at the next one
  'kill -9 of the gateway: the cursor is stored': ['serve', 'source:after-save:3'],
  'kill -9 of the worker: before a report is stored': ['work', 'messages:before-commit:2'],
  'kill -9 of the worker: a report is stored': ['work', 'messages:after-commit:2'],
  'kill -9 of the worker: before an answer is posted': ['work', 'notify:before-send'],
  'kill -9 of the worker: an answer is posted': ['work', 'notify:after-send'],
  'kill -9 of the worker: the answer is on record': ['work', 'notify:after-mark'],
} as const;

const parts = {
  serve: { serve: true, work: false, sweep: false },
  work: { serve: false, work: true, sweep: true },
} as const;

describe.concurrent('killed in the middle, it files each post once, and answers once', () => {
  test.each(Object.entries(deaths))('%s', { timeout: 120_000 }, async (fault, [role, point]) => {
    const stage = await openXGatewayStage();
    try {
      await stage.start({}, parts[role === 'work' ? 'serve' : 'work']);
      const dying = await stage.startProcess(role, { CRASH_AT: point });
      await stage.untilStreaming();
      stage.post(4);
      expect(await dying.ended).toBe('SIGKILL');
      stage.post(3);
      const stopNext = await stage.start({}, parts[role]);
      await stage.untilStreaming();
      stage.post(3);
      await untilSettled(stage);
      await stopNext();
      await judge(stage, fault, {});
    } finally {
      await stage.close();
    }
  });
});

describe.concurrent('each post is filed once, and answered once where it calls us', () => {
  test.each(Object.entries(outages))('%s', { timeout: 120_000 }, async (fault, outage) => {
    const stage = await openXGatewayStage();
    try {
      const stop = await stage.start();
      await stage.untilStreaming();
      stage.post(3);
      await stage.untilTaken(3);
      const end = await outage.begin(stage);
      stage.post(outage.postsMeanwhile ?? 4, outage.indexingMs);
      await outage.felt(stage);
      await end();
      stage.post(2);
      await untilSettled(stage);
      // nothing tells that nothing will come; what comes after it tells
      stage.post(1);
      await untilSettled(stage);
      await until(async () =>
        expect(await stage.findSource()).toMatchObject({ lastError: null, alarms: {} }),
      );
      await stop();
      await judge(stage, fault, outage);
    } finally {
      await stage.close();
    }
  });
});

/** All is filed, and answered or given up; nothing waits and nothing is under way. */
const untilSettled = ({ sent, countWaiting, countNotifications, letTimePass }: XGatewayStage) =>
  until(async () => {
    await letTimePass();
    // First that there is one for each: what comes between the two questions is not passed over.
    const notifications = Object.values(await countNotifications());
    expect(notifications.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(sent.length);
    expect(await countWaiting()).toBe(0);
  }, 60_000);

async function judge(
  stage: XGatewayStage,
  fault: string,
  { refused = 0, versions = [] }: Omit<Outage, 'begin' | 'felt'>,
): Promise<void> {
  const { sent, x } = stage;
  const texts = await stage.listTexts();
  const filed = sent.filter(({ word }) => texts.some((text) => text.includes(word))).length;
  const answers = stage.countAnswers();
  rows.set(fault, {
    fault,
    sent: sent.length,
    filed,
    doubled: texts.length - filed,
    'calling us': answers.length,
    answered: answers.filter((count) => count === 1).length,
  });
  expect(filed).toBe(sent.length);
  expect(texts).toHaveLength(filed);
  expect(await stage.listVersions()).toEqual(versions);
  expect(
    answers.toSorted((a, b) => b - a),
    JSON.stringify(await stage.listOutcomes()),
  ).toEqual(answers.map((_, index) => (index < answers.length - refused ? 1 : 0)));
  expect(x.answers).toHaveLength(answers.length - refused);
  expect(await stage.countNotifications()).toEqual({
    sent: answers.length - refused,
    not_summoned: sent.length - answers.length,
    ...(refused > 0 && { refused }),
  });
  expect(await stage.readSpentPosts()).toBeGreaterThanOrEqual(stage.readPosts());
  const output = stage.output();
  expect(output).not.toMatch(/siti.aminah/i);
  for (const { id, word } of sent) {
    expect(output).not.toContain(id);
    expect(output).not.toContain(word);
  }
}
