-- The financial core: the firm, its people, money held in trust, the journals.
--
-- Every key, unique index and foreign key leads with the firm: no row of one firm can meet a row of
-- another, and the same keys spread over a cluster by firm. Ids are 12 bytes, money is minor units
-- beside its currency (ISO 4217), times are microseconds and days are days since 1970-01-01.
-- CHECKs are the last judge, not the first: what they refuse is a defect above.
--
-- movements, entries and audit are written at full speed and only ever appended to: they carry no
-- secondary index. Of them movements alone names its parent; the check costs some 5 % of the write
-- rate. outcomes keeps its rows apart from its key: answers are long, and keys come in any order. So do
-- all tables whose rows are wide: their keys are then narrow to walk.
--
-- An update names only the columns that may have changed, so an index over others costs it nothing:
-- indexes for lists stand on columns that never change and skip deleted rows.

create table firms (
    id          blob    not null primary key check (length(id) = 12),
    name        text    not null,
    currency    text    not null,
    zone        text    not null,
    seq         integer not null check (seq >= 0),
    audit_count integer not null check (audit_count >= seq),
    -- The roots of the complete subtrees of the audit log, 32 bytes each, the largest first.
    audit_peaks blob    not null check (length(audit_peaks) % 32 = 0),
    -- The ids of the rows that no command may change, 12 bytes each.
    parked      blob    not null check (length(parked) % 12 = 0),
    last_batch  blob    not null,
    last_at     integer not null
) strict, without rowid;

create table members (
    firm_id    blob    not null references firms (id),
    user_id    blob    not null check (length(user_id) = 12),
    role       text    not null,
    active     integer not null check (active in (0, 1)),
    version    integer not null,
    created_at integer not null,
    updated_at integer not null,
    primary key (firm_id, user_id)
) strict, without rowid;

create table clients (
    firm_id             blob    not null references firms (id),
    id                  blob    not null check (length(id) = 12),
    number              text    not null,
    created_by          blob    not null,
    created_at          integer not null,
    deleted             integer not null check (deleted in (0, 1)),
    kind                text    not null,
    full_name           text    not null check (full_name <> ''),
    first_name          text,
    last_name           text,
    company_name        text,
    email               text,
    phone               text,
    national_id         text,
    registration_number text,
    city                text,
    address             text,
    notes               text,
    user_id             blob,
    version             integer not null,
    updated_at          integer not null,
    -- Everything a search looks at, without what searchers don't tell apart.
    searched_by         text    not null,
    primary key (firm_id, id),
    unique (firm_id, number)
) strict;

create index clients_newest on clients (firm_id, created_at, id) where deleted = 0;
create index clients_login on clients (firm_id, user_id) where user_id is not null;

create table cases (
    firm_id     blob    not null references firms (id),
    id          blob    not null check (length(id) = 12),
    created_by  blob    not null,
    created_at  integer not null,
    deleted     integer not null check (deleted in (0, 1)),
    number      text,
    title       text    not null,
    client_id   blob,
    status      text    not null,
    outcome     text,
    description text,
    version     integer not null,
    updated_at  integer not null,
    searched_by text    not null,
    primary key (firm_id, id),
    unique (firm_id, number),
    foreign key (firm_id, client_id) references clients (firm_id, id)
) strict;

create index cases_newest on cases (firm_id, created_at, id) where deleted = 0;
create index cases_client on cases (firm_id, client_id, created_at, id) where client_id is not null;

create table retainers (
    firm_id             blob    not null,
    id                  blob    not null check (length(id) = 12),
    number              text    not null,
    client_id           blob    not null,
    currency            text    not null,
    initial_amount      integer not null,
    created_by          blob    not null,
    created_at          integer not null,
    kind                text    not null,
    minimum_balance     integer not null check (minimum_balance >= 0),
    start_day           integer not null,
    end_day             integer,
    replenish_threshold integer,
    replenish_amount    integer,
    case_id             blob,
    agreement_url       text,
    agreement_day       integer,
    notes               text,
    balance             integer not null check (balance >= 0),
    deposits            integer not null check (deposits >= 0),
    consumptions        integer not null check (consumptions >= 0),
    refunds             integer not null check (refunds >= 0),
    movements           integer not null check (movements >= 0),
    latest_day          integer not null,
    low_balance_alerted integer not null check (low_balance_alerted in (0, 1)),
    -- A payment; it names this row in turn, and comes after it.
    replenish_request   blob,
    refunded            integer not null check (refunded in (0, 1)),
    version             integer not null,
    updated_at          integer not null,
    primary key (firm_id, id),
    unique (firm_id, number),
    foreign key (firm_id, client_id) references clients (firm_id, id),
    foreign key (firm_id, case_id) references cases (firm_id, id),
    check (balance = deposits - consumptions - refunds),
    check ((replenish_threshold is null) = (replenish_amount is null)),
    check (refunded = 0 or balance = 0)
) strict, without rowid;

create index retainers_newest on retainers (firm_id, created_at, id);
create index retainers_client on retainers (firm_id, client_id);

create table movements (
    firm_id       blob    not null,
    retainer_id   blob    not null,
    n             integer not null,
    id            blob    not null,
    seq           integer not null,
    kind          text    not null,
    currency      text    not null,
    amount        integer not null check (amount > 0),
    balance_after integer not null check (balance_after >= 0),
    day           integer not null,
    at            integer not null,
    description   text,
    invoice_id    blob,
    payment_id    blob,
    user_id       blob    not null,
    primary key (firm_id, retainer_id, n),
    foreign key (firm_id, retainer_id) references retainers (firm_id, id)
) strict, without rowid;

create table retainer_days (
    firm_id     blob    not null,
    retainer_id blob    not null,
    day         integer not null,
    net         integer not null,
    primary key (firm_id, retainer_id, day)
) strict, without rowid;

create table entries (
    firm_id   blob    not null,
    seq       integer not null,
    line      integer not null,
    debit     integer not null,
    debit_of  blob,
    credit    integer not null,
    credit_of blob,
    currency  text    not null,
    amount    integer not null check (amount > 0),
    day       integer not null,
    reverses  integer check (reverses < seq),
    primary key (firm_id, seq, line)
) strict, without rowid;

create table account_days (
    firm_id  blob    not null,
    account  integer not null,
    currency text    not null,
    day      integer not null,
    debit    integer not null check (debit >= 0),
    credit   integer not null check (credit >= 0),
    primary key (firm_id, account, currency, day)
) strict, without rowid;

create table counters (
    firm_id blob    not null references firms (id),
    series  text    not null,
    period  integer not null,
    taken   integer not null check (taken > 0),
    primary key (firm_id, series, period)
) strict, without rowid;

create table alerts (
    firm_id         blob    not null references firms (id),
    id              blob    not null check (length(id) = 12),
    kind            text    not null,
    about           blob    not null check (length(about) = 12),
    seq             integer not null,
    created_by      blob    not null,
    created_at      integer not null,
    -- What a check has found about it, if that is why.
    found_kind      text,
    found_rule      text,
    found_signs     text,
    found_text      text,
    released_by     blob,
    released_at     integer,
    release_reason  text check (release_reason <> ''),
    acknowledged_by blob,
    acknowledged_at integer,
    version         integer not null,
    updated_at      integer not null,
    primary key (firm_id, id),
    check ((acknowledged_by is null) = (acknowledged_at is null)),
    check ((found_kind is null) = (found_text is null)),
    check ((released_by is null) = (released_at is null)),
    check ((released_by is null) = (release_reason is null))
) strict, without rowid;

create index alerts_newest on alerts (firm_id, created_at, id);
create index alerts_open on alerts (firm_id, created_at, id) where acknowledged_at is null;

create index alerts_found on alerts (firm_id, about) where found_kind is not null;

create table audit (
    firm_id     blob    not null,
    n           integer not null,
    seq         integer,
    at          integer not null,
    user_id     blob    not null,
    role        text    not null,
    command     text    not null,
    outcome     text    not null,
    object      blob,
    leaf        blob    not null,
    -- Of what was erased of this record: salt and all that stands after it.
    commitment  blob,
    salt        blob,
    origin      text,
    request_id  text,
    fingerprint blob,
    kept        blob,
    primary key (firm_id, n),
    check ((commitment is null) = (salt is not null)),
    check (commitment is null or coalesce(origin, request_id) is null),
    check (commitment is null or coalesce(fingerprint, kept) is null)
) strict, without rowid;

-- Roots of complete subtrees of the audit log, at every 8th level: one row for 256 records.
create table audit_nodes (
    firm_id blob    not null,
    level   integer not null check (level > 0),
    at      integer not null,
    hash    blob    not null,
    primary key (firm_id, level, at)
) strict, without rowid;

create table outcomes (
    firm_id     blob    not null,
    user_id     blob    not null,
    key         text    not null,
    fingerprint blob    not null,
    audit_n     integer not null,
    at          integer not null,
    answer      blob    not null,
    primary key (firm_id, user_id, key)
) strict;
