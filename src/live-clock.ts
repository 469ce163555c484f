import type { Logger } from 'pino';
import type { Db } from './db/pool.ts';
import { readDatabaseTime } from './db/server-facts.ts';
import { describeFailure } from './errors.ts';

const lookEveryMs = 10_000;
/** Less than that is the network, and does no harm. */
const toleratedMs = 2_000;

/**
 * PostgreSQL's time, which all processes of a gateway share: leases, schedules and windows written by one are read by the
 * others, and a machine whose clock is an hour off would hold a delivery for that hour. The own clock serves as long as
 * it agrees, and while PostgreSQL is away.
 */
export async function openClock(parts: { readonly db: Db; readonly log: Pick<Logger, 'warn'> }): Promise<{
  readonly now: () => Date;
  readonly close: () => void;
}> {
  const { db, log } = parts;
  let offsetMs = 0;

  async function look(): Promise<void> {
    try {
      const asked = Date.now();
      const time = (await readDatabaseTime(db)).getTime();
      const answered = Date.now();
      const offset = time - (asked + answered) / 2;
      const off = Math.abs(offset) > toleratedMs + (answered - asked);
      if (off && offsetMs === 0) log.warn({ event: 'clock_off', offsetMs: Math.round(offset) });
      offsetMs = off ? offset : 0;
    } catch (error) {
      log.warn({ event: 'clock_not_checked', error: describeFailure(error) });
    }
  }

  await look();
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return { now: () => new Date(Date.now() + offsetMs), close: () => clearInterval(timer) };
}
