import { setTimeout as sleep } from 'node:timers/promises';
import {
  createPostgresBackend,
  type Job,
  type PgPool,
  Queue,
  runMigrations,
  UnrecoverableError,
  Worker,
  withBackend,
} from 'bullmq';
import { Cluster, Redis } from 'ioredis';
import { Compile } from 'typebox/compile';
import { AppError, describeFailure, findPlace } from '../errors.ts';
import { type Enqueue, type Handlers, type JobName, jobs, type Payload } from './jobs.ts';

/**
 * BullMQ, behind the three things the gateway wants of it: put a job on the queue, run handlers, say how it is.
 * Uniqueness and truth live in PostgreSQL; a job that is lost, repeated or stuck costs time and nothing else.
 */

export type QueueLog = { readonly error: (entry: object) => void; readonly warn: (entry: object) => void };

export type QueueConnection =
  | { readonly kind: 'redis'; readonly url: string }
  /** A node-postgres pool whose `search_path` is BullMQ's schema; owned by the caller. */
  | { readonly kind: 'postgres'; readonly pool: object };

const jobNames = Object.keys(jobs) as JobName[];

/** The braces keep all keys of the queues in one slot of a Redis Cluster; without one they change nothing. */
const prefix = (namespace: string) => `{${namespace}}`;

/** Jobs a process runs at once: those of `intake` are filed together, the others wait for agencies and providers. */
const concurrency: { readonly [Name in JobName]: number } = {
  intake: 8,
  messages: 4,
  deliver: 8,
  notify: 4,
  // X does one such thing at a time for us
  withdraw: 1,
};

const lockDurationMs = 30_000;

/** The last attempt at a job comes so long after the one before; an idle worker does not wait longer for a job either. */
const longestWaitMs = 4_000;

export type JobCounts = {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
};

export type Queues = {
  readonly enqueue: Enqueue;
  readonly count: () => Promise<Readonly<Record<JobName, JobCounts>>>;
  /** Rejects where the queue does not answer within two seconds. */
  readonly ping: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * The producing side. Commands time out after two seconds and nothing is kept for later while Redis is away: an add
 * that was given up must not appear as a ghost when Redis is back.
 */
export function openQueues(connection: QueueConnection, namespace: string, log: QueueLog): Queues {
  const broker = openBroker(connection, log, {
    enableOfflineQueue: false,
    commandTimeout: 2_000,
    socketTimeout: 3_000,
    maxRetriesPerRequest: 1,
  });
  const queues = Object.fromEntries(
    jobNames.map((name) => {
      const queue = broker.queue(name, prefix(namespace));
      queue.on('error', broker.onError);
      return [name, queue];
    }),
  ) as Record<JobName, Queue>;

  return {
    enqueue: async (name, payload) => {
      try {
        await answered(queues[name].add(name, payload));
      } catch (cause) {
        throw new AppError('unavailable', 'the queue is away for the moment', { cause });
      }
    },
    count: async () => {
      const counts = await Promise.all(
        jobNames.map(async (name) => {
          const of = await answered(queues[name].getJobCounts('waiting', 'active', 'delayed', 'failed'));
          const { waiting = 0, active = 0, delayed = 0, failed = 0 } = of;
          return [name, { waiting, active, delayed, failed }] as const;
        }),
      );
      return Object.fromEntries(counts) as Record<JobName, JobCounts>;
    },
    ping: async () => {
      await answered(queues.intake.getJobCounts('active'));
    },
    close: async () => {
      await Promise.allSettled(jobNames.map((name) => queues[name].close()));
      broker.close();
    },
  };
}

/** BullMQ waits for ever for a queue it has never seen; a late add is a job that comes twice, which is harmless. */
async function answered<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the queue gave no answer')), 3_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export type Workers = { readonly close: () => Promise<void> };

/**
 * The consuming side: runs `handlers` until closed. `close` lets what runs finish, for at most half a minute; what did
 * not finish is taken up by another worker when its lock ends.
 */
export function startWorkers(
  connection: QueueConnection,
  namespace: string,
  handlers: Handlers,
  log: QueueLog,
): Workers {
  const broker = openBroker(connection, log, {
    // Two seconds more than BullMQ ever waits for the next job. Found one after the other, a dead connection it waits on
    // and a dead one it works on cost twice that.
    socketTimeout: longestWaitMs + 2_000,
    maxRetriesPerRequest: null,
  });
  const watched = jobNames.map((name) => {
    const queue = broker.queue(name, prefix(namespace));
    queue.on('error', broker.onError);
    return { name, queue, worker: start(name), idleSince: Date.now() };
  });

  let running = 0;
  let lastRan = 0;

  function start(name: JobName): Worker {
    const handle = handlers[name] as (payload: Payload<JobName>) => Promise<void>;
    const validator = Compile(jobs[name]);
    const worker = broker.worker(name, prefix(namespace), async (job) => {
      if (!validator.Check(job.data)) {
        log.error({ event: 'job_payload_invalid', queue: name, job: job.id });
        throw new UnrecoverableError('the payload does not fit its schema');
      }
      running += 1;
      try {
        await handle(job.data as Payload<JobName>);
      } catch (error) {
        throw withoutWords(error);
      } finally {
        running -= 1;
        lastRan = Date.now();
      }
    });
    worker.on('error', broker.onError);
    worker.on('failed', (job, error) => {
      log.error({
        event: 'job_failed',
        queue: name,
        job: job?.id,
        attempts: job?.attemptsMade,
        error: error.name,
      });
    });
    return worker;
  }

  // BullMQ's consumers have been seen to stop for good after an outage. Work that waits while nothing is done and
  // nothing runs here means this one did: it is replaced.
  const watchdog = setInterval(() => {
    for (const watch of watched) {
      watch.queue
        .getJobCounts('waiting', 'active')
        .then(({ waiting = 0, active = 0 }) => {
          if (waiting === 0 || active > 0) watch.idleSince = Date.now();
          if (Date.now() - watch.idleSince < stuckAfterMs) return;
          log.error({ event: 'queue_stuck', queue: watch.name, waiting });
          watch.idleSince = Date.now();
          const stuck = watch.worker;
          watch.worker = start(watch.name);
          stuck.close(true).catch(broker.onError);
        })
        // an outage; the watchdog looks again when it is over
        .catch(() => undefined);
    }
  }, 5_000);

  /** Nothing has run for two seconds. Without Redis a worker waits for it to close; there is nothing to wait for then. */
  async function quiet(): Promise<void> {
    const began = Date.now();
    while (running > 0 || Date.now() - Math.max(began, lastRan) < 2_000)
      await sleep(100, undefined, { ref: false });
  }

  return {
    close: async () => {
      clearInterval(watchdog);
      const closed = Promise.allSettled(watched.map(({ worker }) => worker.close()));
      await within(30_000, Promise.race([closed, quiet()]));
      await within(2_000, Promise.allSettled(watched.map(({ queue }) => queue.close())));
      broker.close();
    },
  };
}

const stuckAfterMs = 20_000;

/** BullMQ keeps message and stack of what a job failed with, and drivers quote values in theirs. */
function withoutWords(error: unknown): Error {
  const told = new Error(describeFailure(error));
  if (error instanceof Error) told.name = error.name;
  const place = findPlace(error);
  told.stack = `${told.message}${place === undefined ? '' : `\n    ${place}`}`;
  return told;
}

/**
 * Makes the queue ready to be used: the PostgreSQL backend's tables, or a look at Redis. Throws `AppError` `config`
 * where Redis may throw jobs away when it is full; one that does not answer is not judged: it may come back later.
 */
export async function prepareQueue(connection: QueueConnection): Promise<void> {
  if (connection.kind === 'postgres') {
    await runMigrations(connection.pool as PgPool);
    return;
  }
  const facts = await readRedisFacts(connection.url).catch(() => null);
  const policy = facts?.evictionPolicy ?? null;
  if (policy !== null && policy !== 'noeviction') {
    throw new AppError(
      'config',
      `REDIS_URL: this Redis has maxmemory-policy ${policy}, which loses jobs when it is full; ` +
        'run: redis-cli config set maxmemory-policy noeviction',
    );
  }
}

/** What matters about a Redis that carries the queue; null where it does not say. Of a cluster, one node speaks for all. */
export type RedisFacts = {
  /** Of the Redis it is compatible with, where it is a Valkey. */
  readonly version: string | null;
  readonly evictionPolicy: string | null;
  readonly appendOnly: boolean | null;
};

/** Rejects within seconds where Redis does not answer or does not let us in. */
export async function readRedisFacts(url: string): Promise<RedisFacts> {
  const client = connect(url, { maxRetriesPerRequest: 1, connectTimeout: 2_000, commandTimeout: 2_000 });
  client.on('error', () => undefined);
  try {
    const info = await client.info();
    const read = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? null;
    const appendOnly = read('aof_enabled');
    return {
      version: read('redis_version'),
      evictionPolicy: read('maxmemory_policy'),
      appendOnly: appendOnly === null ? null : appendOnly === '1',
    };
  } finally {
    client.disconnect();
  }
}

type Broker = {
  readonly queue: (name: JobName, prefix: string) => Queue;
  readonly worker: (name: JobName, prefix: string, run: (job: Job) => Promise<void>) => Worker;
  readonly onError: (error: Error) => void;
  readonly close: () => void;
};

function openBroker(connection: QueueConnection, log: QueueLog, redisOptions: ClientOptions): Broker {
  const onError = rateLimitedErrorLog(log);
  const jobOptions = {
    attempts: 5,
    backoff: { type: 'exponential', delay: longestWaitMs / 8, jitter: 0.5 },
    removeOnComplete: true,
    // kept for a look at what went wrong; the sweeper tries again with a job of its own
    removeOnFail: { count: 200 },
  } as const;
  const workerOptions = (name: JobName) => ({
    concurrency: concurrency[name],
    lockDuration: lockDurationMs,
    drainDelay: longestWaitMs / 1_000,
    stalledInterval: lockDurationMs / 2,
    // With 1, a worker killed twice makes a job fail for good although attempts are left.
    maxStalledCount: 10,
  });

  if (connection.kind === 'postgres') {
    const classes = withBackend(createPostgresBackend);
    // BullMQ describes the pool in types of its own, which node-postgres's do not match to the letter.
    const options = { connection: connection.pool as PgPool };
    return {
      queue: (name, prefix) =>
        new classes.Queue(name, { ...options, prefix, defaultJobOptions: jobOptions }) as unknown as Queue,
      worker: (name, prefix, run) =>
        new classes.Worker(name, run, { ...options, prefix, ...workerOptions(name) }) as unknown as Worker,
      onError,
      close: () => undefined,
    };
  }
  const client = connect(connection.url, redisOptions);
  client.on('error', onError);
  const options = { connection: client, skipVersionCheck: true };
  return {
    queue: (name, prefix) => new Queue(name, { ...options, prefix, defaultJobOptions: jobOptions }),
    worker: (name, prefix, run) => new Worker(name, run, { ...options, prefix, ...workerOptions(name) }),
    onError,
    close: () => client.disconnect(),
  };
}

type ClientOptions = {
  /** Null waits for Redis for as long as it takes, as a consumer should. */
  readonly maxRetriesPerRequest: number | null;
  readonly enableOfflineQueue?: boolean;
  readonly connectTimeout?: number;
  readonly commandTimeout?: number;
  /** Milliseconds after which a connection that owes an answer is replaced: one that a router forgot never says a word. */
  readonly socketTimeout?: number;
};

/** Several URLs, separated by commas, are the nodes of a Redis Cluster. */
function connect(url: string, options: ClientOptions): Redis | Cluster {
  const nodes = url.split(',').map((node) => new URL(node.trim()));
  const retryStrategy = (times: number) => Math.min(times * 100, 2_000);
  const [first] = nodes;
  if (first === undefined || nodes.length === 1) return new Redis(url, { ...options, retryStrategy });
  const { enableOfflineQueue = true, ...redisOptions } = options;
  return new Cluster(
    nodes.map((node) => ({ host: node.hostname, port: Number(node.port || 6379) })),
    {
      enableOfflineQueue,
      clusterRetryStrategy: retryStrategy,
      redisOptions: {
        ...redisOptions,
        ...(first.username === '' ? {} : { username: decodeURIComponent(first.username) }),
        ...(first.password === '' ? {} : { password: decodeURIComponent(first.password) }),
        ...(first.protocol === 'rediss:' ? { tls: {} } : {}),
      },
    },
  );
}

/** A Redis that is full or away makes tens of thousands of error events: one line in ten seconds tells it, with a count. */
function rateLimitedErrorLog(log: QueueLog): (error: Error) => void {
  let silentUntil = 0;
  let suppressed = 0;
  return (error) => {
    if (Date.now() < silentUntil) {
      suppressed += 1;
      return;
    }
    const code = 'code' in error ? error.code : error.name;
    log.error({ event: 'queue_error', code, reason: error.message.slice(0, 120), suppressed });
    silentUntil = Date.now() + 10_000;
    suppressed = 0;
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
