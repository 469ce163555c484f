-- Posts on X. Each comes in as a message, sealed as the platform gave it; its id leads to its author, so wherever one is kept
-- outside a seal it is a blind index.

alter table messages
  drop constraint messages_form_check,
  add constraint messages_form_check
    check (form in ('status', 'add', 'rate', 'help', 'wrong_id', 'rating_range', 'part', 'mail', 'post')),
  -- of a post: blind indexes of its first version, and of its author and conversation
  add column origin_index bytea,
  add column thread_index bytea,
  -- the platform was asked for the rest of its thread, which costs money
  add column thread_asked boolean not null default false,
  drop constraint messages_fate_check,
  add constraint messages_fate_check check (
    fate in ('report', 'held', 'unreadable', 'addition', 'bounce', 'auto-reply', 'own', 'receipt', 'empty',
      'version', 'unrelated')),
  add constraint messages_post check ((form = 'post') = (origin_index is not null and thread_index is not null));
create index messages_versions on messages (origin_index) where origin_index is not null;
create index messages_threads on messages (thread_index, accepted_at) where thread_index is not null;

-- E-mails and posts are both taken by one worker for a while: what is asked of the ones is asked of the others.
drop index messages_finished_mails;
create index messages_finished_taken on messages (finished_at) where form in ('mail', 'post') and finished_at is not null;
drop index messages_mail_of;
create index messages_taken_of on messages (report_id) where form in ('mail', 'post') and report_id is not null;

-- Blind index of the account that somebody posted from.
alter table report_identities add column account_index bytea;

-- What is known besides of a report that was a post. No foreign keys, for the reason given in 0002.
create table posts (
  report_id uuid primary key,
  -- whose seal has the post as it came; of a thread the first one's
  message_id uuid not null,
  posted_at timestamptz not null,
  -- as the platform takes it for, such as `in`; null where it takes it for none
  language text,
  -- as written, without the sign
  hashtags text[] not null default '{}',
  -- the case that it was filed into, null until then: beside the moment, so that the posts of an hour are found without the others
  case_id uuid,
  -- when it was last seen that it is still there, and when that it is not: nobody sees anything of it in public from then on
  checked_at timestamptz,
  gone_at timestamptz,
  -- when somebody looks again; null: nobody does any more
  look_at timestamptz default date_bin('15 minutes', now() + interval '11 hours', 'epoch'),
  check (gone_at is null or look_at is null)
);
create index posts_to_look_at on posts (look_at) where look_at is not null;
create index posts_unseen on posts (coalesce(checked_at, posted_at)) where look_at is not null;
create index posts_of_cases on posts (case_id, posted_at) where case_id is not null;
create index posts_gone on posts (gone_at desc) where gone_at is not null;
create trigger never_deleted before delete on posts for each row execute function never_deleted();

alter table additions
  -- the post was edited and this is how it reads now: 2 for the first edit; null for what is said besides
  add column version smallint check (version > 1),
  -- we say it ourselves, to the agency alone; null for what the reporter says
  add column note text check (note in ('post_gone', 'case_viral')),
  add check (note is null or version is null);

-- not_summoned: the platform lets us answer only those who call us, and nobody did
alter table notifications
  drop constraint notifications_state_check,
  add constraint notifications_state_check
    check (state in ('pending', 'sending', 'sent', 'refused', 'parked', 'dropped', 'capped', 'not_summoned')),
  add constraint notifications_not_summoned_reason check (state <> 'not_summoned' or reason is not null),
  -- blind index of our answer's own id, by which the reply to it names it
  add column answer_index bytea;
create index notifications_answers on notifications (answer_index) where answer_index is not null;

-- What was read and written for money, by the platform's day (UTC). Counted before each call, and put right after it.
create table platform_spending (
  platform text not null,
  day date not null,
  posts bigint not null default 0,
  microdollars bigint not null default 0,
  primary key (platform, day)
);

-- Cases that many posted about within an hour.
create table viral_cases (
  case_id uuid primary key,
  -- when the threshold was reached
  since timestamptz not null,
  -- posts about it within the hour that counted most
  post_count integer not null
);
create index viral_cases_newest on viral_cases (since desc);
create trigger never_deleted before delete on viral_cases for each row execute function never_deleted();

-- What staff should know of a source that goes on all the same: name of the alarm -> in words.
alter table sources add column alarms jsonb not null default '{}' check (jsonb_typeof(alarms) = 'object');
