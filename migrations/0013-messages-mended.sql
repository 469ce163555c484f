-- What is added to a report that is not filed yet goes to no agency so far: the sweeper makes up for it once there is one.
alter table additions add column awaits_route boolean not null default false;
update additions as addition set awaits_route = true
where not exists (select from deliveries where addition_id = addition.id);
create index additions_awaiting_route on additions (report_id) where awaits_route;

-- An addition cannot be handed over before its report: such deliveries are few, and looked at apart from the others.
create index deliveries_of_additions on deliveries (report_id, agency_code)
  where state = 'pending' and addition_id is not null;

-- Somebody else than the reporter asked for it: it must not take away what the number gets of its own.
alter table notifications add column asked_by_other boolean not null default false;
create index notifications_asked_by_others on notifications (report_id, created_at) where asked_by_other;
