import type { Db } from './pool.ts';

export type Backlog = {
  /** Accepted and not filed yet. */
  readonly inbox: number;
  /** Age of the oldest of them, in seconds. */
  readonly inbox_oldest_seconds: number;
  /** Could not be filed, and wait for staff. */
  readonly quarantine: number;
  /** Commands to be done, and parts of messages whose others are missing. */
  readonly messages_pending: number;
  /** Messages that cannot be processed: staff must look. */
  readonly messages_set_aside: number;
  /** Wait for staff to look at them before they are filed. */
  readonly held: number;
  /** Without additions to reports that were refused. */
  readonly deliveries_pending: number;
  /** The agency has no endpoint; counted up to 10,000, because agencies that pull may have millions waiting. */
  readonly deliveries_waiting: number;
  /** The agency's endpoint refused them, or the report they are additions to, and staff must look; counted up to 10,000. */
  readonly deliveries_refused: number;
  /** Messages to reporters that are due, under way or tried again later. */
  readonly notifications_pending: number;
  /** Messages that may have been sent, or were given up: staff must decide. */
  readonly notifications_parked: number;
  /** Files of reports that nobody is given before the antivirus has seen them. */
  readonly attachments_unscanned: number;
};

/** What waits, in figures. Every count is over a table or a partial index that is small when all is well. */
export async function countBacklog(db: Db): Promise<Backlog> {
  const { rows } = await db.query<{ [Name in keyof Backlog]: string | null }>({
    name: 'count-backlog',
    text: `
      with stranded as (
        select count(*) as count
        from deliveries as addition
        join deliveries as report on report.report_id = addition.report_id
          and report.agency_code = addition.agency_code and report.addition_id is null and report.state = 'refused'
        where addition.state = 'pending' and addition.addition_id is not null
      )
      select
        (select count(*) from inbox)
          + (select coalesce(sum(size), 0) from bundles where set_aside_at is null) as inbox,
        (select extract(epoch from now() - least(
          (select min(report.accepted_at) from inbox join reports as report on report.id = inbox.report_id),
          (select min(accepted_at) from bundles where set_aside_at is null)
        ))) as inbox_oldest_seconds,
        (select count(*) from quarantine)
          + (select coalesce(sum(size), 0) from bundles where set_aside_at is not null) as quarantine,
        (select count(*) from messages where state = 'pending') as messages_pending,
        (select count(*) from messages where state = 'set_aside') as messages_set_aside,
        (select count(*) from held_reports where released_at is null) as held,
        (select count(*) from deliveries where state = 'pending') - (select count from stranded) as deliveries_pending,
        (select count(*) from (select from deliveries where state = 'waiting' limit 10000) as counted) as deliveries_waiting,
        (select count(*) from (select from deliveries where state = 'refused' limit 10000) as counted)
          + (select count from stranded) as deliveries_refused,
        (select count(*) from notifications where state in ('pending', 'sending')) as notifications_pending,
        (select count(*) from notifications where state = 'parked') as notifications_parked,
        (select count(*) from attachments where state = 'unscanned') as attachments_unscanned`,
  });
  const figure = (name: keyof Backlog) => Number(rows[0]?.[name] ?? 0);
  return {
    inbox: figure('inbox'),
    inbox_oldest_seconds: figure('inbox_oldest_seconds'),
    quarantine: figure('quarantine'),
    messages_pending: figure('messages_pending'),
    messages_set_aside: figure('messages_set_aside'),
    held: figure('held'),
    deliveries_pending: figure('deliveries_pending'),
    deliveries_waiting: figure('deliveries_waiting'),
    deliveries_refused: figure('deliveries_refused'),
    notifications_pending: figure('notifications_pending'),
    notifications_parked: figure('notifications_parked'),
    attachments_unscanned: figure('attachments_unscanned'),
  };
}
