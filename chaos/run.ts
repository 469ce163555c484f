import { openQueues } from '../src/queue/bullmq.ts';
import { findBetrayed, judgeReports, listStuck, type Verdict } from './invariants.ts';
import { createLeakWatch, type LeakWatch, lookAtArrival, lookAtRedis, lookAtTables } from './leaks.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { type Load, startLoad } from './load.ts';
import { type Control, strikeUntil } from './plan.ts';
import { openScratch } from './scratch.ts';
import { readAll } from './servers.ts';
import { type Built, buildStage, openEndpoint } from './stage.ts';
import { pause, startTimeline } from './timeline.ts';

export type RunOptions = {
  readonly seed: number;
  readonly seconds: number;
  readonly control: Control | null;
  /** Told what goes on, for whoever watches. */
  readonly progress: (line: string) => void;
  /** Comes when the run is to be broken off. */
  readonly signal: AbortSignal;
};

export type RunResult = Verdict & {
  readonly faults: number;
  /** Processes that ended without anybody killing them. */
  readonly crashes: readonly string[];
  readonly timeline: readonly string[];
};

/** How long it may take until nothing waits any more: twice the sweeper's patience, and a little. */
const drainMs = 75_000;
/** A control is meant to stay stuck: no need to wait long for it. */
const drainOfControlMs = 15_000;

/** One run: breaks things for so many seconds, mends everything, lets it drain, and holds it to its promises. */
export async function runChaos(options: RunOptions): Promise<RunResult> {
  const { seed, seconds, control, progress, signal } = options;
  const timeline = startTimeline();
  const scratch = openScratch();
  let stage: Built | undefined;
  try {
    progress('starting servers');
    stage = await buildStage(scratch.folder, seed, control, timeline);
    await Promise.all(stage.processes.map((started) => started.ready()));
    const ledger = createLedger();
    const watch = createLeakWatch(ledger);
    const load = startLoad({ ...stage, look: watch.look }, ledger, seed);
    timeline.note('load begins');

    const faultsEnd = new AbortController();
    const endsAt = performance.now() + seconds * 1_000;
    const striking = strikeUntil(stage, { seed, control, endsAt }, timeline, faultsEnd.signal);
    while (performance.now() < endsAt && !signal.aborted) {
      await pause(1_000, signal);
      await lookAround(stage, watch);
      const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1_000));
      progress(`${left} s left, ${describe(ledger, load)}; ${timeline.lines().at(-1)?.trim()}`);
    }
    faultsEnd.abort();
    const faults = await striking;
    signal.throwIfAborted();

    timeline.note('faults end; everything is restarted clean');
    await restartClean(stage);
    await drain(stage, ledger, load, options);
    await load.abandon();
    signal.throwIfAborted();
    timeline.note('drained, or given up');
    progress('checking');
    const verdict = await judge(stage, ledger, watch);
    return {
      ...verdict,
      faults,
      crashes: stage.processes.flatMap(({ crashes }) => crashes),
      timeline: timeline.lines(),
    };
  } finally {
    await stage?.close().catch(() => undefined);
    await scratch.remove();
  }
}

/** What is only there for a while is looked at while it is: keys in Redis, files of the gateway. */
async function lookAround(stage: Built, watch: LeakWatch): Promise<void> {
  await lookAtRedis(watch, stage.redis.url()).catch(() => undefined); // it may be down: that is the point
  for (const content of readAll(stage.dataDir)) watch.look('a file of the gateway', content);
}

async function restartClean(stage: Built): Promise<void> {
  stage.postgresWire.set({ kind: 'pass' });
  stage.redisWire.set({ kind: 'pass' });
  stage.agency.recover();
  stage.provider.recover();
  await Promise.all([stage.postgres.start(), stage.redis.start()]);
  await Promise.all(stage.processes.map((started) => started.replace({ signal: 'SIGTERM', afterMs: 0 })));
}

/** Waits, for so long at most, until senders have their receipts and nothing is left to be done. */
async function drain(
  stage: Built,
  ledger: Ledger,
  load: Load,
  { control, progress, signal }: RunOptions,
): Promise<void> {
  const limitMs = control === null ? drainMs : drainOfControlMs;
  const began = performance.now();
  /** Each step may take its part of the time, so that one which never ends does not hide how the others fare. */
  const until = async (share: number, isDone: () => Promise<boolean> | boolean) => {
    while (!signal.aborted && performance.now() < began + limitMs * share && !(await isDone())) {
      progress(`draining, ${describe(ledger, load)}`);
      await pause(250, signal);
    }
  };
  void load.stop();
  await until(0.3, () => load.underWay() === 0);
  await until(0.7, async () => (await count(stage, 'inbox', 'true')) === 0);
  const { rows } = await stage.db.query<{ agency_code: string }>(
    `select distinct agency_code from deliveries where state <> 'delivered'`,
  );
  for (const { agency_code } of rows) await openEndpoint(stage.db, stage.agency, agency_code);
  await withQueues(stage, (queues) =>
    until(
      1,
      async () => (await listStuck({ ledger, db: stage.db, dataDir: stage.dataDir }, queues)).length === 0,
    ),
  );
}

async function count({ db }: Built, table: string, condition: string): Promise<number> {
  const { rows } = await db.query<{ count: string }>(`select count(*) from ${table} where ${condition}`);
  return Number(rows[0]?.count);
}

async function withQueues<T>(
  stage: Built,
  use: (queues: ReturnType<typeof openQueues>) => Promise<T>,
): Promise<T> {
  const silent = { error: () => undefined, warn: () => undefined };
  const queues = openQueues({ kind: 'redis', url: stage.redis.url() }, 'lapor', silent);
  try {
    return await use(queues);
  } finally {
    await queues.close();
  }
}

async function judge(stage: Built, ledger: Ledger, watch: LeakWatch): Promise<Verdict> {
  const ask = async (path: string) => {
    const answer = await fetch(`${stage.url}${path}`, { signal: AbortSignal.timeout(10_000) });
    const text = await answer.text();
    watch.look(`answer to GET ${path.split('/').slice(0, 3).join('/')}`, text);
    return { status: answer.status, text };
  };
  const evidence = {
    ledger,
    db: stage.db,
    dataDir: stage.dataDir,
    arrivals: stage.agency.arrivals,
    sentSms: stage.provider.taken,
    ask,
  };
  const reports = await judgeReports(evidence);
  const stuck = await withQueues(stage, (queues) => listStuck(evidence, queues));
  const betrayed = await findBetrayed(evidence);

  for (const arrival of stage.agency.arrivals) lookAtArrival(watch, ledger, arrival);
  for (const { text } of stage.provider.taken) watch.look('an SMS', text);
  const receipts = ledger.list().flatMap((entry) => [...entry.receipts]);
  const pages = receipts.slice(0, 50).map((receipt) => `/terima/${receipt}`);
  for (const path of ['/metrics', '/ready', '/lapor', '/lacak', ...pages]) await ask(path);
  await lookAround(stage, watch);
  await lookAtTables(watch, stage.db);
  for (const content of stage.redis.files()) watch.look('a file of redis', content);
  for (const { name, output } of stage.processes) watch.look(`the log of ${name}`, output());
  return { ...reports, stuck, leaked: [...watch.leaks(), ...betrayed] };
}

function describe(ledger: Ledger, load: Load): string {
  const acknowledged = ledger.list().filter((entry) => entry.acknowledged).length;
  return `${acknowledged} acknowledged, ${load.underWay()} under way`;
}
