-- Which report an upload was last taken for, as an HMAC under its secret: two that are sent at the same moment cannot both have it.
alter table uploads add column claimed_by bytea;

-- A file that the antivirus could not judge is shown to it again, later each time, and holds up no other meanwhile.
alter table attachments add column scan_count smallint not null default 0;
alter table attachments add column scan_after timestamptz;
