-- What was sent by e-mail, within an hour and about one report: answers are counted before another is sent.

create index notifications_mailed on notifications (attempted_at) where channel = 'email' and attempted_at is not null;
create index notifications_mailed_of_report on notifications (report_id, attempted_at)
  where channel = 'email' and attempted_at is not null and report_id is not null;
