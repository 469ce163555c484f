import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createChannels } from '../channels/index.ts';
import { createHandlers } from '../workers/index.ts';
import { startSweeping } from '../workers/sweep.ts';
import { type Accept, createAccept } from './accept.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { armCrashPoint } from './crash-points.ts';
import { createPool, ping } from './db/pool.ts';
import { createApp } from './http/app.ts';
import { openDirectory } from './live-directory.ts';
import { countAccepted, createMetrics } from './metrics.ts';
import { createGuardedFetch } from './outbound/guarded-fetch.ts';
import { openQueues, prepareQueue, type QueueConnection, startWorkers } from './queue/bullmq.ts';

/** Where the servers are; without a Redis the queue is in PostgreSQL. */
export type Servers = { readonly databaseUrl: string; readonly redisUrl: string | null };

/** What this process does: take reports, work on them, put lost work back on the queue. */
export type Roles = { readonly serve: boolean; readonly work: boolean; readonly sweep: boolean };

export type Gateway = {
  /** Port the gateway listens on; null where it does not serve. */
  readonly port: number | null;
  readonly channels: Context['channels'];
  /** Takes nothing new, lets what runs finish, closes every connection. */
  readonly stop: () => Promise<void>;
};

/**
 * Puts the parts together and starts them. The database must be migrated. Throws `AppError` `config` or `unavailable`.
 * `makeAccept` is another only where the chaos harness shows that it notices a door that breaks its promise.
 */
export async function startGateway(
  config: Config,
  servers: Servers,
  roles: Roles,
  log: Logger,
  makeAccept: (context: Context) => Accept = createAccept,
): Promise<Gateway> {
  armCrashPoint(config.crashAt);
  const onPoolError = (error: Error) => log.warn({ event: 'database_connection_lost', error: error.name });
  const db = createPool(servers.databaseUrl, {
    max: 16,
    onError: onPoolError,
    answerWithinMs: 5_000,
  });
  const queuePool =
    servers.redisUrl === null
      ? createPool(servers.databaseUrl, { max: 16, onError: onPoolError, searchPath: 'bullmq' })
      : null;
  const connection: QueueConnection =
    queuePool === null
      ? { kind: 'redis', url: servers.redisUrl ?? '' }
      : { kind: 'postgres', pool: queuePool };
  await prepareQueue(connection);
  const queues = openQueues(connection, config.queueNamespace, log);
  const directory = await openDirectory({ db, log });
  const guarded = createGuardedFetch({ allow: config.outboundAllow });
  const context: Context = {
    config,
    db,
    enqueue: queues.enqueue,
    channels: createChannels(config),
    directory: directory.current,
    post: guarded.post,
    clock: () => new Date(),
    log,
  };

  const app = roles.serve ? await serve(context, queues, makeAccept(context)) : null;
  const workers = roles.work
    ? startWorkers(connection, config.queueNamespace, createHandlers(context), log)
    : null;
  const sweeping = roles.sweep ? startSweeping(context) : null;

  return {
    port: app === null ? null : (app.server.address() as AddressInfo).port,
    channels: context.channels,
    // From the outside in: first nothing new comes, then nothing runs, then nothing is open.
    stop: async () => {
      // Once it closes, Node enforces no requestTimeout; the longest honest request waits 30 s for its tracking ID.
      const cut = setTimeout(() => app?.server.closeAllConnections(), 31_000);
      await app?.close();
      clearTimeout(cut);
      await sweeping?.stop();
      await workers?.close();
      await guarded.close();
      await queues.close();
      directory.close();
      await queuePool?.end();
      await db.end();
    },
  };
}

async function serve(context: Context, queues: ReturnType<typeof openQueues>, door: Accept) {
  const metrics = createMetrics(context.db, queues);
  const accept = countAccepted(door, metrics);
  const parts = [
    { name: 'database', check: () => ping(context.db) },
    { name: 'queue', check: queues.ping },
  ];
  const app = await createApp(context, accept, parts, metrics);
  await app.listen({ port: context.config.port, host: context.config.host });
  return app;
}
