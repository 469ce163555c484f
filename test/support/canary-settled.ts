import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { readAll } from '../../chaos/servers.ts';
import type { Stage } from './canary-stage.ts';

/** Until nothing is left that a worker would do before long; what would come due later comes due now. */
export async function settled({ database, dataDir, delivered, posted }: Stage): Promise<void> {
  await vi.waitFor(
    async () => {
      await database.pool.query(`
        update inbox set enqueue_after = now();
        update bundles set enqueue_after = now();
        update messages set due_at = now() where state = 'pending';
        update endpoints set resting_until = null, failure_count = 0 where resting_until is not null;
        update deliveries set next_attempt_at = now(), enqueue_after = now()
        where state = 'pending' and next_attempt_at > now() + interval '2 seconds'`);
      const { rows } = await database.pool.query(`
        select 'inbox' as what, report_id as id from inbox
        union all select 'bundle', id from bundles
        union all select 'message', id from messages where state = 'pending'
        union all select 'delivery', id from deliveries where state = 'pending'
        union all select 'notification', id from notifications
          where state = 'sending' or (state = 'pending' and attempt_count = 0)`);
      const { rows: taken } = await database.pool.query<{ form: string; count: number }>(
        "select form, count(*)::int from messages where form in ('mail', 'post') group by form order by form",
      );
      const spooled = readAll(join(dataDir, 'spool')).join('').includes('UJI');
      const came = [
        { form: 'mail', count: delivered() },
        { form: 'post', count: posted() },
      ].filter(({ count }) => count > 0);
      expect({ rows, spooled, taken }).toEqual({ rows: [], spooled: false, taken: came });
    },
    { timeout: 60_000, interval: 250 },
  );
}
