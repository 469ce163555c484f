import type { Context } from '../context.ts';
import { isUnavailable, ping } from '../db/pool.ts';
import { AppError, describeFailure } from '../errors.ts';
import type { Spool } from '../spool/spool.ts';
import { toRecord } from './entry.ts';
import { createFeed } from './feed.ts';
import { replayRecords } from './replay.ts';
import { acceptedNow, listReports, type Outcome, type Storable, storeEntries } from './store.ts';

/** How often an absent PostgreSQL is asked to take what is spooled. */
const replayEveryMs = 1_000;

export type Inbox = {
  /** Durable once it resolves, each report and message in its order: in PostgreSQL, else in the spool. Throws `AppError` `unavailable` where neither takes it. */
  readonly store: (storables: readonly Storable[]) => Promise<readonly Outcome[]>;
  /**
   * Durable in PostgreSQL once it resolves; rejects while that is away. For who can wait, because what they bring stays where
   * it is.
   */
  readonly storeUnspooled: (storables: readonly Storable[]) => Promise<readonly Outcome[]>;
  readonly stop: () => Promise<void>;
};

/**
 * Where accepted reports are kept. While PostgreSQL is away they go to the spool, and from there to PostgreSQL as soon as
 * it takes them again, with what an earlier process left there.
 */
export function openInbox(context: Pick<Context, 'db' | 'enqueue' | 'clock' | 'log'>, spool: Spool): Inbox {
  const { enqueue, log } = context;
  const feeds = {
    reports: createFeed('intake', (reportIds) => enqueue('intake', { reportIds }), log),
    bundles: createFeed('intake', (bundleIds) => enqueue('intake', { bundleIds }), log),
    messages: createFeed('messages', (messageIds) => enqueue('messages', { messageIds }), log),
  };
  const parts = { ...context, spool, feeds };
  let away = false;
  let stopped = false;
  let stuck = false;
  let timer: NodeJS.Timeout | undefined;
  let replaying: Promise<void> = Promise.resolve();
  const turn = () => {
    replaying = replay().then(() => {
      if (!stopped) timer = setTimeout(turn, replayEveryMs);
    });
  };
  turn();

  async function store(storables: readonly Storable[]): Promise<readonly Outcome[]> {
    if (!away) {
      try {
        return await storeEntries(parts, storables);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        log.error({ event: 'database_away', error: describeFailure(error) });
        // Nobody else waits for PostgreSQL to time out: until a replay succeeds, the spool takes everything.
        away = true;
      }
    }
    await spool.append(storables.map(toRecord));
    return storables.flatMap(listReports).map(acceptedNow);
  }

  async function storeUnspooled(storables: readonly Storable[]): Promise<readonly Outcome[]> {
    if (away) throw new AppError('unavailable', 'PostgreSQL is away');
    return storeEntries(parts, storables);
  }

  async function replay(): Promise<void> {
    if (!away && spool.facts().records === 0) return;
    try {
      const reports = await spool.drain(async (records) => {
        await replayRecords(parts, records);
        away = false;
      });
      if (reports === 0) await ping(parts.db);
      away = false;
      stuck = false;
      log.info({ event: 'spool_replayed', reports });
    } catch (error) {
      // Once in an outage that is no news; anything else keeps what was acknowledged from its way.
      const level = stuck || isUnavailable(error) ? 'debug' : 'error';
      log[level]({ event: 'spool_not_replayed', error: describeFailure(error) });
      stuck ||= level === 'error';
    }
  }

  return {
    store,
    storeUnspooled,
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await replaying;
    },
  };
}
