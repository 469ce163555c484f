import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { parseConfig } from '../src/config.ts';
import { createPool, type Pool } from '../src/db/pool.ts';
import { startEmbedded } from '../src/embedded/servers.ts';
import { prepareDatabase } from '../src/prepare-database.ts';
import { createMissingKeys, toSettings } from '../src/sealing/keys.ts';
import { sendEach, sendReady, timeReports } from './load.ts';
import { measureFsync, median, percentile, residentMb } from './measure.ts';
import { preloadReports } from './preload.ts';
import { type Process, startProcess } from './processes.ts';

const help = `npm run bench -- [--json FILE] [--quick]

Measures the gateway on this machine, with a PostgreSQL and a Redis of its own in full durability:

  accept    durable acceptance over 64 connections, as a ratio of a bare Fastify POST, in interleaved rounds
  sealing   the same, as a ratio of a gateway that does not seal identities
  single    one connection of a gateway that has warmed up, against the time of one fsync
  pipeline  60,000 reports accepted, filed and routed, with 100,000 stored before
  latency   accept to tracking ID at 100 reports a second
  memory    resident memory of gateway and worker during the pipeline

  --json FILE  write the figures to FILE
  --quick      a tenth of everything: to see that it runs, not to quote`;

const { values: options } = parseArgs({
  options: { json: { type: 'string' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (options.help === true) {
  console.log(help);
  process.exit();
}

const scale = options.quick === true ? 0.1 : 1;
const folder = mkdtempSync(join(tmpdir(), 'lapor-bench-'));
const say = (line: string) => console.error(line);
const embedded = await startEmbedded({ dataDir: folder, postgres: true, redis: true, say });
const databaseUrl = embedded.databaseUrl ?? '';
const env = {
  DATABASE_URL: databaseUrl,
  ...(embedded.redisUrl === null ? {} : { REDIS_URL: embedded.redisUrl }),
  PORT: '0',
  ...makeKeys(),
};
const processes: Process[] = [];
const start = async (file: string, ...args: string[]) => {
  // A folder each, as on machines of their own.
  const started = await startProcess(file, args, { ...env, DATA_DIR: join(folder, `${processes.length}`) });
  processes.push(started);
  return started;
};
const db = createPool(databaseUrl, { max: 2, onError: (error) => say(error.message) });

try {
  await prepareDatabase(databaseUrl, say);
  const fsyncMs = measureFsync();
  const gateway = await start('../src/main.js', 'serve');
  // Until then V8 is compiling, and a first minute is not what a gateway is like.
  await timeReports(gateway.port, { count: 3000 * scale });

  say('single: one connection');
  const alone = await timeReports(gateway.port, { count: 1000 * scale });
  const single = { p50: median(alone), p99: percentile(alone, 0.99), limit: 10 * fsyncMs + 5, fsyncMs };

  say('accept: interleaved rounds against a bare Fastify and a gateway that does not seal');
  const bare = await start('./bare-fastify.js');
  const unsealed = await start('./unsealed-gateway.js');
  const rounds: { bare: number; gateway: number; unsealed: number }[] = [];
  const seconds = Math.max(1, 5 * scale);
  await sendReady(bare.port, { connections: 64, duration: 1 });
  await sendReady(gateway.port, { connections: 64, duration: 1 });
  await sendReady(unsealed.port, { connections: 64, duration: 1 });
  for (let round = 1; round <= 5; round += 1) {
    rounds.push({
      bare: await sendReady(bare.port, { connections: 64, duration: seconds }),
      gateway: await sendReady(gateway.port, { connections: 64, duration: seconds }),
      unsealed: await sendReady(unsealed.port, { connections: 64, duration: seconds }),
    });
    const last = rounds.at(-1);
    say(
      `  round ${round}: bare ${figure(last?.bare)}/s, gateway ${figure(last?.gateway)}/s, unsealed ${figure(last?.unsealed)}/s`,
    );
  }
  await bare.stop();
  await unsealed.stop();
  const accept = {
    ratio: median(rounds.map((round) => round.gateway / round.bare)),
    rps: median(rounds.map((round) => round.gateway)),
    bareRps: median(rounds.map((round) => round.bare)),
  };
  const sealing = { ratio: median(rounds.map((round) => round.gateway / round.unsealed)) };

  say('pipeline: storing reports beforehand');
  await db.query(
    'truncate reports, report_identities, held_reports, copies, first_sendings, sender_hours, receipt_aliases, inbox, bundles, ' +
      'quarantine, filings, fingerprints, routes, deliveries, attempts, notifications',
  );
  // Nobody worked meanwhile: the jobs of those reports would be done first, and be measured.
  await emptyQueue(embedded.redisUrl);
  await preloadReports(db, 100_000 * scale);
  const worker = await start('../src/main.js', 'work');
  await settle(db);

  const amount = 60_000 * scale;
  say(`pipeline: ${amount} reports`);
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(residentMb([gateway.pid, worker.pid])), 200);
  const began = performance.now();
  const acceptedPerSecond = await sendEach(gateway.port, { connections: 64, amount });
  await settle(db);
  const tookSeconds = (performance.now() - began) / 1000;
  clearInterval(watch);
  const pipeline = { rps: amount / tookSeconds, acceptedRps: acceptedPerSecond, reports: amount };

  say('latency: 100 reports a second');
  const waited = await timeReports(gateway.port, { count: 2000 * scale, perSecond: 100, wait: 10 });
  const latency = { p50: median(waited), p95: percentile(waited, 0.95), p99: percentile(waited, 0.99) };

  const result = { accept, sealing, single, pipeline, latency, rssMb: Math.max(...memory) };
  console.log(`
accept    ${figure(accept.rps)} reports/s durable; bare Fastify ${figure(accept.bareRps)}/s; ratio ${accept.ratio.toFixed(2)} (at least 0.30)
sealing   ${sealing.ratio.toFixed(2)} of the speed without it kept (at least 0.85)
single    p50 ${ms(single.p50)}, p99 ${ms(single.p99)} (under ${ms(single.limit)}: 10 fsyncs of ${ms(fsyncMs)} + 5 ms)
pipeline  ${figure(pipeline.rps)} reports/s accepted to routed, over ${figure(amount)} (at least 3,000)
latency   accept to tracking ID at 100/s: p50 ${ms(latency.p50)}, p95 ${ms(latency.p95)}, p99 ${ms(latency.p99)} (p95 under 150 ms)
memory    ${figure(result.rssMb)} MB resident, gateway and worker together (under 400)

${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}${options.quick === true ? ', quick: do not quote' : ''}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  await Promise.all(processes.map((started) => started.stop()));
  await db.end();
  await embedded.stop();
  rmSync(folder, { recursive: true, force: true });
}

function makeKeys(): Readonly<Record<string, string>> {
  const config = parseConfig({ DATA_DIR: folder });
  createMissingKeys(config);
  const { forServing, forWorking } = toSettings(config);
  return { ...forServing, ...forWorking };
}

async function emptyQueue(redisUrl: string | null): Promise<void> {
  if (redisUrl === null) return;
  const redis = new Redis(redisUrl);
  await redis.flushall();
  await redis.quit();
}

/** Waits until every accepted report is filed. Asks the least there is: PostgreSQL has its two cores for the pipeline. */
async function settle(pool: Pool): Promise<void> {
  while ((await pool.query('select from inbox union all select from bundles limit 1')).rowCount !== 0)
    await sleep(25);
}

function figure(value: number | undefined): string {
  return Math.round(value ?? Number.NaN).toLocaleString('en');
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
