import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { vi } from 'vitest';
import { createChannels } from '../../channels/index.ts';
import { parseConfig } from '../../src/config.ts';
import type { DoorContext, WorkerContext } from '../../src/context.ts';
import { loadDirectory } from '../../src/db/directory.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { Accepted, NewReport } from '../../src/domain/report.ts';
import type { Download } from '../../src/outbound/guarded-fetch.ts';
import { createBudget } from '../../src/spending.ts';
import { unpackBundles } from '../../workers/unpack.ts';
import { openTestAttachments } from './attachments.ts';
import { sealing, testDataDir } from './sealing.ts';
import { uniqueWord } from './unique-word.ts';

/** What the core is given, with a queue that only remembers what was put on it. */
export async function createCore(db: Pool, env: Readonly<Record<string, string>> = {}) {
  const config = parseConfig({ DATA_DIR: testDataDir, ...env });
  const directory = await loadDirectory(db);
  const jobs: { name: string; payload: object }[] = [];
  const log = pino({ level: 'silent' });
  const clock = () => new Date();
  const context = {
    db,
    config,
    channels: createChannels(config, (platform, limits) => createBudget(db, platform, limits, clock)),
    directory: () => directory,
    ...sealing,
    attachments: await openTestAttachments({ config, db, clock, log }),
    download: (async () => ({ kind: 'network', detail: 'nothing is fetched from here' })) as Download,
    clock,
    log,
    enqueue: async (name: string, payload: object) => {
      jobs.push({ name, payload });
    },
  } satisfies Partial<Record<keyof (DoorContext & WorkerContext), unknown>>;
  return {
    context,
    jobs,
    /** Takes off the queue what was just accepted, and all else. The feed may put it there a moment later than it is answered. */
    emptyQueueOf: async (accepted: readonly Accepted[]): Promise<void> => {
      const fed = accepted.filter(({ repeated }) => !repeated).map(({ reportId }) => reportId as string);
      await vi.waitUntil(
        () => {
          const waiting = new Set(jobs.flatMap(({ payload }) => Object.values(payload).flat()));
          return fed.every((id) => waiting.has(id));
        },
        { timeout: 15_000, interval: 5 },
      );
      jobs.length = 0;
    },
  };
}

/** A report about a street lamp that nobody sent before. */
export function newReport(more: Partial<NewReport> = {}): NewReport {
  const externalId = randomUUID();
  return {
    channel: 'web',
    externalId,
    kind: 'complaint',
    title: null,
    text: `Lampu jalan di gang ${uniqueWord()} mati, Kec. Coblong Kota Bandung`,
    occurredOn: null,
    place: null,
    topic: null,
    agency: null,
    identity: null,
    anonymous: false,
    confidential: false,
    receivedAt: new Date(),
    original: { contentType: 'text/plain', body: Buffer.from(externalId), messageId: null },
    hold: null,
    ...more,
  };
}

export async function countRows(db: Pool, table: string): Promise<number> {
  const { rows } = await db.query<{ count: string }>(`select count(*) from ${table}`);
  return Number(rows[0]?.count);
}

/** Reports that are stored, unpacked or not. */
export async function countAccepted(db: Pool): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select ((select count(*) from reports) + (select coalesce(sum(size), 0) from bundles))::int as count',
  );
  return rows[0]?.count ?? 0;
}

/** Does what a worker does first, for tests in which none runs: the reports that came without a key are in the inbox. */
export async function unpackAll(db: Pool): Promise<void> {
  const { rows } = await db.query<{ id: string }>('select id from bundles where set_aside_at is null');
  const parts = { db, ...sealing, clock: () => new Date(), log: pino({ level: 'silent' }) };
  await unpackBundles(
    parts,
    rows.map(({ id }) => id),
  );
}

/**
 * As if nobody had ever reported anything; the directory and the endpoints stay. Nobody is at the tables meanwhile. Few have
 * rows, and to truncate one costs as much with rows as without: so we delete, and truncate only what forbids that.
 */
export async function forgetReports(db: Pool): Promise<void> {
  await db.query(
    `do $$ begin
       lock table reports, report_identities, messages, additions, ratings, held_reports, copies, first_sendings, sender_hours,
         receipt_aliases, inbox, bundles, quarantine, filings, fingerprints, routes, deliveries, attempts, notifications,
         uploads, attachments, posts, platform_spending, viral_cases in access exclusive mode;
       if exists (select from reports) then truncate reports, held_reports, quarantine; end if;
       if exists (select from messages) then truncate messages; end if;
       if exists (select from posts) then truncate posts; end if;
       if exists (select from viral_cases) then truncate viral_cases; end if;
       delete from held_reports;
       delete from quarantine;
       delete from report_identities;
       delete from additions;
       delete from ratings;
       delete from copies;
       delete from first_sendings;
       delete from sender_hours;
       delete from receipt_aliases;
       delete from inbox;
       delete from bundles;
       delete from filings;
       delete from fingerprints;
       delete from routes;
       delete from attempts;
       delete from deliveries;
       delete from notifications;
       delete from uploads;
       delete from attachments;
       delete from platform_spending;
     end $$`,
  );
}
