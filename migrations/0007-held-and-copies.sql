-- One person's burst is one report, and what goes beyond what one sender may send waits for staff.

-- Blind index of who sent an SMS and of its words as they were written: equal where one is a copy of the other. Null for
-- what is never a copy. Without an index, which every report would pay for: intake reads it by the report.
alter table report_identities add column copy_index bytea;

-- Which report was the first to say it. As with fingerprints, the unique key is what makes two workers agree.
create table first_sendings (
  copy_index bytea primary key,
  report_id uuid not null,
  received_at timestamptz not null
);

-- A copy is stored like any report and shares all that becomes of the first. No foreign keys, for the reason given in 0002.
create table copies (
  report_id uuid primary key,
  first_id uuid not null check (first_id <> report_id),
  copied_at timestamptz not null default now()
);
create index copies_first on copies (first_id);

-- How many SMS a number sent in the hour that began with the first of them. One short row a number, written by intake:
-- an index on report_identities.phone_index to count by would grow with all reports there ever were.
create table sender_hours (
  phone_index bytea primary key,
  began_at timestamptz not null,
  report_count integer not null
);

-- A report that staff released keeps its row: it is not held again.
alter table held_reports add column released_at timestamptz;
create index held_reports_waiting on held_reports (held_at) where released_at is null;
