-- Word back to reporters: one row for each thing a reporter is told, written with what it tells. `sending` is committed
-- before the provider is called, so what was under way when a worker died is known to be in doubt, and is never sent
-- again by itself. No foreign keys, for the reason given in 0002.

create table notifications (
  id uuid primary key,
  report_id uuid not null,
  kind text not null check (kind in ('tracking_id', 'linked')),
  channel text not null,
  -- parked: staff decide, because whether it was sent is unknown or sending was given up; dropped: they decided against it
  state text not null default 'pending'
    check (state in ('pending', 'sending', 'sent', 'refused', 'parked', 'dropped')),
  -- moves on when sending begins, so it is also the number of the attempt and the worker's proof of having made it
  attempt_count integer not null default 0,
  -- attempt_count when it last became pending by staff's hand: the retry schedule counts from here
  round_start integer not null default 0,
  -- pending: when the next attempt is due; sending: when it counts as abandoned
  next_attempt_at timestamptz not null,
  -- moves on each time the notification is put on the queue again
  enqueue_after timestamptz not null,
  -- the provider's name for the message, where it gives one
  provider_id text,
  -- why it is not sent, for staff
  reason text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (report_id, kind),
  check ((state in ('pending', 'sending')) = (finished_at is null)),
  check (state not in ('refused', 'parked') or reason is not null)
);
create index notifications_due on notifications (next_attempt_at) where state in ('pending', 'sending');
create index notifications_parked on notifications (created_at) where state = 'parked';
