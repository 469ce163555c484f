import { Redis } from 'ioredis';
import { crashPoints } from '../src/crash-points.ts';
import type { Pool } from '../src/db/pool.ts';
import type { Supervised } from './processes.ts';
import type { Wire, WireMode } from './proxies.ts';
import type { Random } from './random.ts';
import type { OwnPostgres, OwnRedis } from './servers.ts';
import { pause } from './timeline.ts';

/** All that can be broken. */
export type Stage = {
  readonly postgres: OwnPostgres;
  readonly redis: OwnRedis;
  readonly postgresWire: Wire;
  readonly redisWire: Wire;
  readonly gateway: Supervised;
  readonly workers: readonly [Supervised, Supervised];
  /** Straight to PostgreSQL. */
  readonly db: Pool;
};

/** What a fault may touch while it lasts: two at once never touch the same. */
export type Target = 'postgres' | 'redis' | 'gateway' | 'worker 1' | 'worker 2';

export type Fault = {
  readonly name: string;
  readonly target: Target;
  /** Seconds the run must still have, where the fault is none if it is cut short. */
  readonly needsSeconds: number;
  /** Breaks and mends again; what it is in detail is drawn before anything happens, so that a seed repeats it. */
  readonly strike: Strike;
};

type Draw = (random: Random) => Fault;

/** A worker's lock on a job lasts 30 s; one that is stopped for longer wakes up holding what is no longer its own. */
const pastTheLockMs = 33_000;
const hourMs = 3_600_000;

/** Every kind of fault there is, by name; the plan of a run goes through all of them before it begins again. */
export const kinds: readonly Draw[] = [
  (random) => killProcess('gateway', random),
  (random) => killProcess(drawWorker(random), random),
  killPostgres,
  killRedis,
  wipeRedis,
  () => fault('flushall', 'redis', ({ redis }) => onRedis(redis, (client) => client.flushall())),
  fillRedis,
  (random) => breakWire('postgres', { kind: 'delay', ms: random.integer(50, 800) }, random),
  (random) => breakWire('postgres', { kind: 'cut' }, random),
  (random) => breakWire('postgres', { kind: 'black-hole' }, random),
  (random) => breakWire('postgres', { kind: 'swallow-replies' }, random),
  (random) => breakWire('redis', { kind: 'delay', ms: random.integer(50, 2_500) }, random),
  (random) => breakWire('redis', { kind: 'cut' }, random),
  (random) => breakWire('redis', { kind: 'black-hole' }, random),
  (random) => breakWire('redis', { kind: 'swallow-replies' }, random),
  terminateBackends,
  fillDisk,
  stopWorker,
  (random) => shiftClock(random),
  crash,
  crash,
];

export function killProcess(target: 'gateway' | 'worker 1' | 'worker 2', random: Random): Fault {
  const afterMs = random.integer(100, 4_000);
  return fault(`kill -9 of ${target} for ${afterMs} ms`, target, (stage) =>
    processOf(stage, target).replace({ signal: 'SIGKILL', afterMs }),
  );
}

export function killPostgres(random: Random): Fault {
  const afterMs = random.integer(500, 6_000);
  return fault(`kill -9 of postgres for ${afterMs} ms`, 'postgres', async ({ postgres }, signal) => {
    postgres.kill();
    await pause(afterMs, signal);
    await postgres.start();
  });
}

function killRedis(random: Random): Fault {
  const afterMs = random.integer(500, 6_000);
  return fault(`kill -9 of redis for ${afterMs} ms`, 'redis', async ({ redis }, signal) => {
    redis.kill();
    await pause(afterMs, signal);
    await redis.start();
  });
}

export function wipeRedis(random: Random): Fault {
  const afterMs = random.integer(500, 3_000);
  return fault(
    `redis killed and its data folder wiped, ${afterMs} ms`,
    'redis',
    async ({ redis }, signal) => {
      redis.kill();
      await pause(afterMs, signal);
      redis.wipe();
      await redis.start();
    },
  );
}

function fillRedis(random: Random): Fault {
  const ms = random.integer(2_000, 6_000);
  return fault(`redis at maxmemory for ${ms} ms`, 'redis', async ({ redis }, signal) => {
    await onRedis(redis, (client) => client.config('SET', 'maxmemory', '1mb'));
    await pause(ms, signal);
    await onRedis(redis, (client) => client.config('SET', 'maxmemory', '0'));
  });
}

export function breakWire(target: 'postgres' | 'redis', mode: WireMode, random: Random): Fault {
  const ms = random.integer(1_000, 7_000);
  const detail = mode.kind === 'delay' ? `delay of ${mode.ms} ms` : mode.kind;
  return fault(`wire to ${target}: ${detail} for ${ms} ms`, target, async (stage, signal) => {
    const wire = target === 'postgres' ? stage.postgresWire : stage.redisWire;
    wire.set(mode);
    await pause(ms, signal);
    wire.set({ kind: 'pass' });
  });
}

/** Looks every few milliseconds for a connection that is just in a transaction, and ends it there. */
function terminateBackends(random: Random): Fault {
  const ms = random.integer(1_000, 3_000);
  return fault(
    `pg_terminate_backend in mid-transaction for ${ms} ms`,
    'postgres',
    async ({ db }, signal, note) => {
      let ended = 0;
      for (const end = Date.now() + ms; Date.now() < end && !signal.aborted; ) {
        const { rowCount } = await db.query(`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'lapor-gateway' and pid <> pg_backend_pid()
          and (state like 'idle in transaction%' or (state = 'active' and xact_start < now()))
        limit 2`);
        ended += rowCount ?? 0;
        await pause(5);
      }
      note(`${ended} ended`);
    },
  );
}

function fillDisk(random: Random): Fault {
  const ms = random.integer(2_000, 6_000);
  return fault(`postgres: disk full for ${ms} ms`, 'postgres', async ({ postgres }, signal, note) => {
    if (postgres.fillDisk === null) return note('left out, there is no small disk');
    postgres.fillDisk(true);
    await pause(ms, signal);
    postgres.fillDisk(false);
    // Where the log could not be written, PostgreSQL went down with it.
    await postgres.start();
  });
}

function stopWorker(random: Random): Fault {
  const target = drawWorker(random);
  return {
    ...fault(`${target} stopped past its lock, ${pastTheLockMs} ms`, target, async (stage, signal) => {
      processOf(stage, target).signal('SIGSTOP');
      await pause(pastTheLockMs, signal);
      processOf(stage, target).signal('SIGCONT');
    }),
    needsSeconds: pastTheLockMs / 1_000,
  };
}

function shiftClock(random: Random): Fault {
  const target = random.pick(['gateway', 'worker 1', 'worker 2'] as const);
  const shift = random.pick([-hourMs, hourMs] as const);
  const ms = random.integer(4_000, 10_000);
  const preload = new URL('./clock-shift.js', import.meta.url).href;
  const quirk = { env: { CHAOS_CLOCK_SHIFT_MS: String(shift) }, nodeArgs: ['--import', preload] };
  const name = `clock of ${target} one hour ${shift < 0 ? 'behind' : 'ahead'} for ${ms} ms`;
  return fault(name, target, async (stage, signal) => {
    await processOf(stage, target).replace({ signal: 'SIGTERM', afterMs: 0, quirk });
    await pause(ms, signal);
    await processOf(stage, target).replace({ signal: 'SIGKILL', afterMs: 0 });
  });
}

/** The process is started anew so that it dies by its own hand at a step of its work. */
function crash(random: Random): Fault {
  const point = `${random.pick(crashPoints)}:${random.integer(1, 20)}`;
  const target = point.startsWith('accept') ? 'gateway' : drawWorker(random);
  return fault(`CRASH_AT=${point} in ${target}`, target, (stage) =>
    processOf(stage, target).replace({ signal: 'SIGTERM', afterMs: 0, quirk: { env: { CRASH_AT: point } } }),
  );
}

type Strike = (stage: Stage, signal: AbortSignal, note: (detail: string) => void) => Promise<unknown>;

const fault = (name: string, target: Target, strike: Strike): Fault => ({
  name,
  target,
  needsSeconds: 0,
  strike,
});

const drawWorker = (random: Random) => random.pick(['worker 1', 'worker 2'] as const);

function processOf(stage: Stage, target: 'gateway' | 'worker 1' | 'worker 2'): Supervised {
  return target === 'gateway' ? stage.gateway : stage.workers[target === 'worker 1' ? 0 : 1];
}

async function onRedis<T>(redis: OwnRedis, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url(), {
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 1,
  });
  client.on('error', () => undefined);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}
