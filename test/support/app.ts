import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createChannels } from '../../channels/index.ts';
import { type Attachments, openAttachments } from '../../src/attachments/attachments.ts';
import { parseConfig } from '../../src/config.ts';
import type { Context, DoorContext } from '../../src/context.ts';
import { loadDirectory } from '../../src/db/directory.ts';
import { type Pool, ping } from '../../src/db/pool.ts';
import { closedBudget } from '../../src/domain/budget.ts';
import type { Directory } from '../../src/domain/routing/directory.ts';
import { type Roles, type Servers, startGateway } from '../../src/gateway.ts';
import { createApp } from '../../src/http/app.ts';
import type { ConnectionBounds } from '../../src/http/limits/connections.ts';
import { createAcceptCounter, createMetrics, watchFates, watchWordBack } from '../../src/metrics.ts';
import { type OcrTools, openOcr } from '../../src/ocr/ocr.ts';
import type { Queues } from '../../src/queue/bullmq.ts';
import { openDoor } from './accept.ts';
import { sealing, testDataDir } from './sealing.ts';

export type TestApp = {
  readonly app: FastifyInstance;
  /** Every line logged so far, as text. */
  readonly logged: readonly string[];
  readonly attachments: Attachments;
};

type AppQueues = Pick<Queues, 'enqueue' | 'count' | 'ping'>;

/**
 * The real HTTP side over a test database that was made `seeded`: every channel, the real directory, the real way in.
 * Nobody works on what it accepts unless `queues` leads to workers.
 */
export async function createTestApp(
  db: Pool,
  given: {
    readonly env?: Readonly<Record<string, string>>;
    readonly queues?: AppQueues;
    readonly clock?: () => Date;
    readonly bounds?: ConnectionBounds;
    readonly spoolMaxBytes?: number;
    /** Where many apps are made over one and the same: loading it takes most of the time. */
    readonly directory?: Directory;
    /** In place of those the settings make. */
    readonly channels?: Context['channels'];
    /** In place of what is installed here. */
    readonly ocr?: OcrTools;
  } = {},
): Promise<TestApp> {
  const { env = {}, queues = noWorkers, clock = () => new Date(), bounds, spoolMaxBytes } = given;
  const logged: string[] = [];
  const config = parseConfig({ DATA_DIR: testDataDir, ...env });
  const directory = given.directory ?? (await loadDirectory(db));
  const context: DoorContext = {
    ...sealing,
    config,
    db,
    enqueue: queues.enqueue,
    channels: given.channels ?? createChannels(config, closedBudget),
    directory: () => directory,
    countNotification: () => {},
    clock,
    log: pino({ level: 'trace' }, { write: (line: string) => logged.push(line) }),
  };
  const { accept } = await openDoor(context, undefined, spoolMaxBytes);
  const metrics = createMetrics(db, queues);
  watchWordBack(db, metrics, config.smsSegmentCost);
  watchFates(db, metrics);
  const parts = [
    { name: 'database', check: () => ping(db) },
    { name: 'queue', check: queues.ping },
  ];
  const attachments = await openAttachments(context);
  const ocr = await openOcr(join(config.dataDir, 'ocr'), given.ocr);
  const http = { ...context, attachments, ocr };
  const app = await createApp(http, createAcceptCounter(metrics)(accept), parts, metrics, bounds);
  app.addHook('onClose', attachments.stop);
  return { app, logged, attachments };
}

export type InProcess = {
  readonly url: string;
  /** Every line logged so far, as text. */
  readonly logged: readonly string[];
  /** Ends it; again and again, the same end. */
  readonly stop: () => Promise<void>;
};

/** Those of `lapor all`. */
export const allRoles: Roles = { serve: true, work: true, sweep: true };

/** A whole gateway as `lapor serve`, `work` or `all` puts it together, in this process; `url` is empty where it does not serve. */
export async function startInProcess(
  servers: Servers,
  roles: Roles,
  env: Readonly<Record<string, string>> = {},
): Promise<InProcess> {
  const logged: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => logged.push(line) });
  const gateway = await startGateway(
    parseConfig({ PORT: '0', DATA_DIR: testDataDir, ...env }),
    servers,
    roles,
    log,
  );
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= gateway.stop();
    return stopping;
  };
  return { url: gateway.port === null ? '' : `http://127.0.0.1:${gateway.port}`, logged, stop };
}

const none = { waiting: 0, active: 0, delayed: 0, failed: 0 };

const noWorkers: AppQueues = {
  enqueue: async () => {},
  count: async () => ({ intake: none, messages: none, deliver: none, notify: none, withdraw: none }),
  ping: async () => {},
};
