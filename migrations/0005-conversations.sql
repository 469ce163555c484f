-- A report is no longer the only thing a reporter says, nor its filing the only thing a reporter is told.

-- What was said after the report: by the reporter, about the same event. Like reports: masked here, as written and by
-- whom in the seal of the same id in `report_identities`.
create table additions (
  id uuid primary key,
  report_id uuid not null,
  channel text not null,
  text text not null check (text <> ''),
  received_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index additions_report on additions (report_id, received_at);

-- How the reporter judges the outcome, 1 (bad) to 5 (good); the last word counts.
create table ratings (
  report_id uuid primary key,
  rating smallint not null check (rating between 1 and 5),
  channel text not null,
  rated_at timestamptz not null
);

-- Reports that staff look at before they are filed: beyond what one sender may send, or sent by what may be a machine.
-- They keep their receipts and belong to the national desk.
-- null as a rule: the door saw nothing that staff should look at first
alter table reports add column hold text;

create table held_reports (
  report_id uuid primary key references reports (id),
  -- in words, for staff
  reason text not null check (reason <> ''),
  held_at timestamptz not null default now()
);

-- What people are told: of a report, or in answer to what they asked. `cause_id` is what brought it about (the filing of
-- a report, a message, a change of state): nobody is told the same thing of it twice. `recipient_id` is whose sealed
-- contact it goes to: a report's, or that of a message which is no report. `params` are what the template needs, and never
-- what leads to a person.
alter table notifications
  drop constraint notifications_kind_check,
  drop constraint notifications_report_id_kind_key,
  alter column report_id drop not null,
  add column cause_id uuid,
  add column recipient_id uuid,
  add column params jsonb not null default '{}' check (jsonb_typeof(params) = 'object'),
  add column language text not null default 'id' check (language in ('id', 'en'));
update notifications as notification
set cause_id = notification.report_id, recipient_id = notification.report_id,
  params = jsonb_build_object('trackingId', filing.tracking_id)
from filings as filing
where filing.report_id = notification.report_id;
alter table notifications
  alter column cause_id set not null,
  alter column recipient_id set not null,
  add unique (cause_id, kind);
