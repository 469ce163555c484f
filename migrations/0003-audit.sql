-- Who did what, and why. Rows are only ever added, and each is chained to the one before by its hash, so that one that
-- is changed, removed or put in is found by `lapor audit verify` (docs/adr/0010-audit-log.md).

create table audit_log (
  -- 1, 2, 3 …: a number that is missing was removed
  seq bigint primary key,
  at timestamptz not null,
  actor text not null check (actor <> ''),
  action text not null check (action ~ '^[a-z]+(_[a-z]+)*$'),
  -- what it was done to: agency:D32.73, report:…
  subject text not null check (subject <> ''),
  reason text,
  -- ids and counts; never a secret, never what identifies a reporter
  details jsonb not null check (jsonb_typeof(details) = 'object'),
  -- of the row before; 32 zero bytes in the first
  previous_hash bytea not null,
  hash bytea not null
);

-- Number and hash of the last row: tells that rows are missing at the end, and has writers take turns.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  seq bigint not null,
  hash bytea not null
);
insert into audit_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

-- A netstring: how many bytes, a colon, the bytes, a comma; a dash for null. So no two rows are written the same way.
create function audit_field(value text) returns text language sql immutable as $$
  select coalesce(octet_length(convert_to(value, 'UTF8')) || ':' || value || ',', '-')
$$;

-- SHA-256 over the hash before and the fields in the order of the table, time as microseconds since 1970.
create function audit_hash(entry audit_log) returns bytea language sql stable as $$
  select sha256(entry.previous_hash || convert_to(
    audit_field(entry.seq::text) ||
    audit_field(trunc(extract(epoch from entry.at) * 1000000)::text) ||
    audit_field(entry.actor) ||
    audit_field(entry.action) ||
    audit_field(entry.subject) ||
    audit_field(entry.reason) ||
    audit_field(entry.details::text),
    'UTF8'))
$$;

-- Whatever a client says of number, time and hashes is overwritten, so that a row typed into psql is chained too. The
-- head's row is locked until the transaction ends: numbers have no gaps, and the order of commits is theirs.
create function chain_audit_row() returns trigger language plpgsql as $$
declare
  head audit_head;
begin
  select * into strict head from audit_head for update;
  new.seq := head.seq + 1;
  new.at := clock_timestamp();
  new.previous_hash := head.hash;
  new.hash := audit_hash(new);
  update audit_head set seq = new.seq, hash = new.hash;
  return new;
end $$;
create trigger chain_audit_row before insert on audit_log for each row execute function chain_audit_row();

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is only added to: % of % is refused', lower(tg_op), tg_table_name;
end $$;
create trigger refuse_audit_change before update or delete or truncate on audit_log
  for each statement execute function refuse_audit_change();
-- The head moves by the trigger above, and by nothing else.
create trigger refuse_audit_change before insert or update or delete or truncate on audit_head
  for each statement when (pg_trigger_depth() = 0) execute function refuse_audit_change();
