-- Files may be added to a report afterwards, with words or without, and are handed over with what they came with.
alter table attachments add column addition_id uuid;
alter table additions
  drop constraint additions_text_check,
  add column file_count smallint not null default 0 check (file_count >= 0),
  add check (text <> '' or file_count > 0);
