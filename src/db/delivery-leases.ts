import type { Attachment } from '../domain/attachment.ts';
import type { AddedText, AdditionNote, Handover } from '../domain/audiences/agency.ts';
import type { Verdict } from '../domain/delivery.ts';
import type { AgencyCode, ChannelName, DeliveryId, Kind, ReportId } from '../domain/report.ts';
import { agencyHasReport } from './deliveries.ts';
import type { EndpointId } from './endpoints.ts';
import type { Db } from './pool.ts';

/** Deliveries in the hands of workers, and what came of them. */

/** A delivery that one worker holds until its lease runs out; `attempt` proves it, because the next lease raises it. */
export type Lease = {
  readonly id: DeliveryId;
  /** Number of this attempt among all there ever were. */
  readonly attempt: number;
  /** Number of this attempt since the delivery last became pending: what the retry schedule counts. */
  readonly roundAttempt: number;
  readonly endpoint: {
    readonly id: EndpointId;
    readonly url: string;
    readonly secret: string;
    readonly failing: boolean;
  };
  /** Without who reports: that is sealed. */
  readonly handover: Omit<Handover, 'identity' | 'attachments'>;
  readonly files: readonly LeasedFile[];
  /** What was added to that report, where this hands over no more than that. */
  readonly addition: Omit<AddedText, 'attachments'> | null;
};

/** A file that came with what is handed over: the report, or what was added to it. */
export type LeasedFile = Pick<Attachment, 'id' | 'position' | 'type' | 'bytes' | 'sha256'>;

/**
 * Takes those of the deliveries that are due and whose endpoint is not resting, so that no other worker can before
 * `leaseUntil`; whoever dies holding one only delays it. What was added to a report waits until the agency has the report.
 * One that is pending though its agency has no endpoint any more is set waiting.
 */
export async function leaseDeliveries(
  db: Db,
  ids: readonly string[],
  now: Date,
  leaseUntil: Date,
): Promise<readonly Lease[]> {
  const { rows } = await db.query<LeaseRow>({
    name: 'lease-deliveries',
    text: `
      with due as (
        select delivery.id, endpoint.id as endpoint_id, endpoint.url, endpoint.secret,
          endpoint.failure_count > 0 as failing
        from deliveries as delivery
        join endpoints as endpoint on endpoint.agency_code = delivery.agency_code and endpoint.state = 'active'
        where delivery.id = any($1::uuid[]) and delivery.state = 'pending' and delivery.next_attempt_at <= $2
          and coalesce(endpoint.resting_until <= $2, true)
          and (delivery.addition_id is null or ${agencyHasReport})
        for update of delivery skip locked
      ), leased as (
        update deliveries as delivery
        set next_attempt_at = $3, attempt_count = delivery.attempt_count + 1
        from due
        where delivery.id = due.id
        returning due.*, delivery.report_id, delivery.agency_code, delivery.addition_id, delivery.attempt_count,
          delivery.round_start
      ), parked as (
        update deliveries as delivery set state = 'waiting'
        where delivery.id = any($1::uuid[]) and delivery.state = 'pending' and not exists (
          select from endpoints as endpoint
          where endpoint.agency_code = delivery.agency_code and endpoint.state = 'active'
        )
      )
      select leased.id, leased.attempt_count, leased.attempt_count - leased.round_start as round_attempt,
        array(
          select json_build_object('id', file.id, 'position', file.position, 'type', file.type, 'bytes', file.bytes,
            'sha256', encode(file.sha256, 'hex'))
          from attachments as file
          where file.report_id = leased.report_id and file.addition_id is not distinct from leased.addition_id
            and file.state <> 'infected'
          order by file.position
        ) as files,
        leased.endpoint_id, leased.url, leased.secret, leased.failing, leased.report_id, leased.agency_code,
        report.channel, report.kind, report.title, report.text, report.place_text, report.place_lat,
        report.place_lon, report.place_area_code, report.anonymous, report.confidential, report.received_at,
        filing.tracking_id, first.tracking_id as duplicate_of,
        route.topic_code, route.reason, route.decided_at, addition.id as addition_id, addition.text as added_text,
        addition.channel as added_by, addition.received_at as added_at, addition.created_at as addition_stored_at,
        addition.version, addition.note, viral.since as viral_since, viral.post_count as viral_posts
      from leased
      join reports as report on report.id = leased.report_id
      join filings as filing on filing.report_id = leased.report_id
      join lateral (
        select topic_code, reason, decided_at from routes
        where report_id = leased.report_id and agency_code = leased.agency_code
        order by hop desc limit 1
      ) as route on true
      left join lateral (
        select original.tracking_id
        from filings as original
        join reports as first_report on first_report.id = original.report_id and not first_report.confidential
        join deliveries as handed
          on handed.report_id = original.report_id and handed.agency_code = leased.agency_code
          and handed.addition_id is null
        where original.report_id = filing.duplicate_of
      ) as first on true
      left join additions as addition on addition.id = leased.addition_id
      left join viral_cases as viral on viral.case_id = filing.case_id`,
    values: [ids, now, leaseUntil],
  });
  return rows.map(toLease);
}

type LeaseRow = {
  id: DeliveryId;
  attempt_count: number;
  round_attempt: number;
  files: LeasedFile[];
  endpoint_id: EndpointId;
  url: string;
  secret: string;
  failing: boolean;
  report_id: ReportId;
  agency_code: AgencyCode;
  channel: ChannelName;
  kind: Kind;
  title: string | null;
  text: string;
  place_text: string | null;
  place_lat: number | null;
  place_lon: number | null;
  place_area_code: string | null;
  anonymous: boolean;
  confidential: boolean;
  received_at: Date;
  tracking_id: string;
  duplicate_of: string | null;
  topic_code: string | null;
  reason: string;
  decided_at: Date;
} & (
  | { addition_id: null }
  | {
      addition_id: string;
      added_text: string;
      added_by: ChannelName;
      added_at: Date;
      addition_stored_at: Date;
      version: number | null;
      note: AdditionNote | null;
    }
) &
  ({ viral_since: null } | { viral_since: Date; viral_posts: number });

function toLease(row: LeaseRow): Lease {
  return {
    id: row.id,
    attempt: row.attempt_count,
    roundAttempt: row.round_attempt,
    endpoint: { id: row.endpoint_id, url: row.url, secret: row.secret, failing: row.failing },
    files: row.files,
    handover: {
      reportId: row.report_id,
      trackingId: row.tracking_id,
      kind: row.kind,
      title: row.title,
      text: row.text,
      place:
        row.place_text === null && row.place_lat === null && row.place_area_code === null
          ? null
          : { text: row.place_text, lat: row.place_lat, lon: row.place_lon, areaCode: row.place_area_code },
      topic: row.topic_code,
      channel: row.channel,
      receivedAt: row.received_at,
      duplicateOf: row.duplicate_of,
      agency: row.agency_code,
      reason: row.reason,
      routedAt: row.decided_at,
      anonymous: row.anonymous,
      confidential: row.confidential,
      ...(row.viral_since === null ? {} : { viral: { since: row.viral_since, posts: row.viral_posts } }),
    },
    addition:
      row.addition_id === null
        ? null
        : {
            id: row.addition_id,
            text: row.added_text,
            channel: row.added_by,
            receivedAt: row.added_at,
            storedAt: row.addition_stored_at,
            version: row.version,
            note: row.note,
          },
  };
}

export type Attempt = {
  readonly deliveryId: DeliveryId;
  readonly number: number;
  readonly endpointId: EndpointId;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly httpStatus: number | null;
  readonly verdict: Verdict;
  readonly error: string | null;
  /** When a delivery that stays pending is due again; null where it is finished. */
  readonly nextAttemptAt: Date | null;
};

/**
 * Records an attempt and what became of the delivery, together or not at all. A worker whose lease ran out meanwhile
 * leaves its attempt on record but changes nothing, except that an accepted report is delivered whoever noticed.
 */
export async function recordAttempt(db: Db, attempt: Attempt): Promise<void> {
  await db.query({
    name: 'record-attempt',
    text: `
      with attempt as (
        insert into attempts
          (delivery_id, number, endpoint_id, started_at, duration_ms, http_status, outcome, error)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
      )
      update deliveries set
        state = case when $7 = 'accepted' then 'delivered' when $9::timestamptz is null then 'refused' else 'pending' end,
        next_attempt_at = coalesce($9, next_attempt_at),
        enqueue_after = coalesce($9, enqueue_after),
        finished_at = case when $9 is null then $10::timestamptz end
      where id = $1 and (
        (state = 'pending' and attempt_count = $2) or ($7 = 'accepted' and state <> 'delivered')
      )`,
    values: [
      attempt.deliveryId,
      attempt.number,
      attempt.endpointId,
      attempt.startedAt,
      attempt.endedAt.getTime() - attempt.startedAt.getTime(),
      attempt.httpStatus,
      attempt.verdict,
      attempt.error,
      attempt.nextAttemptAt,
      attempt.endedAt,
    ],
  });
}

/** Gives leases back that no attempt was made on, due again at `now`. */
export async function returnLeases(
  db: Db,
  leases: readonly Pick<Lease, 'id' | 'attempt'>[],
  now: Date,
): Promise<void> {
  await db.query({
    name: 'return-leases',
    text: `
      update deliveries as delivery
      set next_attempt_at = $3, enqueue_after = $3, attempt_count = delivery.attempt_count - 1
      from unnest($1::uuid[], $2::integer[]) as lease (id, attempt)
      where delivery.id = lease.id and delivery.attempt_count = lease.attempt and delivery.state = 'pending'`,
    values: [leases.map((lease) => lease.id), leases.map((lease) => lease.attempt), now],
  });
}
