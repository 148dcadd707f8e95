-- Alerts that time or a check raises, where alerts are sent to, and what is on its way there.

alter table retainers add column expiry_alerted integer not null default 0
    check (expiry_alerted in (0, 1));

-- Who was told that it ends soon is not looked for again.
create index retainers_ending on retainers (firm_id, end_day)
    where end_day is not null and expiry_alerted = 0 and refunded = 0;

alter table invoices add column last_payment_id blob;
alter table invoices add column last_payment_at integer;

create index alerts_about on alerts (firm_id, about) where acknowledged_at is null;
create index alerts_seq on alerts (firm_id, seq);

create table webhooks (
    firm_id         blob    not null,
    id              blob    not null check (length(id) = 12),
    created_by      blob    not null,
    created_at      integer not null,
    deleted         integer not null check (deleted in (0, 1)),
    url             text    not null,
    kinds           text    not null,
    secret          text    not null,
    previous_secret text,
    previous_until  integer,
    active          integer not null check (active in (0, 1)),
    version         integer not null,
    updated_at      integer not null,
    primary key (firm_id, id),
    foreign key (firm_id) references firms (id),
    check ((previous_secret is null) = (previous_until is null))
) strict;

create table deliveries (
    firm_id    blob    not null,
    id         blob    not null check (length(id) = 12),
    webhook_id blob    not null,
    alert_id   blob,
    seq        integer not null,
    created_by blob    not null,
    created_at integer not null,
    stage      text    not null,
    attempts   integer not null check (attempts >= 0),
    next_at    integer not null,
    status     integer,
    error      text,
    version    integer not null,
    updated_at integer not null,
    primary key (firm_id, id),
    foreign key (firm_id, webhook_id) references webhooks (firm_id, id),
    foreign key (firm_id, alert_id) references alerts (firm_id, id)
) strict;

create index deliveries_newest on deliveries (firm_id, created_at, id);
create index deliveries_due on deliveries (firm_id, next_at) where stage = 'pending';
create index deliveries_dead on deliveries (firm_id, created_at, id) where stage = 'dead';
