import type { AgencyCode, DeliveryId, ReportId } from '../domain/report.ts';
import type { Db } from './pool.ts';

/** A delivery still due this long after it was given out for the queue is given out again. */
const enqueueAgainMs = 30_000;

export type NewDelivery = {
  readonly id: DeliveryId;
  readonly reportId: ReportId;
  readonly agencyCode: AgencyCode;
};

/**
 * Writes all deliveries in one statement: pending where the agency has an active endpoint, else waiting for it to pull.
 * Returns the ids of the pending ones, for the queue. A report an agency has already is not handed to it again.
 */
export async function insertDeliveries(
  db: Db,
  deliveries: readonly NewDelivery[],
  now: Date,
): Promise<readonly DeliveryId[]> {
  const { rows } = await db.query<{ id: DeliveryId }>({
    name: 'insert-deliveries',
    text: `
      with inserted as (
        insert into deliveries (id, report_id, agency_code, state, next_attempt_at, enqueue_after)
        select delivery.id, delivery.report_id, delivery.agency_code,
          case when endpoint.id is null then 'waiting' else 'pending' end, $4, $5
        from unnest($1::uuid[], $2::uuid[], $3::text[]) as delivery (id, report_id, agency_code)
        left join endpoints as endpoint
          on endpoint.agency_code = delivery.agency_code and endpoint.state = 'active'
        on conflict (report_id, agency_code, addition_id) do nothing
        returning id, state
      )
      select id from inserted where state = 'pending'`,
    values: [
      deliveries.map((delivery) => delivery.id),
      deliveries.map((delivery) => delivery.reportId),
      deliveries.map((delivery) => delivery.agencyCode),
      now,
      new Date(now.getTime() + enqueueAgainMs),
    ],
  });
  return rows.map((row) => row.id);
}

/**
 * Has what was added to a report handed to the agency that has it now, as `insertDeliveries` does, that of the first where
 * the report is a copy; the id where it is pending, null where it waits to be pulled, or is written already. Where no
 * agency has the report yet the addition is marked so: it may get one at this very moment, unseen from here, and
 * `listRoutedAdditions` finds it then.
 */
export async function insertAdditionDelivery(
  db: Db,
  delivery: { readonly id: DeliveryId; readonly reportId: ReportId; readonly additionId: string },
  now: Date,
): Promise<DeliveryId | null> {
  const { rows } = await db.query<{ id: DeliveryId }>({
    name: 'insert-addition-delivery',
    text: `
      with route as (
        select report_id, agency_code from routes
        where report_id = coalesce((select first_id from copies where copies.report_id = $2), $2)
        order by hop desc limit 1
      ), inserted as (
        insert into deliveries (id, report_id, agency_code, addition_id, state, next_attempt_at, enqueue_after)
        select $1, route.report_id, route.agency_code, $3,
          case when endpoint.id is null then 'waiting' else 'pending' end, $4, $5
        from route
        left join endpoints as endpoint
          on endpoint.agency_code = route.agency_code and endpoint.state = 'active'
        on conflict (report_id, agency_code, addition_id) do nothing
        returning id, state
      ), marked as (
        update additions set awaits_route = not awaits_route
        where id = $3 and awaits_route = exists (select from route)
      )
      select id from inserted where state = 'pending'`,
    values: [
      delivery.id,
      delivery.reportId,
      delivery.additionId,
      now,
      new Date(now.getTime() + enqueueAgainMs),
    ],
  });
  return rows[0]?.id ?? null;
}

/** True of a `delivery` of an addition that may be handed over. */
export const agencyHasReport = `exists (
  select from deliveries as first
  where first.report_id = delivery.report_id and first.agency_code = delivery.agency_code
    and first.addition_id is null and first.state = 'delivered'
)`;

/**
 * Up to `limit` deliveries for the queue: due, and not listed within the last half minute, so that a backlog is not
 * queued again and again. Agencies take turns, so that one with a backlog does not keep the others waiting; resting
 * endpoints are passed over, and additions to reports that the agency does not have.
 */
export async function listDueDeliveries(db: Db, now: Date, limit: number): Promise<readonly DeliveryId[]> {
  const { rows } = await db.query<{ id: DeliveryId }>({
    name: 'list-due-deliveries',
    text: `
      with due as (
        select candidate.id
        from endpoints as endpoint
        cross join lateral (
          select id, next_attempt_at, row_number() over (order by next_attempt_at) as turn
          from (
            select id, next_attempt_at from deliveries as delivery
            where agency_code = endpoint.agency_code and state = 'pending'
              and next_attempt_at <= $1 and enqueue_after <= $1
              and (addition_id is null or ${agencyHasReport})
            order by next_attempt_at limit $3
          ) as oldest
        ) as candidate
        where endpoint.state = 'active' and coalesce(endpoint.resting_until <= $1, true)
        order by candidate.turn, candidate.next_attempt_at
        limit $3
      )
      update deliveries as delivery set enqueue_after = $2
      from due
      where delivery.id = due.id and delivery.state = 'pending' and delivery.enqueue_after <= $1
      returning delivery.id`,
    values: [now, new Date(now.getTime() + enqueueAgainMs), limit],
  });
  return rows.map((row) => row.id);
}

/**
 * Sets pending what waits although its agency has an endpoint: it was written at the moment the endpoint was added.
 * At most `limit` an agency, so that it stays cheap to call.
 */
export async function wakeWaitingDeliveries(db: Db, now: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'wake-waiting-deliveries',
    text: `
      update deliveries as delivery
      set state = 'pending', next_attempt_at = $1, enqueue_after = $1,
        attempt_count = delivery.attempt_count + 1, round_start = delivery.attempt_count + 1
      from endpoints as endpoint
      cross join lateral (
        select id from deliveries where agency_code = endpoint.agency_code and state = 'waiting' limit $2
      ) as waiting
      where endpoint.state = 'active' and delivery.id = waiting.id and delivery.state = 'waiting'`,
    values: [now, limit],
  });
  return rowCount ?? 0;
}

/** Makes everything the agency waits for, or was refused by its endpoint before, pending and due; returns how many. */
export async function reopenDeliveries(db: Db, agencyCode: AgencyCode, now: Date): Promise<number> {
  const { rowCount } = await db.query({
    name: 'reopen-deliveries',
    text: `
      update deliveries
      set state = 'pending', next_attempt_at = $2, enqueue_after = $2, finished_at = null,
        -- ends every lease there is: what is still under way to the old endpoint decides nothing unless it is accepted
        attempt_count = attempt_count + 1, round_start = attempt_count + 1
      where agency_code = $1 and state <> 'delivered'`,
    values: [agencyCode, now],
  });
  return rowCount ?? 0;
}

/** Sets the agency's pending deliveries waiting, unless it has an active endpoint; returns how many. */
export async function parkDeliveries(db: Db, agencyCode: AgencyCode): Promise<number> {
  const { rowCount } = await db.query({
    name: 'park-deliveries',
    text: `
      update deliveries set state = 'waiting'
      where agency_code = $1 and state = 'pending' and not exists (
        select from endpoints where agency_code = $1 and state = 'active'
      )`,
    values: [agencyCode],
  });
  return rowCount ?? 0;
}
