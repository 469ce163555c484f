-- What people send that is no report of its own: commands about a report, and the parts of messages that come in several.
-- They come in by the same door as reports and are as durable. What they say is in the seal of the same id in
-- `report_identities` and nowhere else: half a phone number stands at the end of a part, and people type a number where an
-- ID should be. No foreign keys, for the reason given in 0002.

create table messages (
  id uuid primary key,
  -- a part's leads to the report it became part of (receipt_aliases); a command's nowhere
  receipt text not null unique,
  channel text not null,
  external_id text not null,
  form text not null
    check (form in ('status', 'add', 'rate', 'help', 'wrong_id', 'rating_range', 'part')),
  -- of a part: blind index of sender, recipient, reference and total, and which of how many it is
  part_key bytea,
  part_number smallint,
  part_total smallint,
  received_at timestamptz not null,
  accepted_at timestamptz not null default now(),
  -- set_aside: it cannot be processed, and staff must look
  state text not null default 'pending' check (state in ('pending', 'done', 'set_aside')),
  -- when it is put on the queue again: a part whose others are missing waits for them until then
  due_at timestamptz not null,
  finished_at timestamptz,
  -- of a part: the first part of the message it belongs to
  assembly_id uuid,
  -- the report that it became, or was added to
  report_id uuid,
  -- what was done about it, or why nothing could be, for staff
  outcome text,
  unique (channel, external_id),
  check ((form = 'part') = (part_key is not null and part_number is not null and part_total is not null)),
  check (part_number between 1 and part_total),
  check ((state = 'pending') = (finished_at is null)),
  check ((state = 'pending') = (outcome is null))
);
create index messages_due on messages (due_at) where state = 'pending';
create index messages_set_aside on messages (finished_at) where state = 'set_aside';
create index messages_parts on messages (part_key, accepted_at) where part_key is not null;
create trigger never_deleted before delete on messages for each row execute function never_deleted();

-- Receipts of repeated parts lead to the part first, and to its report once that is there.
create index receipt_aliases_report on receipt_aliases (report_id);

-- What is added to a report is handed to its agency as well: a delivery of its own.
alter table deliveries
  add column addition_id uuid,
  drop constraint deliveries_report_id_agency_code_key,
  add constraint deliveries_once unique nulls not distinct (report_id, agency_code, addition_id);
