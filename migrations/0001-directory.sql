-- Who may own a report, where places lie, what reports are about. All of it is data that changes while the gateway runs.

create table agencies (
  code text primary key check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  name text not null check (name <> ''),
  kind text not null check (kind in (
    'national_desk', 'ministry', 'institution', 'province', 'regency', 'city', 'state_firm', 'university', 'unit')),
  parent_code text references agencies (code),
  time_zone text not null check (time_zone in ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')),
  -- Kemendagri code of the area a local government governs
  area_code text unique,
  aliases text[] not null default '{}',
  -- an agency is never deleted: reports point at it
  active boolean not null default true,
  -- written by `seedDirectory` and kept up by it, until an operator imports the row and owns it from then on
  from_seed boolean not null default false
);

insert into agencies (code, name, kind, time_zone, aliases)
values ('nasional', 'Meja Nasional SP4N-LAPOR!', 'national_desk', 'Asia/Jakarta', '{"desk nasional", "admin nasional"}');

create table areas (
  -- Kemendagri code with dots: 32, 32.73, 32.73.01, 32.73.01.1001
  code text primary key,
  name text not null,
  level smallint not null check (level between 1 and 4),
  parent_code text references areas (code) deferrable initially deferred
);

create table topics (
  code text primary key,
  name text not null,
  parent_code text references topics (code),
  -- who is responsible where no local government is
  central_agency_code text references agencies (code),
  -- the local office that usually acts, in words
  local_office text,
  -- which level of government acts: the regency or city, the province, or the central agency
  handled_by text not null check (handled_by in ('regency', 'province', 'central')),
  active boolean not null default true
);

create table topic_keywords (
  keyword text not null,
  topic_code text not null references topics (code),
  weight real not null default 1 check (weight > 0),
  -- where this word moves the matter to another level than the topic's: "jalan tol"
  handled_by text check (handled_by in ('regency', 'province', 'central')),
  primary key (keyword, topic_code)
);

-- How words are written in complaints and what they stand for. A word that stands for itself is an ordinary one
-- although some place bears it as its name.
create table words (
  written text primary key,
  meant text not null
);

-- Bumped by every import, so that running workers notice and load the directory again.
create table directory_version (
  only_row boolean primary key default true check (only_row),
  version bigint not null default 0,
  -- of the seed that was imported last; the same seed again is nothing to do
  seed_hash text
);
insert into directory_version default values;
