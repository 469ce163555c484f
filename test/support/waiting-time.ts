import type { Pool } from '../../src/db/pool.ts';

/** Not now: PostgreSQL tells the time to the microsecond, and who looks next to the millisecond before. */
const past = `now() - interval '1 second'`;

/** As if the sweeper's patience, and the lease of whoever died or was stopped, were over. */
export async function letWaitingTimePass(db: Pool): Promise<void> {
  await db.query(`
    update inbox set enqueue_after = ${past};
    update bundles set enqueue_after = ${past};
    update messages set due_at = ${past} where state = 'pending';
    update deliveries set next_attempt_at = ${past}, enqueue_after = ${past} where state = 'pending';
    update notifications set next_attempt_at = ${past}, enqueue_after = ${past} where state in ('pending', 'sending')`);
}
