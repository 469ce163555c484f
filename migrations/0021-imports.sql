-- Letters that come in bulk: a table and its files, sealed while they are needed, and what became of each row.

create table imports (
  id uuid primary key,
  -- whose letters they are
  office_code text not null references agencies (code),
  -- member of staff; all zeros: somebody at the command line
  created_by uuid not null,
  state text not null check (state in ('mapping', 'checked', 'running', 'paused', 'finished')),
  format text not null check (format in ('csv', 'xlsx')),
  -- between the cells of a line; the result is written with the same one
  separator text not null check (separator in (',', ';', E'\t')),
  row_count integer not null check (row_count >= 0),
  -- which column is what: a name of a field or null, column by column
  mapping jsonb not null,
  -- of the heading row, by which the mapping is remembered
  heading_mark bytea not null,
  -- a row whose file is missing or refused: goes without it, or stays out
  without_file text not null default 'send' check (without_file in ('send', 'leave')),
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  -- what is sealed is deleted then; an import that was never run is over
  expires_at timestamptz not null,
  -- who runs it now, and until when without a word nobody else does
  leased_by uuid,
  leased_until timestamptz
);
create index imports_of_office on imports (office_code, created_at);
create index imports_expiring on imports (expires_at);
create unique index imports_one_running on imports (office_code) where state = 'running';

-- The table, some hundred rows a piece, encrypted with a key made of the index key. Row 0 of piece 0 is the headings.
create table import_pieces (
  import_id uuid not null references imports (id) on delete cascade,
  number integer not null,
  sealed bytea not null,
  primary key (import_id, number)
);

-- The files of the archive, each encrypted likewise; `name_mark` is a keyed hash of its name, `content_mark` of its bytes.
create table import_files (
  import_id uuid not null references imports (id) on delete cascade,
  name_mark bytea not null,
  -- null with nothing sealed: it is larger than a file may be
  content_mark bytea,
  sealed bytea,
  check ((content_mark is null) = (sealed is null)),
  primary key (import_id, name_mark)
);

-- What became of each row. Never what stands in it.
create table import_rows (
  import_id uuid not null references imports (id) on delete cascade,
  -- counted from 1 behind the headings
  number integer not null,
  state text not null check (state in ('pending', 'sending', 'accepted', 'duplicate', 'refused')),
  report_id uuid,
  -- [{"column": 3, "code": "date"}]: columns counted from 0, null where it is about the whole row
  problems jsonb not null default '[]',
  -- its problems are about its files alone
  file_problem boolean not null default false,
  primary key (import_id, number)
);

-- Which column is what, as last chosen by this office for these headings.
create table import_mappings (
  office_code text not null,
  heading_mark bytea not null,
  mapping jsonb not null,
  chosen_at timestamptz not null default now(),
  primary key (office_code, heading_mark)
);
