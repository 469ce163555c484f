-- Word back in full: how many messages a number gets in a day, when nobody is to be woken up, and what became of a message
-- once the provider had it.

alter table notifications
  drop constraint notifications_state_check,
  -- capped: held back, because the number had as many as one may have in a day; never sent, unless staff say so
  add constraint notifications_state_check
    check (state in ('pending', 'sending', 'sent', 'refused', 'parked', 'dropped', 'capped')),
  add constraint notifications_capped_reason check (state <> 'capped' or reason is not null),
  -- when the person wrote what this answers; null: nobody asked, so it may wait for the morning
  add column asked_at timestamptz,
  -- of the last attempt: when it began, the blind index of the contact it went to, and its size where it was an SMS
  add column attempted_at timestamptz,
  add column contact_index bytea,
  add column segments smallint,
  add column encoding text check (encoding in ('gsm7', 'ucs2')),
  -- what the provider said became of the last attempt, in its own words, and when it did
  add column delivery_state text check (delivery_state in ('accepted', 'buffered', 'failed', 'delivered')),
  add column delivery_detail text,
  add column delivery_at timestamptz,
  add check ((delivery_state is null) = (delivery_at is null));

create index notifications_to_contact on notifications (contact_index, attempted_at) where contact_index is not null;
-- the figures of the last day
create index notifications_finished on notifications (finished_at) where finished_at is not null;
