import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Accept } from './accept.ts';
import { countBacklog } from './db/backlog.ts';
import { countUnseenPosts } from './db/gone-posts.ts';
import type { Db } from './db/pool.ts';
import { countFates } from './db/taken-messages.ts';
import { countWordBack, type WordBackFigure } from './db/word-back-figures.ts';
import { isReport } from './domain/message.ts';
import type { AttemptOutcome, NotificationKind } from './domain/notification.ts';
import type { Queues } from './queue/bullmq.ts';
import type { Spool } from './spool/spool.ts';

/** Figures for Prometheus. Labels are names of ours, never anything a sender wrote. */
export function createMetrics(db: Db, queues: Pick<Queues, 'count'>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const backlog: Gauge<'what'> = new Gauge({
    name: 'lapor_backlog',
    help: 'Rows that wait: reports to be filed, held or in quarantine, deliveries, files to be scanned, messages from and to reporters',
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

/** Counts what passes through a door: through which, is the channel's to say. */
export function createAcceptCounter(registry: Registry): (accept: Accept) => Accept {
  const accepted = new Counter({
    name: 'lapor_reports_accepted_total',
    help: 'Reports acknowledged, by channel; repeats are messages that were accepted before',
    labelNames: ['channel', 'repeated'],
    registers: [registry],
  });
  const messages = new Counter({
    name: 'lapor_messages_accepted_total',
    help: 'Messages acknowledged that are no reports: commands, and parts of long messages',
    labelNames: ['channel', 'form', 'repeated'],
    registers: [registry],
  });
  return (accept) => async (inbound) => {
    const results = await accept(inbound);
    for (const [index, each] of inbound.entries()) {
      const labels = { channel: each.channel, repeated: String(results[index]?.repeated) };
      if (isReport(each)) accepted.inc(labels);
      else messages.inc({ ...labels, form: each.content.kind });
    }
    return results;
  };
}

/** Counts what came of attempts to send word back; of the workers of this process. */
export function createNotificationCounter(
  registry: Registry,
): (kind: NotificationKind, outcome: AttemptOutcome) => void {
  const notifications = new Counter({
    name: 'lapor_notifications_total',
    help: 'Attempts to send word back to a reporter, by what was told and what came of it',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  });
  return (kind, outcome) => notifications.inc({ kind, outcome });
}

/**
 * Shows what came of word back within the last 24 hours, by the workers of any process, as PostgreSQL has it: what was
 * sent and what was not, whether it reached the phones, and how many SMS it took; their price, where one is set.
 */
export function watchWordBack(db: Db, registry: Registry, segmentCost: number): void {
  // one question for all the figures of a scrape
  let asked: Promise<readonly WordBackFigure[]> | null = null;
  const ask = () => {
    asked ??= countWordBack(db)
      .catch(() => [])
      .finally(() => {
        asked = null;
      });
    return asked;
  };
  const show = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    add: (figure: WordBackFigure, inc: (labels: Record<Label, string>, value: number) => void) => void,
  ) => {
    const gauge: Gauge<Label> = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect: async () => {
        const figures = await ask();
        gauge.reset();
        for (const figure of figures) add(figure, (labels, value) => gauge.inc(labels, value));
      },
    });
  };

  show(
    'lapor_word_back_last_day',
    'Messages to reporters settled within 24 hours, by what they told and what came of them',
    ['channel', 'kind', 'state'],
    ({ channel, kind, state, count }, inc) => inc({ channel, kind, state }, count),
  );
  show(
    'lapor_word_back_deliveries_last_day',
    'What providers said became of the messages sent within 24 hours; none: nothing yet',
    ['channel', 'delivery'],
    ({ channel, state, delivery, count }, inc) => {
      if (state === 'sent') inc({ channel, delivery: delivery ?? 'none' }, count);
    },
  );
  show(
    'lapor_word_back_segments_last_day',
    'SMS that the messages sent within 24 hours took: a long one is several',
    ['channel', 'kind', 'encoding'],
    ({ channel, kind, state, encoding, segments }, inc) => {
      if (state === 'sent' && encoding !== null) inc({ channel, kind, encoding }, segments);
    },
  );
  if (segmentCost === 0) return;
  show(
    'lapor_word_back_cost_rupiah_last_day',
    'What these SMS cost, by SMS_SEGMENT_COST',
    ['channel'],
    ({ channel, state, encoding, segments }, inc) => {
      if (state === 'sent' && encoding !== null) inc({ channel }, segments * segmentCost);
    },
  );
}

/** Shows what became of e-mails and posts within the last 24 hours, by the workers of any process, as PostgreSQL has it. */
export function watchFates(db: Db, registry: Registry): void {
  const mails: Gauge<'mailbox' | 'fate'> = new Gauge({
    name: 'lapor_mails_last_day',
    help: 'E-mails worked on within 24 hours, by mailbox and what became of them',
    labelNames: ['mailbox', 'fate'],
    registers: [registry],
    collect: async () => {
      const figures = await countFates(db).catch(() => []);
      mails.reset();
      for (const { mailbox, fate, count } of figures)
        if (mailbox !== null) mails.set({ mailbox, fate }, count);
    },
  });
  const posts: Gauge<'fate'> = new Gauge({
    name: 'lapor_posts_last_day',
    help: 'Posts worked on within 24 hours, by what became of them',
    labelNames: ['fate'],
    registers: [registry],
    collect: async () => {
      const figures = await countFates(db).catch(() => []);
      posts.reset();
      for (const { form, fate, count } of figures) if (form === 'post') posts.set({ fate }, count);
    },
  });
}

/** Shows of how many posts nobody knows any more whether they are still there. */
export function watchUnseenPosts(db: Db, registry: Registry, clock: () => Date): void {
  const unseen: Gauge = new Gauge({
    name: 'lapor_posts_unseen',
    help: 'Posts that could not be looked at for more than a day: what was deleted of them may still be public',
    registers: [registry],
    collect: async () => {
      const count = await countUnseenPosts(db, clock()).catch(() => null);
      if (count === null) return unseen.remove();
      unseen.set(count);
    },
  });
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

/** What a process tells of the sources that it fetches from. */
export type SourceFigures = {
  readonly connected: (source: string, is: boolean) => void;
  /** It was looked into, and all is taken. */
  readonly succeeded: (source: string) => void;
  /** So many were taken, of which the one that waited longest did so for so many seconds. */
  readonly fetched: (source: string, count: number, lagSeconds: number) => void;
  readonly failed: (source: string) => void;
  readonly alarmed: (source: string, alarm: string, is: boolean) => void;
  /** It is not fetched from here any more: another process does, or it is gone. */
  readonly forget: (source: string) => void;
};

export function createSourceFigures(registry: Registry): SourceFigures {
  const registers = [registry];
  const labelNames = ['source'] as const;
  const connected = new Gauge({
    name: 'lapor_source_connected',
    help: 'Whether this process is connected to a source that it fetches from, a mailbox for one',
    labelNames,
    registers,
  });
  const succeededAt = new Map<string, number>();
  const since = new Gauge({
    name: 'lapor_source_seconds_since_success',
    help: 'How long ago a source was last looked into, all of it taken; or this process began to try',
    labelNames,
    registers,
    collect: () => {
      since.reset();
      for (const [source, at] of succeededAt) since.set({ source }, (Date.now() - at) / 1_000);
    },
  });
  const fetched = new Counter({
    name: 'lapor_source_fetched_total',
    help: 'What was fetched from a source and taken; fetched again counts again',
    labelNames,
    registers,
  });
  const lag = new Gauge({
    name: 'lapor_source_lag_seconds',
    help: 'How long what was fetched last had been waiting in the source',
    labelNames,
    registers,
  });
  const alarms = new Gauge({
    name: 'lapor_source_alarm',
    help: 'What staff should know of a source that goes on all the same: 1 while it is so',
    labelNames: ['source', 'alarm'],
    registers,
  });
  const alarmsOf = new Map<string, Set<string>>();
  const failures = new Counter({
    name: 'lapor_source_failures_total',
    help: 'How often fetching from a source ended in a failure',
    labelNames,
    registers,
  });
  return {
    connected: (source, is) => {
      connected.set({ source }, is ? 1 : 0);
      if (!succeededAt.has(source)) succeededAt.set(source, Date.now());
    },
    succeeded: (source) => void succeededAt.set(source, Date.now()),
    fetched: (source, count, lagSeconds) => {
      fetched.inc({ source }, count);
      lag.set({ source }, lagSeconds);
    },
    failed: (source) => failures.inc({ source }),
    alarmed: (source, alarm, is) => {
      alarms.set({ source, alarm }, is ? 1 : 0);
      alarmsOf.set(source, (alarmsOf.get(source) ?? new Set()).add(alarm));
    },
    forget: (source) => {
      connected.remove({ source });
      lag.remove({ source });
      for (const alarm of alarmsOf.get(source) ?? []) alarms.remove({ source, alarm });
      alarmsOf.delete(source);
      succeededAt.delete(source);
    },
  };
}
