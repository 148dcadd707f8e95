//! One row of each kind, every field filled.

use std::borrow::Cow;

use domain::{
    Currency, Day, Id, Money, Rate, Role, Timestamp,
    invariant::AccountKind,
    ledger::{self, Account, Posting},
    number::Series,
    rows::{
        AccountNet, Alert, AlertKind, Application, ApplicationKind, Arrival, AuditNode,
        AuditRecord, AutoReplenish, Case, CaseStatus, Check, CheckState, Claim, Client, ClientNet,
        ClientProfile, ClientType, CreditNote, Delivery, DeliveryStage, Discount, Entry, Expense,
        Found, Invoice, InvoiceStage, Issued, Job, JobStatus, Line, LineKind, Member, Movement,
        MovementKind, Outcome, Overpayment, Payment, PaymentMethod, PaymentStage, PaymentTerms,
        PaymentType, Proposal, ProposalStatus, Refund, Release, Retainer, RetainerTerms,
        RetainerType, Review, Said, Source, StatementKind, StatementLine, Target, TimeEntry, Told,
        Totals, Transaction, TransactionStatus, TransactionType, Webhook,
    },
};

pub(crate) fn id<T>(n: u8) -> Id<T> {
    Id::new([n; 12])
}

pub(crate) fn sar(minor: i64) -> Money {
    Money::from_minor(minor, Currency::SAR)
}

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + micros)
}

pub(crate) const DAY: Day = Day::from_days(20_000);

pub(crate) fn member() -> Member {
    Member {
        user: id(201),
        role: Role::Lawyer,
        active: true,
        version: 0,
        created_at: at(0),
        updated_at: at(1),
    }
}

pub(crate) fn client(n: u8) -> Client {
    Client {
        id: id(n),
        number: Series::Client.number(2026, u32::from(n)),
        kind: ClientType::Company,
        profile: ClientProfile {
            full_name: "شركة ABC".into(),
            first_name: Some("a".into()),
            last_name: Some("b".into()),
            company_name: Some("c".into()),
            email: Some("d@example.com".into()),
            phone: Some("+966".into()),
            national_id: Some("e".into()),
            registration_number: Some("f".into()),
            city: Some("الرياض".into()),
            address: Some("g".into()),
            notes: Some("50%_h\\".into()),
        },
        user: Some(id(200)),
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(crate) fn case(n: u8, client: &Client) -> Case {
    Case {
        id: id(n),
        number: Some(format!("45/{n}")),
        title: "قضيّة".into(),
        client: Some(client.id),
        status: CaseStatus::OnHold,
        outcome: Some("m".into()),
        description: Some("n".into()),
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(11),
        updated_at: at(12),
    }
}

pub(crate) fn retainer(n: u8, client: &Client) -> Retainer {
    Retainer {
        id: id(n),
        number: Series::Retainer.number(2026, u32::from(n)),
        client: client.id,
        terms: RetainerTerms {
            kind: RetainerType::Evergreen,
            minimum_balance: sar(5),
            start: DAY,
            end: Some(Day::from_days(21_000)),
            auto_replenish: Some(AutoReplenish { threshold: sar(6), amount: sar(7) }),
            case: None,
            agreement_url: Some("i".into()),
            agreement_signed: Some(DAY),
            notes: Some("j".into()),
        },
        initial_amount: sar(100),
        balance: sar(60),
        deposits: sar(100),
        consumptions: sar(30),
        refunds: sar(10),
        movements: 1,
        latest_day: DAY,
        low_balance_alerted: true,
        expiry_alerted: true,
        replenish_request: Some(id(203)),
        refunded: false,
        created_by: id(201),
        version: 0,
        created_at: at(3),
        updated_at: at(4),
    }
}

/// 2 × 500.005, less 10 %, and half a discount on the whole; 100 of 1035 paid.
pub(crate) fn invoice(n: u8, client: &Client) -> Invoice {
    let line = Line {
        kind: LineKind::Time,
        description: Some("استشارة \"أ\"".into()),
        quantity: "2".parse().unwrap(),
        unit_price: "5.005".parse().unwrap(),
        discount: Some(Discount::Percentage(Rate::from_basis_points(1_000).unwrap())),
        taxable: true,
        total: sar(901),
        time_entry: Some(id(205)),
        expense: Some(id(206)),
    };
    let bare = Line {
        kind: LineKind::Comment,
        description: None,
        quantity: line.quantity,
        unit_price: line.unit_price,
        discount: Some(Discount::Fixed(sar(0))),
        taxable: false,
        total: sar(0),
        time_entry: None,
        expense: None,
    };
    Invoice {
        id: id(n),
        number: Series::Invoice.number(202_601, u32::from(n)),
        client: client.id,
        case: None,
        lines: [line, bare].into(),
        vat_rate: Rate::from_basis_points(1_500).unwrap(),
        discount: Some(Discount::Fixed(sar(1))),
        totals: Totals {
            subtotal: sar(1_001),
            discount: sar(101),
            taxable: sar(900),
            vat: sar(135),
            total: sar(1_035),
        },
        stage: InvoiceStage::Issued,
        issue_day: DAY,
        due_day: DAY.plus_days(30),
        terms: PaymentTerms::Net30,
        paid: sar(60),
        retainer_applied: sar(30),
        credited: sar(10),
        vat_credited: sar(1),
        written_off: sar(0),
        applications: 2,
        issued: Some(Issued { seq: 1, at: at(13) }),
        viewed_at: Some(at(14)),
        paid_at: Some(at(15)),
        last_payment: Some((id(35), at(37))),
        reason: Some("o".into()),
        notes: Some("p".into()),
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(16),
        updated_at: at(17),
    }
}

pub(crate) fn payment(n: u8, client: &Client, retainer: &Retainer) -> Payment {
    Payment {
        id: id(n),
        number: Series::Payment.number(2026, u32::from(n)),
        client: Some(client.id),
        kind: PaymentType::Advance,
        method: PaymentMethod::Check,
        stage: PaymentStage::Completed,
        amount: sar(100),
        unapplied: sar(10),
        refunded: sar(20),
        claims: vec![
            Claim { target: Target::Invoice(id(204)), amount: sar(30) },
            Claim { target: Target::Retainer(retainer.id), amount: sar(40) },
        ],
        wanted: vec![(id(204), sar(50))],
        invoice: None,
        retainer: Some(retainer.id),
        fills_retainer: true,
        case: None,
        overpayment: Overpayment::Hold,
        gateway: Some("q".into()),
        reference: Some("k".into()),
        check: Some(Check {
            state: CheckState::Cleared,
            number: Some("r".into()),
            bank: Some("s".into()),
            day: Some(DAY),
        }),
        details: Some("{}".into()),
        notes: Some("l".into()),
        failure: Some("t".into()),
        day: DAY,
        arrived: Some(Arrival { seq: 1, at: at(18) }),
        reconciled_at: Some(at(19)),
        receipt_sent: true,
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(5),
        updated_at: at(6),
    }
}

pub(crate) fn refund(n: u8, payment: &Payment) -> Refund {
    Refund {
        id: id(n),
        number: Series::Payment.number(2026, u32::from(n)),
        payment: payment.id,
        client: payment.client.unwrap(),
        amount: sar(20),
        from_credit: sar(2),
        from_retainers: sar(3),
        from_invoices: sar(15),
        method: PaymentMethod::Cash,
        reason: Some("u".into()),
        day: DAY,
        created_by: id(201),
        version: 0,
        created_at: at(20),
        updated_at: at(21),
    }
}

pub(crate) fn credit_note(n: u8, invoice: &Invoice) -> CreditNote {
    CreditNote {
        id: id(n),
        number: Series::CreditNote.number(202_601, u32::from(n)),
        invoice: invoice.id,
        client: invoice.client,
        amount: sar(10),
        vat: sar(1),
        reason: Some("v".into()),
        day: DAY,
        created_by: id(201),
        version: 0,
        created_at: at(22),
        updated_at: at(23),
    }
}

pub(crate) fn transaction(n: u8, client: &Client) -> Transaction {
    Transaction {
        id: id(n),
        number: Series::Transaction.number(202_601, u32::from(n)),
        kind: TransactionType::Income,
        status: TransactionStatus::Completed,
        amount: sar(700),
        category: Some("rent".into()),
        description: Some("إيجار".into()),
        method: Some(PaymentMethod::Cash),
        reference: Some("w".into()),
        client: Some(client.id),
        case: None,
        day: DAY,
        reason: Some("x".into()),
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(24),
        updated_at: at(25),
    }
}

pub(crate) fn time_entry(n: u8, client: &Client) -> TimeEntry {
    TimeEntry {
        id: id(n),
        client: Some(client.id),
        case: None,
        day: DAY,
        minutes: 90,
        hourly_rate: sar(200),
        amount: sar(300),
        billable: true,
        description: Some("y".into()),
        review: Review::Approved,
        invoice: None,
        started_at: Some(at(26)),
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(27),
        updated_at: at(28),
    }
}

pub(crate) fn expense(n: u8, client: &Client) -> Expense {
    Expense {
        id: id(n),
        client: Some(client.id),
        case: None,
        day: DAY,
        amount: sar(400),
        category: Some("travel".into()),
        billable: true,
        description: Some("z".into()),
        review: Review::Rejected,
        invoice: None,
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(29),
        updated_at: at(30),
    }
}

pub(crate) fn job(n: u8) -> Job {
    Job {
        id: id(n),
        owner: id(210),
        title: "عقد إيجار".into(),
        description: Some("aa".into()),
        category: Some("contracts".into()),
        location: Some("جدة".into()),
        currency: Currency::SAR,
        budget_min: Some(sar(100)),
        budget_max: Some(sar(200)),
        deadline: Some(DAY),
        status: JobStatus::InProgress,
        accepted: Some(id(211)),
        proposals: 1,
        deleted: false,
        created_by: id(210),
        version: 0,
        created_at: at(31),
        updated_at: at(32),
    }
}

pub(crate) fn proposal(n: u8, job: &Job) -> Proposal {
    Proposal {
        id: id(n),
        job: job.id,
        amount: sar(150),
        letter: Some("bb".into()),
        delivery_time: Some("cc".into()),
        status: ProposalStatus::Accepted,
        created_by: id(212),
        version: 0,
        created_at: at(33),
        updated_at: at(34),
    }
}

pub(crate) fn alert(n: u8) -> Alert {
    Alert {
        id: id(n),
        kind: AlertKind::LowBalance,
        about: [20; 12],
        seq: 1,
        found: n.is_multiple_of(2).then(|| Found {
            kind: AccountKind::Retainer,
            rule: "I1".into(),
            signs: "I1:100 I6:-3".into(),
            text: "the row says 600, its movements 500".into(),
        }),
        released: n.is_multiple_of(4).then(|| Release {
            by: id(201),
            at: at(37),
            reason: "put right by hand".into(),
        }),
        acknowledged: Some((id(201), at(35))),
        created_by: id(201),
        version: 0,
        created_at: at(8),
        updated_at: at(36),
    }
}

pub(crate) fn webhook(n: u8) -> Webhook {
    Webhook {
        id: id(n),
        url: "https://example.com".into(),
        kinds: vec![AlertKind::LowBalance, AlertKind::Discrepancy],
        secret: "whsec_YQ==".into(),
        previous: Some(("whsec_Yg==".into(), at(40))),
        active: true,
        deleted: false,
        created_by: id(201),
        version: 0,
        created_at: at(38),
        updated_at: at(39),
    }
}

pub(crate) fn delivery(n: u8, webhook: &Webhook, alert: &Alert) -> Delivery {
    Delivery {
        id: id(n),
        webhook: webhook.id,
        alert: Some(alert.id),
        seq: 1,
        stage: DeliveryStage::Pending,
        attempts: 2,
        next_at: at(41),
        status: Some(503),
        error: Some("q".into()),
        created_by: id(201),
        version: 0,
        created_at: at(42),
        updated_at: at(43),
    }
}

pub(crate) fn movement(retainer: &Retainer, n: i64) -> Movement {
    Movement {
        id: id(40),
        retainer: retainer.id,
        n,
        seq: n,
        kind: MovementKind::Consumption,
        amount: sar(30),
        balance_after: retainer.balance,
        day: DAY,
        at: at(7),
        description: Some("استشارة".into()),
        invoice: Some(id(204)),
        payment: Some(id(205)),
        by: id(201),
    }
}

pub(crate) fn application(invoice: &Invoice, n: i64, source: Source) -> Application {
    Application {
        invoice: invoice.id,
        n,
        seq: n,
        source,
        kind: ApplicationKind::Applied,
        amount: sar(30),
        day: DAY,
        at: at(37),
        by: id(201),
    }
}

pub(crate) fn entries(retainer: &Retainer, seq: i64) -> Vec<Entry> {
    let entry = |(posting, line): (Posting, i64)| {
        let reverses = (line == 1).then_some(seq - 1);
        Entry { seq, line, posting, day: DAY, reverses }
    };
    ledger::earn(retainer.id, sar(30)).into_iter().zip(1..).map(entry).collect()
}

pub(crate) fn account_net(account: Account, debit: i64, credit: i64) -> AccountNet {
    let (currency, day) = (Currency::SAR, DAY);
    AccountNet { account, currency, day, debit_minor: debit, credit_minor: credit }
}

pub(crate) fn statement_line(client: &Client, seq: i64, minor: i64) -> StatementLine {
    StatementLine {
        client: client.id,
        day: DAY,
        seq,
        line: 1,
        kind: StatementKind::Invoice,
        document: [30; 12],
        number: "INV-202601-0001".into(),
        amount: sar(minor),
    }
}

pub(crate) fn client_net(client: &Client, minor: i64) -> ClientNet {
    ClientNet { client: client.id, currency: Currency::SAR, day: DAY, net_minor: minor }
}

pub(crate) fn audit(n: i64) -> AuditRecord {
    AuditRecord {
        n,
        seq: (n == 1).then_some(1),
        at: at(9),
        user: id(201),
        role: Role::Lawyer,
        command: Cow::Borrowed("consume"),
        outcome: Cow::Borrowed("accepted"),
        object: Some([20; 12]),
        told: Told::Said(said([5; 32])),
        leaf: [6; 32],
    }
}

pub(crate) fn said(fingerprint: [u8; 32]) -> Said {
    Said {
        salt: [8; 16],
        origin: "127.0.0.1".into(),
        request_id: "r".into(),
        fingerprint,
        kept: Some([7; 32]),
    }
}

pub(crate) const fn audit_node(level: i64) -> AuditNode {
    AuditNode { level, at: 0, hash: [9; 32] }
}

pub(crate) fn outcome(n: i64) -> Outcome {
    Outcome {
        user: id(201),
        key: format!("key-{n}").into(),
        fingerprint: [5; 32],
        audit_n: n,
        at: at(9),
        answer: b"{}".as_slice().into(),
    }
}
