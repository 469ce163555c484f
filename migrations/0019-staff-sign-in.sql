-- How staff prove who they are, and what slows down those who guess.

alter table staff
  -- sealed with a key that the database does not have; null where no app was set up
  add column totp_secret bytea,
  -- the half minute whose code was used last: neither that nor an earlier one is taken again
  add column totp_last_step bigint;

-- For who lost the app; each is good once.
create table staff_recovery_codes (
  staff_id uuid not null references staff (id),
  code_hash bytea not null,
  used_at timestamptz,
  primary key (staff_id, code_hash)
);

-- Who has the token of one sets up how they sign in: once, and in time.
create table staff_invitations (
  token_hash bytea primary key,
  staff_id uuid not null references staff (id),
  -- `totp`: the password is there, only the app is missing
  purpose text not null check (purpose in ('setup', 'totp')),
  -- offered, and theirs once they have shown a code of it; sealed
  totp_draft bytea,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index staff_invitations_of on staff_invitations (staff_id) where used_at is null;

-- Accounts elsewhere that members of staff sign in with.
create table staff_identities (
  issuer text not null,
  subject text not null,
  staff_id uuid not null references staff (id),
  linked_at timestamptz not null default now(),
  primary key (issuer, subject),
  unique (issuer, staff_id)
);

alter table staff_sessions
  -- good until the present one was used, and a minute at least: requests cross, and answers get lost
  add column previous_token_hash bytea unique,
  add column rotated_at timestamptz not null default now(),
  -- what the forms of a session carry is made of it. It goes on in the next session of the same person in the same browser,
  -- so that a form which outlived the session can still be sent.
  add column form_key uuid not null default gen_random_uuid(),
  add column way text check (way in ('password', 'oidc')),
  -- as the browser calls itself, for the list of sessions
  add column browser text;

-- Attempts to sign in that failed, under a keyed hash of what they have in common: it can be traced to nobody.
create table staff_attempts (
  key bytea primary key,
  failures integer not null default 0,
  last_at timestamptz not null,
  wait_until timestamptz not null
);
create index staff_attempts_by_age on staff_attempts (last_at);
