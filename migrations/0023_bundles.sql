-- Reports that nobody can send again under the same name, as they were accepted: all of one commit in one seal, until a
-- worker unpacks them into reports (docs/adr/0024-bundles.md). Accepting one costs a fraction of a row of its own.
create table bundles (
  id uuid primary key,
  -- of each report what stands in the clear in `reports` as well, and its receipt is asked for meanwhile
  reports json not null,
  size integer not null check (size > 0),
  -- what all their receipts begin with, by which the bundle is found: the second they were made in
  made_in text not null,
  accepted_at timestamptz not null default now(),
  -- moves on each time the bundle is put on the queue again; without an index, because there are few
  enqueue_after timestamptz not null,
  key_id text not null,
  sealed bytea not null,
  -- cannot be unpacked: staff must look
  set_aside_at timestamptz,
  error text,
  check ((set_aside_at is null) = (error is null))
);
create index bundles_made_in on bundles (made_in);
-- What is sealed does not become smaller: PostgreSQL need not try.
alter table bundles alter column sealed set storage external;
