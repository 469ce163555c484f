-- The way of a report. `reports` is what somebody said and never changes; everything that happens to it afterwards
-- is a row somewhere else. A report is in `inbox` until it is filed or quarantined, so nothing can be forgotten.
--
-- The tables every report passes through have no foreign keys: checking them locked the report's and the agency's row
-- each time and took 40 % of what filing costs in PostgreSQL (`npm run bench`). What they would guard against is
-- excluded otherwise: these rows are written in one transaction with the row they point at, or by ids read from it, and
-- neither reports nor agencies are ever deleted.

create table reports (
  id uuid primary key,
  -- the reporter's secret: 128 random bits behind the second it was given in, which keeps its index short and warm
  receipt text not null unique,
  channel text not null,
  -- null where nothing tells a repeat from a second message
  external_id text,
  kind text not null check (kind in ('complaint', 'aspiration', 'information_request')),
  title text,
  text text not null,
  occurred_on date,
  place_text text,
  place_lat double precision check (place_lat between -90 and 90),
  place_lon double precision check (place_lon between -180 and 180),
  place_area_code text,
  -- as the reporter named them: wishes, not yet the route
  topic_code text,
  agency_code text,
  anonymous boolean not null,
  confidential boolean not null,
  received_at timestamptz not null,
  accepted_at timestamptz not null default now(),
  unique (channel, external_id)
);

-- A report that was spooled may turn out to be stored already: the receipt given for it then leads to that one.
create table receipt_aliases (
  receipt text primary key,
  report_id uuid not null
);

-- Who reports, the words in which something had to be masked, and the message as it came: sealed, so that whoever reads
-- this database learns no name (src/sealing).
create table report_identities (
  report_id uuid primary key,
  key_id text not null,
  sealed bytea not null,
  -- the same contact, or content, has the same index; without its key nobody finds out which
  phone_index bytea,
  email_index bytea,
  -- null where the report has no external id: then no other message can claim to be this one
  content_index bytea
);

-- Public halves of the keys in use. A worker without the private one, or a gateway with another index key, does not start.
create table sealing_keys (
  purpose text not null check (purpose in ('identity', 'index')),
  key_id text not null,
  first_used_at timestamptz not null default now(),
  -- its private half is lost for good, and nobody waits for it any more
  forgotten_at timestamptz,
  primary key (purpose, key_id)
);
create unique index sealing_keys_one_index on sealing_keys (purpose) where purpose = 'index';

create table inbox (
  report_id uuid primary key,
  -- moves on each time the report is put on the queue again; without an index, because the inbox is short
  enqueue_after timestamptz not null
);

-- A report that intake cannot process stands here alone, for staff, while the others go through.
create table quarantine (
  report_id uuid primary key references reports (id),
  error text not null,
  quarantined_at timestamptz not null default now()
);

create table filings (
  report_id uuid primary key,
  tracking_id text not null unique check (tracking_id ~ '^[0-9]{12}$'),
  -- the first report about the same event; its own id where it is the first
  case_id uuid not null,
  duplicate_of uuid,
  duplicate_reason text,
  filed_at timestamptz not null default now(),
  check ((duplicate_of is null) = (duplicate_reason is null))
);
create index filings_case on filings (case_id) where duplicate_of is not null;

-- The unique key is what makes two workers agree on which report was first.
create table fingerprints (
  fingerprint bytea primary key,
  report_id uuid not null,
  received_at timestamptz not null
);

create table routes (
  report_id uuid not null,
  hop smallint not null,
  agency_code text not null,
  topic_code text,
  -- in words a person can read, and how sure the router was, 0 to 1
  reason text not null check (reason <> ''),
  confidence real not null check (confidence between 0 and 1),
  decided_at timestamptz not null default now(),
  primary key (report_id, hop)
);

create table endpoints (
  id uuid primary key,
  agency_code text not null references agencies (code),
  url text not null,
  secret text not null,
  state text not null default 'active' check (state in ('active', 'disabled')),
  disabled_reason text,
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  -- attempts in a row that found the agency away; past a few it rests, so that it cannot hold up the others
  failure_count integer not null default 0,
  resting_until timestamptz,
  check ((state = 'disabled') = (disabled_at is not null and disabled_reason is not null))
);
create unique index endpoints_one_active on endpoints (agency_code) where state = 'active';

create table deliveries (
  id uuid primary key,
  report_id uuid not null,
  agency_code text not null,
  -- waiting: the agency has no endpoint and pulls; refused: staff must look
  state text not null check (state in ('pending', 'waiting', 'delivered', 'refused')),
  -- moves on when a worker takes the delivery, so it is also the number of the attempt and the worker's proof of holding it
  attempt_count integer not null default 0,
  -- attempt_count when it last became pending: the retry schedule counts from here
  round_start integer not null default 0,
  -- when the next attempt is due; a worker that takes the delivery moves it on, so a worker that dies only delays it
  next_attempt_at timestamptz not null,
  -- moves on each time the delivery is put on the queue again
  enqueue_after timestamptz not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (report_id, agency_code),
  check ((state in ('delivered', 'refused')) = (finished_at is not null))
);
create index deliveries_due on deliveries (agency_code, next_attempt_at) where state = 'pending';
create index deliveries_parked on deliveries (agency_code, state) where state in ('waiting', 'refused');

-- What the agency said is not kept: it may name the reporter, of whom it knows from another report.
create table attempts (
  delivery_id uuid not null references deliveries (id),
  number integer not null,
  endpoint_id uuid not null references endpoints (id),
  started_at timestamptz not null,
  duration_ms integer not null,
  -- null where no answer came
  http_status smallint,
  outcome text not null check (outcome in ('accepted', 'retry', 'refused', 'gone')),
  -- why it was not accepted, for staff
  error text,
  primary key (delivery_id, number)
);

create function never_deleted() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never deleted', tg_table_name;
end $$;
create trigger never_deleted before delete on reports for each row execute function never_deleted();
create trigger never_deleted before delete on agencies for each row execute function never_deleted();
