import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createChannels } from '../channels/index.ts';
import { startSweeping } from '../workers/sweep.ts';
import { createAccept } from './accept.ts';
import { openAttachments } from './attachments/attachments.ts';
import type { Config } from './config.ts';
import type { Context, DoorContext, HttpContext, WorkerContext } from './context.ts';
import { armCrashPoint } from './crash-points.ts';
import { createPool, ping } from './db/pool.ts';
import { looksForGonePosts } from './domain/post.ts';
import { openInbox } from './inbox/inbox.ts';
import { openClock } from './live-clock.ts';
import { openDirectory } from './live-directory.ts';
import {
  createAcceptCounter,
  createMetrics,
  createNotificationCounter,
  createSourceFigures,
  watchFates,
  watchSpool,
  watchUnseenPosts,
  watchWordBack,
} from './metrics.ts';
import { openOcr } from './ocr/ocr.ts';
import { createWaysOut } from './outbound/ways-out.ts';
import { openIdentities, openSealing } from './prepare-keys.ts';
import { openQueues, prepareQueue, type QueueConnection, startWorkers } from './queue/bullmq.ts';
import { startSources } from './sources.ts';
import { createBudget } from './spending.ts';
import { openSpool } from './spool/spool.ts';

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

/** The parts that somebody may replace: the chaos harness, to show that it notices, and the bench, to compare. */
export type Parts = {
  readonly createAccept: typeof createAccept;
  readonly openSealing: typeof openSealing;
};

/** Puts the parts together and starts them. The database must be migrated. Throws `AppError` `config` or `unavailable`. */
export async function startGateway(
  config: Config,
  servers: Servers,
  roles: Roles,
  log: Logger,
  parts: Parts = { createAccept, openSealing },
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
  // Who only takes reports can do so without PostgreSQL: the spool keeps them.
  const mayBeAway = !roles.work;
  const clock = await openClock({ db, log });
  const directory = await openDirectory({ db, log }, mayBeAway);
  const sealing = roles.serve ? await parts.openSealing(config, db, log, mayBeAway) : null;
  const identities = roles.work ? await openIdentities(config, db, log) : null;
  const metrics = createMetrics(db, queues);
  watchWordBack(db, metrics, config.smsSegmentCost);
  watchFates(db, metrics);
  if (looksForGonePosts(config.twitter)) watchUnseenPosts(db, metrics, clock.now);
  const context: Context = {
    config,
    db,
    enqueue: queues.enqueue,
    channels: createChannels(config, (platform, limits) => createBudget(db, platform, limits, clock.now)),
    directory: directory.current,
    countNotification: createNotificationCounter(metrics),
    clock: clock.now,
    log,
  };

  const doorContext = sealing === null ? null : { ...context, ...sealing };
  const door = doorContext === null ? null : await openDoor(doorContext, metrics, parts);
  const attachments = roles.serve || roles.work ? await openAttachments(context) : null;
  const app =
    doorContext === null || door === null || attachments === null
      ? null
      : await serve(
          { ...doorContext, attachments, ocr: await openOcr(join(config.dataDir, 'ocr')) },
          door,
          queues,
          metrics,
        );
  const sources =
    doorContext === null || door === null
      ? null
      : startSources({
          ...doorContext,
          databaseUrl: servers.databaseUrl,
          accept: door.acceptUnspooled,
          figures: createSourceFigures(metrics),
        });
  const workers =
    identities === null || attachments === null
      ? null
      : await work({ ...context, ...identities, attachments }, connection);
  const sweeping = roles.sweep ? startSweeping(context) : null;

  return {
    port: app === null ? null : (app.server.address() as AddressInfo).port,
    channels: context.channels,
    // From the outside in: first nothing new comes, then nothing runs, then nothing is open.
    stop: async () => {
      // Once it closes, Node enforces no requestTimeout; the longest honest request waits 30 s for its tracking ID.
      const cut = setTimeout(() => app?.server.closeAllConnections(), 31_000);
      await Promise.all([app?.close(), sources?.stop()]);
      clearTimeout(cut);
      await door?.close();
      await sweeping?.stop();
      await workers?.close();
      await attachments?.stop();
      await workers?.closeWaysOut();
      for (const channel of context.channels) await channel.close?.();
      await queues.close();
      directory.close();
      clock.close();
      await queuePool?.end();
      await db.end();
    },
  };
}

/** The way in, with the spool behind it for when PostgreSQL is away. */
async function openDoor(
  context: DoorContext,
  metrics: Registry,
  { createAccept }: Pick<Parts, 'createAccept'>,
) {
  const maxBytes = context.config.spoolMaxMb * 1024 * 1024;
  const spool = await openSpool(join(context.config.dataDir, 'spool'), { maxBytes, log: context.log });
  watchSpool(spool, metrics);
  const inbox = openInbox(context, spool);
  const count = createAcceptCounter(metrics);
  return {
    accept: count(createAccept(context, inbox)),
    // A door of its own: mails of many megabytes do not keep others out.
    acceptUnspooled: count(createAccept(context, { store: inbox.storeUnspooled })),
    checkSpool: async () => {
      if (spool.facts().bytes > 0.95 * maxBytes) throw new Error('the spool is full');
    },
    close: async () => {
      await inbox.stop();
      await spool.close();
    },
  };
}

async function serve(
  context: HttpContext,
  door: Awaited<ReturnType<typeof openDoor>>,
  queues: ReturnType<typeof openQueues>,
  metrics: Registry,
) {
  const parts = [
    { name: 'database', check: () => ping(context.db) },
    { name: 'queue', check: queues.ping },
    { name: 'spool', check: door.checkSpool },
  ];
  // Pages and API are loaded by who serves them only: to a worker they would be some 40 MB of nothing.
  const { createApp } = await import('./http/app.ts');
  const app = await createApp(context, door.accept, parts, metrics);
  await app.listen({ port: context.config.port, host: context.config.host });
  return app;
}

async function work(context: Omit<WorkerContext, 'post' | 'download' | 'call'>, connection: QueueConnection) {
  // Likewise, by who works only.
  const { createHandlers } = await import('../workers/index.ts');
  const waysOut = createWaysOut({ allow: context.config.outboundAllow });
  const handlers = createHandlers({ ...context, ...waysOut });
  const workers = startWorkers(connection, context.config.queueNamespace, handlers, context.log);
  return { close: workers.close, closeWaysOut: waysOut.close };
}
