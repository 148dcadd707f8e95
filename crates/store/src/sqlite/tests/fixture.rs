//! A database in a fresh folder, and a firm with one row of each kind, every field filled.

use std::{borrow::Cow, path::Path, sync::Arc};

use domain::{
    Currency, Day, Id, Money, Role, Timestamp,
    change::{Batch, CounterWrite, FirmBatch, Write},
    ledger,
    number::Series,
    rows::{
        Alert, AlertKind, AuditRecord, AutoReplenish, BatchId, Client, ClientProfile, ClientType,
        Counter, DayNet, Entry, Firm, Member, Movement, MovementKind, Outcome, Payment,
        PaymentMethod, PaymentStatus, PaymentType, Retainer, RetainerTerms, RetainerType, Stored,
    },
};
use engine::{Store, StoreError};

use crate::{Reader, SqliteStore};

pub(super) const FIRM: Id<Firm> = Id::new([1; 12]);

pub(super) struct Fixture {
    // Dropped before the folder.
    pub(super) store: SqliteStore,
    reader: Reader,
    folder: tempfile::TempDir,
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn open(folder: tempfile::TempDir) -> Self {
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let mut database = crate::open(&url).unwrap();
        Self { store: database.stores.pop().unwrap(), reader: database.reader, folder }
    }

    pub(super) fn reopened(self) -> Self {
        let Self { store, reader, folder } = self;
        drop((store, reader));
        Self::open(folder)
    }

    pub(super) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn file(&self) -> std::path::PathBuf {
        self.folder().join("a.db")
    }

    pub(super) fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    pub(super) async fn commit(&mut self, batch: FirmBatch) -> Result<(), StoreError> {
        self.store.begin(&[batch.firm.id]).await?;
        self.store.commit(&Batch { firms: vec![batch] }).await
    }

    pub(super) fn stored(&self) -> Vec<Stored> {
        stored(&self.reader)
    }
}

pub(super) fn stored(reader: &Reader) -> Vec<Stored> {
    let mut rows = Vec::new();
    reader.rows(FIRM, &mut |row| rows.push(row)).unwrap();
    rows
}

pub(super) fn id<T>(n: u8) -> Id<T> {
    Id::new([n; 12])
}

pub(super) fn sar(minor: i64) -> Money {
    Money::from_minor(minor, Currency::SAR)
}

pub(super) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + micros)
}

const DAY: Day = Day::from_days(20_000);

pub(super) fn client(n: u8) -> Client {
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
        created_by: id(201),
        version: 0,
        created_at: at(1),
        updated_at: at(2),
    }
}

pub(super) fn retainer(n: u8, client: &Client) -> Retainer {
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
            case: Some(id(202)),
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
        replenish_request: Some(id(203)),
        refunded: false,
        created_by: id(201),
        version: 0,
        created_at: at(3),
        updated_at: at(4),
    }
}

pub(super) fn payment(n: u8, client: &Client, retainer: &Retainer) -> Payment {
    Payment {
        id: id(n),
        number: Series::Payment.number(2026, u32::from(n)),
        client: client.id,
        kind: PaymentType::Advance,
        method: PaymentMethod::BankTransfer,
        status: PaymentStatus::Completed,
        amount: sar(100),
        unapplied: sar(40),
        deposited: sar(60),
        retainer: Some(retainer.id),
        reference: Some("k".into()),
        notes: Some("l".into()),
        day: DAY,
        created_by: id(201),
        version: 0,
        created_at: at(5),
        updated_at: at(6),
    }
}

/// A batch that founds a firm with no rows yet.
pub(super) fn empty_batch() -> FirmBatch {
    let mut firm = Firm::new(FIRM);
    firm.last_batch = BatchId([2; 12]);
    FirmBatch {
        firm,
        base: None,
        members: vec![],
        clients: vec![],
        retainers: vec![],
        payments: vec![],
        counters: vec![],
        movements: vec![],
        day_nets: vec![],
        entries: vec![],
        alerts: vec![],
        audit: vec![],
        outcomes: vec![],
    }
}

pub(super) fn new<R>(row: R) -> Write<R> {
    Write { row: Arc::new(row), base: None }
}

/// One row of each kind, and what is then stored, in order.
pub(super) fn full_batch() -> (FirmBatch, Vec<Stored>) {
    let (client, member) = (client(10), member());
    let retainer = retainer(20, &client);
    let payment = payment(30, &client, &retainer);
    let counter = Counter { series: Series::Retainer, period: 2026, taken: 1 };
    let movement = movement(&retainer, 1);
    let day_net = DayNet { retainer: retainer.id, day: DAY, net_minor: -30 };
    let entries = ledger::earn(retainer.id, sar(30))
        .into_iter()
        .zip(1..)
        .map(|(posting, line)| Entry { seq: 1, line, posting, day: DAY })
        .collect::<Vec<_>>();
    let alert =
        Alert { id: id(50), kind: AlertKind::LowBalance, retainer: retainer.id, seq: 1, at: at(8) };
    let (audit, outcome) = (audit(1), outcome(1));

    let mut batch = empty_batch();
    batch.firm.name = "مكتب".into();
    batch.firm.currency = Currency::KWD;
    batch.firm.seq = 1;
    batch.firm.audit_count = 1;
    batch.firm.audit_head = [3; 32];
    batch.firm.last_at = at(9);
    batch.members.push(new(member.clone()));
    batch.clients.push(new(client.clone()));
    batch.retainers.push(new(retainer.clone()));
    batch.payments.push(new(payment.clone()));
    batch.counters.push(CounterWrite { counter, base: 0 });
    batch.movements.push(Arc::new(movement.clone()));
    batch.day_nets.push(day_net);
    batch.entries.clone_from(&entries);
    batch.alerts.push(alert.clone());
    batch.audit.push(audit.clone());
    batch.outcomes.push(Arc::new(outcome.clone()));

    let mut stored = vec![
        Stored::Firm(batch.firm.clone()),
        Stored::Member(member),
        Stored::Client(client),
        Stored::Retainer(retainer),
        Stored::Movement(movement),
        Stored::DayNet(day_net),
    ];
    stored.extend(entries.into_iter().map(Stored::Entry));
    stored.extend([
        Stored::Payment(payment),
        Stored::Counter(counter),
        Stored::Alert(alert),
        Stored::Audit(audit),
        Stored::Outcome(outcome),
    ]);
    (batch, stored)
}

/// Changes every row that may change, after [`full_batch`].
pub(super) fn next_batch(before: &FirmBatch) -> FirmBatch {
    let mut batch = empty_batch();
    batch.firm = before.firm.clone();
    batch.base = Some(before.firm.last_batch);
    batch.firm.last_batch = BatchId([4; 12]);
    batch.firm.seq = 2;
    batch.firm.audit_count = 2;
    batch.members.push(changed(&before.members[0], |member| {
        (member.role, member.version) = (Role::Partner, 1);
    }));
    batch.clients.push(changed(&before.clients[0], |client| {
        (client.profile.city, client.version) = (None, 1);
    }));
    batch.retainers.push(changed(&before.retainers[0], |retainer| {
        (retainer.balance, retainer.consumptions) = (sar(30), sar(60));
        (retainer.movements, retainer.version, retainer.updated_at) = (2, 1, at(20));
        retainer.terms.auto_replenish = None;
    }));
    batch.payments.push(changed(&before.payments[0], |payment| {
        (payment.unapplied, payment.deposited, payment.version) = (sar(0), sar(100), 1);
    }));
    let counter = Counter { taken: 2, ..before.counters[0].counter };
    batch.counters.push(CounterWrite { counter, base: 1 });
    batch.movements.push(Arc::new(movement(&batch.retainers[0].row, 2)));
    batch.day_nets.clone_from(&before.day_nets);
    batch.audit.push(audit(2));
    batch.outcomes.push(Arc::new(outcome(2)));
    batch
}

pub(super) fn changed<R: Clone>(write: &Write<R>, change: impl FnOnce(&mut R)) -> Write<R> {
    let mut row = (*write.row).clone();
    change(&mut row);
    Write { row: Arc::new(row), base: Some(0) }
}

fn member() -> Member {
    Member {
        user: id(201),
        role: Role::Lawyer,
        active: true,
        version: 0,
        created_at: at(0),
        updated_at: at(1),
    }
}

pub(super) fn movement(retainer: &Retainer, n: i64) -> Movement {
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

fn audit(n: i64) -> AuditRecord {
    AuditRecord {
        n,
        seq: (n == 1).then_some(1),
        at: at(9),
        user: id(201),
        role: Role::Lawyer,
        command: Cow::Borrowed("consume"),
        outcome: Cow::Borrowed("accepted"),
        object: Some([20; 12]),
        origin: "127.0.0.1".into(),
        request_id: "r".into(),
        fingerprint: [5; 32],
        kept: Some([7; 32]),
        hash: [6; 32],
    }
}

fn outcome(n: i64) -> Outcome {
    Outcome {
        user: id(201),
        key: format!("key-{n}").into(),
        fingerprint: [5; 32],
        audit_n: n,
        at: at(9),
        answer: b"{}".as_slice().into(),
    }
}
