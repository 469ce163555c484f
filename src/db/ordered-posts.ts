import type { Db } from './pool.ts';

/** Posts that staff want filed. */

/**
 * Has a post filed as a report, whatever it says; one that waits already is only told so. False where it is a report or belongs to
 * one, or there is no such post.
 */
export async function orderPost(db: Db, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'order-post',
    text: `
      update messages set file_anyway = true, state = 'pending', finished_at = null, outcome = null, fate = null,
        due_at = case state when 'pending' then due_at else $2 end,
        taken_until = case state when 'pending' then taken_until end,
        take_count = case state when 'pending' then take_count else 0 end
      where id = $1 and form = 'post' and report_id is null`,
    values: [id, now],
  });
  return rowCount === 1;
}

/** How a post stands that staff wanted filed. */
export type OrderedPost = {
  readonly state: 'pending' | 'done' | 'set_aside';
  /** Of its report, once that is filed. */
  readonly trackingId: string | null;
  /** No report after all. */
  readonly isKept: boolean;
};

/** Null where there is no such post. */
export async function findOrderedPost(db: Db, id: string): Promise<OrderedPost | null> {
  const { rows } = await db.query<OrderedPost>({
    name: 'find-ordered-post',
    text: `
      select message.state, filing.tracking_id as "trackingId", message.report_id is null as "isKept"
      from messages as message left join filings as filing on filing.report_id = message.report_id
      where message.id = $1 and message.form = 'post'`,
    values: [id],
  });
  return rows[0] ?? null;
}
