-- What becomes of an e-mail: whose mailbox it came to, what it was taken for, and that staff may have it filed all the same.

alter table messages
  -- of an e-mail, in the clear for staff who sort them: a name of ours, an agency and a size lead to nobody
  add column mailbox text,
  add column agency_code text,
  add column bytes integer,
  -- null until it was worked on, and where it could not be
  add column fate text check (
    fate in ('report', 'held', 'unreadable', 'addition', 'bounce', 'auto-reply', 'own', 'receipt', 'empty')),
  add column file_count smallint,
  -- of its files, those that could not be put with the report: its writer is told how many
  add column files_not_taken smallint not null default 0,
  -- staff decided that it is a report, whatever it looks like
  add column file_anyway boolean not null default false,
  -- a worker reads it until then, before there is any transaction; how often one began counts those that never came back
  add column taken_until timestamptz,
  add column take_count smallint not null default 0,
  add constraint messages_mail check ((form = 'mail') = (mailbox is not null and agency_code is not null and bytes is not null));

-- what staff look through: e-mails that are no reports, and those that could not be worked on
create index messages_kept_mails on messages (finished_at desc, id desc)
  where form = 'mail' and state <> 'pending' and report_id is null;
create index messages_finished_mails on messages (finished_at) where form = 'mail' and finished_at is not null;
-- from a report to the e-mail it came in
create index messages_mail_of on messages (report_id) where form = 'mail' and report_id is not null;
-- asked for by the reports that intake files
create index messages_files_not_taken on messages (report_id) where files_not_taken > 0;
