-- People who work with reports, and their sessions.

create table staff (
  id uuid primary key,
  -- an e-mail address or a name, as they sign in
  login text not null check (login = lower(login) and login <> ''),
  name text not null check (name <> ''),
  role text not null check (role in ('intake', 'officer', 'admin')),
  -- they see this agency and all below it; the national desk sees everything
  agency_code text not null references agencies (code),
  password_hash text,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  unique (login)
);

-- Who has the token of a session is its member of staff; here is only its hash.
create table staff_sessions (
  id uuid primary key,
  token_hash bytea not null unique,
  staff_id uuid not null references staff (id),
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  -- in any case; before that where it is idle
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index staff_sessions_of on staff_sessions (staff_id) where ended_at is null;
