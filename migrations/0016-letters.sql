-- What staff key in: letters, visits, telephone calls. Beside the report: how it came, and where it is in the books of the office.

create table letters (
  report_id uuid primary key,
  -- whose book the agenda number is in
  office_code text not null,
  year smallint not null,
  agenda_number text not null,
  origin text not null check (origin in ('letter', 'visit', 'phone', 'agency_email', 'social_media')),
  -- on the letter
  written_on date,
  -- by the office; the report's `received_at` is when it was keyed in
  received_on date not null,
  entered_by uuid not null,
  entered_at timestamptz not null default now()
);
create index letters_of_office on letters (office_code, entered_at);
create trigger never_deleted before delete on letters for each row execute function never_deleted();
