import type { DeliveryState } from '../domain/notification.ts';
import type { ChannelName } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** What a provider says became of a notification, by our own id. */
export type ToldDelivery = {
  readonly notificationId: string;
  readonly state: DeliveryState;
  readonly detail: string | null;
};

/**
 * Records what became of messages once the provider had them. Only forward, `accepted` < `buffered` < `failed` <
 * `delivered`: what comes late or again changes nothing, whatever the order, and a `failed` of an earlier attempt, told
 * again, does not hide that a later one arrived. What the provider says it took is no longer
 * in doubt, and what the phone has is never sent again: a parked notification, or one that was to be tried again, is
 * `sent` then. One that is being sent is settled when its attempt is (`recordSend`). Ids that are none of ours, or of
 * another channel, are passed over.
 */
export async function recordDeliveries(
  db: Db,
  channel: ChannelName,
  told: readonly ToldDelivery[],
  now: Date,
): Promise<void> {
  const ours = told.filter(({ notificationId }) => isId(notificationId));
  if (ours.length === 0) return;
  await db.query({
    name: 'record-deliveries',
    text: `
      with told as (
        select distinct on (id) id, state, detail, rank
        from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as given (id, state, detail, position)
        cross join lateral (
          select case state when 'accepted' then 1 when 'buffered' then 2 when 'failed' then 3 else 4 end as rank
        ) as ranked
        order by id, rank desc, position
      )
      update notifications as notification set
        delivery_state = told.state, delivery_detail = told.detail, delivery_at = $4,
        state = case when ${showsSent} then 'sent' else notification.state end,
        reason = case when ${showsSent} then null else reason end,
        finished_at = case when ${showsSent} then $4 else finished_at end
      from told
      where notification.id = told.id and notification.channel = $5
        and notification.attempt_count > 0
        and told.rank > case notification.delivery_state
          when 'accepted' then 1 when 'buffered' then 2 when 'failed' then 3 when 'delivered' then 4 else 0 end`,
    values: [
      ours.map(({ notificationId }) => notificationId),
      ours.map(({ state }) => state),
      ours.map(({ detail }) => detail),
      now,
      channel,
    ],
  });
}

const showsSent = `(
  (told.state = 'delivered' and notification.state in ('pending', 'parked', 'refused'))
  or (told.state in ('accepted', 'buffered') and notification.state = 'parked')
)`;

const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
