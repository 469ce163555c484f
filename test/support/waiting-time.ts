import type { Pool } from '../../src/db/pool.ts';

/** As if the sweeper's patience, and the lease of whoever died or was stopped, were over. */
export async function letWaitingTimePass(db: Pool): Promise<void> {
  await db.query('update inbox set enqueue_after = now()');
  await db.query(`update messages set due_at = now() where state = 'pending'`);
  await db.query(
    `update deliveries set next_attempt_at = now(), enqueue_after = now() where state = 'pending'`,
  );
  await db.query(
    `update notifications set next_attempt_at = now(), enqueue_after = now()
     where state in ('pending', 'sending')`,
  );
}
