-- Files that came with a report. Here is what the gateway knows of each; its bytes lie in the file store under the same id,
-- what it was called in the seal of its report.

-- Whoever has the secret that a file was uploaded under may put it with a report, for a day. The row stays that long
-- afterwards too, so that the same report sent again is known to be the same.
create table uploads (
  id uuid primary key,
  secret_hash bytea not null unique,
  -- what it was called, under a key made of the secret: nobody reads it before the secret comes back
  sealed_name bytea,
  type text not null,
  bytes integer not null check (bytes > 0),
  sha256 bytea not null,
  state text not null check (state in ('ready', 'unscanned')),
  expires_at timestamptz not null,
  -- when it was last taken for a report, which may lie in a spool by now: such a file is not swept away with the others
  claimed_at timestamptz
);
create index uploads_expires on uploads (expires_at);

create table attachments (
  id uuid primary key,
  report_id uuid not null,
  -- 1, 2, 3 …: people see lampiran-1.jpg
  position smallint not null check (position > 0),
  type text not null,
  bytes integer not null check (bytes > 0),
  sha256 bytea not null,
  -- unscanned: nobody is given it before the antivirus has seen it; infected: nobody is given it at all
  state text not null check (state in ('ready', 'unscanned', 'infected')),
  -- as_report: public where the report is neither anonymous nor confidential; else staff decided
  visibility text not null default 'as_report' check (visibility in ('as_report', 'released', 'withdrawn')),
  added_at timestamptz not null default now(),
  unique (report_id, position)
);
create index attachments_unscanned on attachments (added_at) where state = 'unscanned';
