-- The whole practice: invoices, payments, books, work, the market, and clients' accounts. The same rules
-- as in the core.
--
-- Some columns repeat what follows from the others (status, due, applied, deposited), so that lists can be
-- filtered and added up by an index; a CHECK beside each keeps it true. They are no generated columns:
-- SQLite reads the row for those even where an index holds them.

create table invoices (
    firm_id          blob    not null,
    id               blob    not null check (length(id) = 12),
    number           text    not null,
    client_id        blob    not null,
    currency         text    not null,
    created_by       blob    not null,
    created_at       integer not null,
    deleted          integer not null check (deleted in (0, 1)),
    case_id          blob,
    lines            text    not null,
    vat_rate         integer not null check (vat_rate between 0 and 10000),
    discount_rate    integer check (discount_rate between 0 and 10000),
    discount_fixed   integer check (discount_fixed >= 0),
    subtotal         integer not null check (subtotal >= 0),
    discount         integer not null check (discount >= 0),
    taxable          integer not null check (taxable >= 0),
    vat              integer not null check (vat >= 0),
    total            integer not null check (total > 0),
    stage            text    not null,
    issue_day        integer not null,
    due_day          integer not null,
    terms            text    not null,
    paid             integer not null check (paid >= 0),
    retainer_applied integer not null check (retainer_applied >= 0),
    credited         integer not null check (credited >= 0),
    vat_credited     integer not null check (vat_credited between 0 and credited),
    written_off      integer not null check (written_off >= 0),
    applications     integer not null check (applications >= 0),
    issued_seq       integer,
    issued_at        integer,
    viewed_at        integer,
    paid_at          integer,
    reason           text,
    notes            text,
    version          integer not null,
    updated_at       integer not null,
    due              integer not null,
    status           text    not null,
    primary key (firm_id, id),
    unique (firm_id, number),
    foreign key (firm_id, client_id) references clients (firm_id, id),
    foreign key (firm_id, case_id) references cases (firm_id, id),
    check (paid + retainer_applied + credited + written_off <= total),
    check (due = case stage when 'issued'
        then total - paid - retainer_applied - credited - written_off else 0 end),
    check (status = case when stage <> 'issued' then stage when credited = total then 'void'
        when due = 0 then 'paid' when paid <> 0 or retainer_applied <> 0 then 'partial'
        when viewed_at is not null then 'viewed' else 'sent' end),
    check (total = subtotal - discount + vat),
    check (discount_rate is null or discount_fixed is null),
    check ((issued_seq is null) = (issued_at is null)),
    check ((issued_at is not null) = (stage in ('issued', 'void', 'written_off'))),
    check ((deleted = 1) = (stage = 'cancelled'))
) strict;

-- The first covers a search, _sums what is added up, _issued every other order: they read no rows.
create index invoices_newest on invoices (firm_id, created_at, id, number, client_id)
    where deleted = 0;
create index invoices_client on invoices (firm_id, client_id, created_at, id) where deleted = 0;
create index invoices_case on invoices (firm_id, case_id, created_at, id) where case_id is not null;
create index invoices_status on invoices (firm_id, status, created_at, id) where deleted = 0;
create index invoices_sums on invoices
    (firm_id, status, currency, total, paid, retainer_applied, due, client_id)
    where deleted = 0;
create index invoices_issued on invoices
    (firm_id, issue_day, id, created_at, status, due_day, total, due)
    where deleted = 0;
create index invoices_open on invoices (firm_id, client_id, currency, due_day, id, due)
    where due > 0 and deleted = 0;
create index invoices_overdue on invoices (firm_id, due_day, id, created_at, currency, due)
    where due > 0 and deleted = 0;

create table applications (
    firm_id     blob    not null,
    invoice_id  blob    not null,
    n           integer not null check (n > 0),
    seq         integer not null,
    payment_id  blob,
    retainer_id blob,
    kind        text    not null,
    currency    text    not null,
    amount      integer not null check (amount > 0),
    day         integer not null,
    at          integer not null,
    user_id     blob    not null,
    primary key (firm_id, invoice_id, n),
    foreign key (firm_id, invoice_id) references invoices (firm_id, id),
    check ((payment_id is null) <> (retainer_id is null))
) strict, without rowid;

create table payments (
    firm_id        blob    not null references firms (id),
    id             blob    not null check (length(id) = 12),
    number         text    not null,
    client_id      blob,
    kind           text    not null,
    currency       text    not null,
    created_by     blob    not null,
    created_at     integer not null,
    deleted        integer not null check (deleted in (0, 1)),
    method         text    not null,
    stage          text    not null,
    amount         integer not null check (amount > 0),
    unapplied      integer not null check (unapplied >= 0),
    refunded       integer not null check (refunded >= 0),
    claims         text    not null,
    wanted         text    not null,
    invoice_id     blob,
    retainer_id    blob,
    fills_retainer integer not null check (fills_retainer in (0, 1)),
    case_id        blob,
    overpayment    text    not null,
    gateway        text,
    reference      text,
    check_state    text,
    check_number   text,
    check_bank     text,
    check_day      integer,
    details        text,
    notes          text,
    failure        text,
    day            integer not null,
    arrived_seq    integer,
    arrived_at     integer,
    reconciled_at  integer,
    receipt_sent   integer not null check (receipt_sent in (0, 1)),
    version        integer not null,
    updated_at     integer not null,
    applied        integer not null check (applied >= 0),
    deposited      integer not null check (deposited >= 0),
    status         text    not null,
    primary key (firm_id, id),
    unique (firm_id, number),
    foreign key (firm_id, client_id) references clients (firm_id, id),
    foreign key (firm_id, invoice_id) references invoices (firm_id, id),
    foreign key (firm_id, retainer_id) references retainers (firm_id, id),
    foreign key (firm_id, case_id) references cases (firm_id, id),
    check (unapplied + applied + deposited + refunded = case
        when stage = 'completed' and kind not in ('vendor_payment', 'transfer') then amount else 0 end),
    check (status = case when stage <> 'completed' then stage when refunded = amount then 'refunded'
        when refunded <> 0 then 'partially_refunded' else 'completed' end),
    check (client_id is not null or kind in ('vendor_payment', 'transfer')),
    check ((arrived_seq is null) = (arrived_at is null)),
    check ((arrived_at is not null) = (stage = 'completed')),
    check (reconciled_at is null or stage = 'completed'),
    check (deleted = 0 or stage <> 'completed')
) strict;

create index payments_newest on payments (firm_id, created_at, id) where deleted = 0;
create index payments_client on payments (firm_id, client_id, created_at, id)
    where client_id is not null and deleted = 0;
create index payments_case on payments (firm_id, case_id, created_at, id) where case_id is not null;
create index payments_invoice on payments (firm_id, invoice_id) where invoice_id is not null;
create index payments_status on payments (firm_id, status, created_at, id) where deleted = 0;
create index payments_sums on payments (firm_id, status, currency, amount, unapplied)
    where deleted = 0;
create index payments_day on payments (firm_id, day, id, created_at, amount) where deleted = 0;
create index payments_unreconciled on payments (firm_id, created_at, id)
    where stage = 'completed' and reconciled_at is null and deleted = 0;

create table refunds (
    firm_id        blob    not null,
    id             blob    not null check (length(id) = 12),
    number         text    not null,
    payment_id     blob    not null,
    client_id      blob    not null,
    currency       text    not null,
    amount         integer not null check (amount > 0),
    from_credit    integer not null check (from_credit >= 0),
    from_retainers integer not null check (from_retainers >= 0),
    from_invoices  integer not null check (from_invoices >= 0),
    method         text    not null,
    reason         text,
    day            integer not null,
    created_by     blob    not null,
    created_at     integer not null,
    version        integer not null,
    updated_at     integer not null,
    primary key (firm_id, id),
    unique (firm_id, number),
    foreign key (firm_id, payment_id) references payments (firm_id, id),
    foreign key (firm_id, client_id) references clients (firm_id, id),
    check (amount = from_credit + from_retainers + from_invoices)
) strict, without rowid;

create index refunds_payment on refunds (firm_id, payment_id, created_at, id);

create table credit_notes (
    firm_id    blob    not null,
    id         blob    not null check (length(id) = 12),
    number     text    not null,
    invoice_id blob    not null,
    client_id  blob    not null,
    currency   text    not null,
    amount     integer not null check (amount > 0),
    vat        integer not null check (vat between 0 and amount),
    reason     text,
    day        integer not null,
    created_by blob    not null,
    created_at integer not null,
    version    integer not null,
    updated_at integer not null,
    primary key (firm_id, id),
    unique (firm_id, number),
    foreign key (firm_id, invoice_id) references invoices (firm_id, id),
    foreign key (firm_id, client_id) references clients (firm_id, id)
) strict, without rowid;

create index credit_notes_newest on credit_notes (firm_id, created_at, id);
create index credit_notes_invoice on credit_notes (firm_id, invoice_id, created_at, id);
create index credit_notes_client on credit_notes (firm_id, client_id, created_at, id);

create table transactions (
    firm_id     blob    not null references firms (id),
    id          blob    not null check (length(id) = 12),
    number      text    not null,
    created_by  blob    not null,
    created_at  integer not null,
    deleted     integer not null check (deleted in (0, 1)),
    kind        text    not null,
    status      text    not null,
    currency    text    not null,
    amount      integer not null check (amount > 0),
    category    text,
    description text,
    method      text,
    reference   text,
    client_id   blob,
    case_id     blob,
    day         integer not null,
    reason      text,
    version     integer not null,
    updated_at  integer not null,
    searched_by text    not null,
    primary key (firm_id, id),
    unique (firm_id, number),
    foreign key (firm_id, client_id) references clients (firm_id, id),
    foreign key (firm_id, case_id) references cases (firm_id, id)
) strict;

create index transactions_newest on transactions (firm_id, created_at, id) where deleted = 0;
create index transactions_client on transactions (firm_id, client_id, created_at, id)
    where client_id is not null;
create index transactions_case on transactions (firm_id, case_id, created_at, id)
    where case_id is not null;
create index transactions_day on transactions (firm_id, day, id, created_at) where deleted = 0;
create index transactions_sums
    on transactions (firm_id, status, category, kind, currency, day, amount)
    where deleted = 0;

create table time_entries (
    firm_id     blob    not null references firms (id),
    id          blob    not null check (length(id) = 12),
    created_by  blob    not null,
    created_at  integer not null,
    deleted     integer not null check (deleted in (0, 1)),
    client_id   blob,
    case_id     blob,
    day         integer not null,
    minutes     integer not null check (minutes >= 0),
    currency    text    not null,
    hourly_rate integer not null check (hourly_rate >= 0),
    amount      integer not null check (amount >= 0),
    billable    integer not null check (billable in (0, 1)),
    description text,
    review      text    not null,
    invoice_id  blob,
    started_at  integer,
    version     integer not null,
    updated_at  integer not null,
    primary key (firm_id, id),
    foreign key (firm_id, client_id) references clients (firm_id, id),
    foreign key (firm_id, case_id) references cases (firm_id, id),
    foreign key (firm_id, invoice_id) references invoices (firm_id, id)
) strict, without rowid;

create index time_entries_newest on time_entries (firm_id, created_at, id) where deleted = 0;
create index time_entries_client on time_entries (firm_id, client_id, created_at, id)
    where client_id is not null;
create index time_entries_case on time_entries (firm_id, case_id, created_at, id)
    where case_id is not null;
create index time_entries_day on time_entries (firm_id, day, id, created_at) where deleted = 0;
create index time_entries_sums on time_entries (firm_id, review, currency, amount) where deleted = 0;
-- A user has one timer running.
create unique index time_entries_timer on time_entries (firm_id, created_by)
    where started_at is not null and deleted = 0;

create table expenses (
    firm_id     blob    not null references firms (id),
    id          blob    not null check (length(id) = 12),
    created_by  blob    not null,
    created_at  integer not null,
    deleted     integer not null check (deleted in (0, 1)),
    client_id   blob,
    case_id     blob,
    day         integer not null,
    currency    text    not null,
    amount      integer not null check (amount > 0),
    category    text,
    billable    integer not null check (billable in (0, 1)),
    description text,
    review      text    not null,
    invoice_id  blob,
    version     integer not null,
    updated_at  integer not null,
    primary key (firm_id, id),
    foreign key (firm_id, client_id) references clients (firm_id, id),
    foreign key (firm_id, case_id) references cases (firm_id, id),
    foreign key (firm_id, invoice_id) references invoices (firm_id, id)
) strict, without rowid;

create index expenses_newest on expenses (firm_id, created_at, id) where deleted = 0;
create index expenses_client on expenses (firm_id, client_id, created_at, id)
    where client_id is not null;
create index expenses_case on expenses (firm_id, case_id, created_at, id) where case_id is not null;
create index expenses_day on expenses (firm_id, day, id, created_at) where deleted = 0;
create index expenses_sums on expenses (firm_id, review, currency, amount) where deleted = 0;

create table jobs (
    firm_id     blob    not null references firms (id),
    id          blob    not null check (length(id) = 12),
    created_by  blob    not null,
    created_at  integer not null,
    deleted     integer not null check (deleted in (0, 1)),
    owner_id    blob    not null,
    title       text    not null,
    description text,
    category    text,
    location    text,
    currency    text    not null,
    budget_min  integer check (budget_min >= 0),
    budget_max  integer check (budget_max >= 0),
    deadline    integer,
    status      text    not null,
    -- A proposal; it names this row in turn, and comes after it.
    accepted_id blob,
    proposals   integer not null check (proposals >= 0),
    version     integer not null,
    updated_at  integer not null,
    searched_by text    not null,
    primary key (firm_id, id),
    check (accepted_id is null or status <> 'open')
) strict;

create index jobs_newest on jobs (firm_id, created_at, id) where deleted = 0;
create index jobs_owner on jobs (firm_id, owner_id, created_at, id);
create index jobs_status on jobs (firm_id, status, created_at, id) where deleted = 0;
create index jobs_category on jobs (firm_id, category, created_at, id)
    where category is not null and deleted = 0;

create table proposals (
    firm_id       blob    not null,
    id            blob    not null check (length(id) = 12),
    job_id        blob    not null,
    created_by    blob    not null,
    created_at    integer not null,
    currency      text    not null,
    amount        integer not null check (amount > 0),
    letter        text,
    delivery_time text,
    status        text    not null,
    version       integer not null,
    updated_at    integer not null,
    primary key (firm_id, id),
    foreign key (firm_id, job_id) references jobs (firm_id, id)
) strict;

create index proposals_job on proposals (firm_id, job_id, created_at, id);
create index proposals_lawyer on proposals (firm_id, created_by, created_at, id);
-- A lawyer has one live proposal on a job, and a job one accepted proposal.
create unique index proposals_live on proposals (firm_id, job_id, created_by)
    where status in ('pending', 'accepted');
create unique index proposals_accepted on proposals (firm_id, job_id) where status = 'accepted';

create table statement_lines (
    firm_id     blob    not null,
    client_id   blob    not null,
    day         integer not null,
    seq         integer not null,
    line        integer not null,
    kind        text    not null,
    document_id blob    not null,
    number      text    not null,
    currency    text    not null,
    amount      integer not null,
    primary key (firm_id, client_id, day, seq, line)
) strict, without rowid;

create table client_days (
    firm_id   blob    not null,
    client_id blob    not null,
    currency  text    not null,
    day       integer not null,
    net       integer not null,
    primary key (firm_id, client_id, currency, day)
) strict, without rowid;
