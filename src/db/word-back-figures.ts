import type { DeliveryState, NotificationKind } from '../domain/notification.ts';
import type { ChannelName } from '../domain/report.ts';
import type { SmsSize } from '../domain/sms-text.ts';
import type { NotificationState } from './notification-decisions.ts';
import type { Db } from './pool.ts';

/** How many notifications came to the same end, and how many SMS they took. */
export type WordBackFigure = {
  readonly channel: ChannelName;
  readonly kind: NotificationKind;
  readonly state: NotificationState;
  /** Null where the provider said nothing of it. */
  readonly delivery: DeliveryState | null;
  /** Null where it is no SMS, or was never sent. */
  readonly encoding: SmsSize['encoding'] | null;
  readonly count: number;
  readonly segments: number;
};

/** What was settled within the last 24 hours, by any worker. */
export async function countWordBack(db: Db): Promise<readonly WordBackFigure[]> {
  const { rows } = await db.query<WordBackFigure>({
    name: 'count-word-back',
    text: `
      select channel, kind, state, delivery_state as delivery, encoding, count(*)::int as count,
        coalesce(sum(segments), 0)::int as segments
      from notifications
      where finished_at > now() - interval '24 hours'
      group by channel, kind, state, delivery_state, encoding`,
  });
  return rows;
}

/**
 * How many messages were refused, or failed on their way to the phone, within the last 24 hours, and the most frequent
 * reason; null where there are none. A reporter who gave no contact, or cannot be told in public, is no failure.
 */
export async function findFailures(
  db: Db,
): Promise<{ readonly count: number; readonly mostly: string } | null> {
  const { rows } = await db.query<{ count: number; mostly: string | null }>({
    name: 'find-failures',
    text: `
      with failures as (
        select case when state = 'refused' then reason else coalesce(delivery_detail, 'no reason given') end as reason
        from notifications
        where finished_at > now() - interval '24 hours'
          and ((state = 'refused' and reason not in ('no contact', 'no e-mail address', 'everybody could read whose report it is')) or delivery_state = 'failed')
      )
      select (select count(*)::int from failures) as count,
        (select reason from failures group by reason order by count(*) desc, reason limit 1) as mostly`,
  });
  const [{ count, mostly } = { count: 0, mostly: null }] = rows;
  return mostly === null ? null : { count, mostly };
}
