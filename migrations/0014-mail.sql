-- Channels that fetch by themselves, and e-mail: kept sealed as it came, and read afterwards.

-- Up to where each source was taken; what comes behind it is fetched again. `last_error` never names a person.
create table sources (
  name text primary key check (name <> ''),
  cursor jsonb,
  saved_at timestamptz,
  connected_at timestamptz,
  last_error text,
  failed_at timestamptz
);

alter table messages
  drop constraint messages_form_check,
  add constraint messages_form_check
    check (form in ('status', 'add', 'rate', 'help', 'wrong_id', 'rating_range', 'part', 'mail'));
