import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Accept } from './accept.ts';
import { countBacklog } from './db/backlog.ts';
import type { Db } from './db/pool.ts';
import type { NotificationKind, SendVerdict } from './domain/notification.ts';
import type { Queues } from './queue/bullmq.ts';
import type { Spool } from './spool/spool.ts';

/** Figures for Prometheus. Labels are names of ours, never anything a sender wrote. */
export function createMetrics(db: Db, queues: Pick<Queues, 'count'>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const backlog: Gauge<'what'> = new Gauge({
    name: 'lapor_backlog',
    help: 'Rows that wait: reports to be filed, held or in quarantine, deliveries, messages to reporters',
    labelNames: ['what'],
    registers: [registry],
    collect: async () => {
      const counts = await countBacklog(db).catch(() => null);
      if (counts === null) return backlog.reset();
      for (const [what, count] of Object.entries(counts)) backlog.set({ what }, count);
    },
  });
  const jobs: Gauge<'queue' | 'state'> = new Gauge({
    name: 'lapor_queue_jobs',
    help: 'Jobs on the queue by state',
    labelNames: ['queue', 'state'],
    registers: [registry],
    collect: async () => {
      const counts = await queues.count().catch(() => null);
      if (counts === null) return jobs.reset();
      for (const [queue, states] of Object.entries(counts)) {
        for (const [state, count] of Object.entries(states)) jobs.set({ queue, state }, count);
      }
    },
  });
  return registry;
}

/** Counts what passes through the door. */
export function countAccepted(accept: Accept, registry: Registry): Accept {
  const accepted = new Counter({
    name: 'lapor_reports_accepted_total',
    help: 'Reports acknowledged, by channel; repeats are messages that were accepted before',
    labelNames: ['channel', 'repeated'],
    registers: [registry],
  });
  return async (reports) => {
    const results = await accept(reports);
    for (const [index, { repeated }] of results.entries()) {
      accepted.inc({ channel: reports[index]?.channel ?? 'unknown', repeated: String(repeated) });
    }
    return results;
  };
}

/** Counts what came of attempts to send word back; of the workers of this process. */
export function createNotificationCounter(
  registry: Registry,
): (kind: NotificationKind, verdict: SendVerdict) => void {
  const notifications = new Counter({
    name: 'lapor_notifications_total',
    help: 'Attempts to send word back to a reporter, by what was told and what came of it',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  });
  return (kind, outcome) => notifications.inc({ kind, outcome });
}

/** Shows what waits on local disk for PostgreSQL. */
export function watchSpool(spool: Pick<Spool, 'facts'>, registry: Registry): void {
  const spooled: Gauge<'what'> = new Gauge({
    name: 'lapor_spool',
    help: 'Records and bytes that wait on local disk for PostgreSQL; corrupt records set aside',
    labelNames: ['what'],
    registers: [registry],
    collect: () => {
      for (const [what, count] of Object.entries(spool.facts())) spooled.set({ what }, count);
    },
  });
}
