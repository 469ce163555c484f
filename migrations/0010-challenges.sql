-- What the report form needs besides the report: proof of work that counts once, and reports that join another.

-- Challenges whose solution was handed in. The same form may hand it in again: that is one report sent twice. Which form it
-- was says nothing of who filled it in.
create table spent_challenges (
  nonce text primary key,
  form_token text not null,
  expires_at timestamptz not null
);
create index spent_challenges_expired on spent_challenges (expires_at);

-- Tracking ID of the report that the reporter found and joined instead of telling it all again ("saya juga"): a wish, as
-- topic and agency are.
alter table reports add column joins text;

-- Reports about one topic at one agency, the latest first: for whoever is about to report the same.
create index routes_alike on routes (agency_code, topic_code, decided_at) where hop = 1;
