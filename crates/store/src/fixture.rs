//! A database in a fresh folder, and a firm with one row of each kind.

use std::{path::Path, sync::Arc};

use domain::{
    Currency, Id, Role,
    change::{Batch, CounterWrite, FirmBatch, Write},
    entities,
    ledger::Account,
    number::Series,
    rows::{
        AuditRecord, BatchId, Counter, DayNet, DeliveryStage, Firm, JobStatus, ProposalStatus,
        Source, Stored, Told,
    },
};
use engine::{Store, StoreError};

use crate::samples::{
    DAY, account_net, alert, application, at, audit, audit_node, case, client, client_net,
    credit_note, delivery, entries, expense, invoice, job, member, movement, outcome, payment,
    proposal, refund, retainer, sar, statement_line, time_entry, transaction, webhook,
};
use crate::{Opening, Reader, SqliteStore, sqlite};

pub(crate) const FIRM: Id<Firm> = Id::new([1; 12]);

pub(crate) struct Fixture {
    // Dropped before the folder.
    pub(crate) store: SqliteStore,
    reader: Reader,
    folder: tempfile::TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn open(folder: tempfile::TempDir) -> Self {
        let (store, reader) =
            sqlite::open(&folder.path().join("a.db"), Opening::default()).unwrap();
        Self { store, reader, folder }
    }

    /// A database that holds what `batch` writes.
    pub(crate) async fn with(batch: FirmBatch) -> Self {
        let mut fixture = Self::new();
        fixture.commit(batch).await.unwrap();
        fixture
    }

    pub(crate) fn reopened(self) -> Self {
        let Self { store, reader, folder } = self;
        drop((store, reader));
        Self::open(folder)
    }

    pub(crate) fn into_parts(self) -> (SqliteStore, Reader, tempfile::TempDir) {
        (self.store, self.reader, self.folder)
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.folder().join("a.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    pub(crate) async fn commit(&mut self, batch: FirmBatch) -> Result<(), StoreError> {
        self.store.begin(&[batch.firm.id]).await?;
        self.store.commit(&Batch { firms: vec![batch] }).await
    }

    pub(crate) fn stored(&self) -> Vec<Stored> {
        stored(&self.reader)
    }
}

/// A copy of a PostgreSQL database that was migrated once.
pub(crate) fn fresh_postgres() -> throwaway::Database {
    static MIGRATED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let cluster = throwaway::Cluster::shared();
    let template = MIGRATED.get_or_init(|| {
        let database = cluster.fresh_database();
        crate::migrate(&database.url).unwrap();
        database.name
    });
    cluster.fresh_from(template)
}

pub(crate) fn stored(reader: &Reader) -> Vec<Stored> {
    let mut rows = Vec::new();
    reader.rows(FIRM, &mut |row| rows.push(row)).unwrap();
    rows
}

/// What is stored after a first batch whose rows come in primary key order.
pub(crate) fn stored_by(batch: &FirmBatch) -> Vec<Stored> {
    let mut all = vec![Stored::Firm(batch.firm.clone())];
    all.extend(batch.members.iter().map(|write| Stored::Member((*write.row).clone())));
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            all.extend(batch.$table.iter().map(|write| Stored::$row((*write.row).clone())));
        )+};
    }
    entities!(each_entity);
    all.extend(batch.movements.iter().map(|row| Stored::Movement((**row).clone())));
    all.extend(batch.day_nets.iter().copied().map(Stored::DayNet));
    all.extend(batch.applications.iter().cloned().map(Stored::Application));
    all.extend(batch.entries.iter().cloned().map(Stored::Entry));
    all.extend(batch.account_nets.iter().copied().map(Stored::AccountNet));
    all.extend(batch.statement_lines.iter().cloned().map(Stored::StatementLine));
    all.extend(batch.client_nets.iter().copied().map(Stored::ClientNet));
    all.extend(batch.counters.iter().map(|write| Stored::Counter(write.counter)));
    all.extend(batch.audit.iter().cloned().map(Stored::Audit));
    all.extend(batch.audit_nodes.iter().copied().map(Stored::AuditNode));
    all.extend(batch.outcomes.iter().map(|row| Stored::Outcome((**row).clone())));
    all
}

/// A batch that founds a firm with no rows yet.
pub(crate) fn empty_batch() -> FirmBatch {
    macro_rules! empty {
        ($($row:ident, $table:ident, $absent:ident;)+) => {{
            let mut firm = Firm::new(FIRM);
            firm.last_batch = BatchId([2; 12]);
            firm.parked = vec![[20; 12], [21; 12]];
            FirmBatch {
                firm,
                base: None,
                members: vec![],
                $($table: vec![],)+
                counters: vec![],
                movements: vec![],
                day_nets: vec![],
                applications: vec![],
                entries: vec![],
                account_nets: vec![],
                statement_lines: vec![],
                client_nets: vec![],
                audit: vec![],
                audit_nodes: vec![],
                outcomes: vec![],
                erasures: vec![],
            }
        }};
    }
    entities!(empty)
}

/// What comes after `before`, with no rows yet.
pub(crate) fn batch_after(before: &FirmBatch) -> FirmBatch {
    let mut batch = empty_batch();
    batch.firm = before.firm.clone();
    batch.base = Some(before.firm.last_batch);
    batch.firm.last_batch = BatchId(before.firm.last_batch.0.map(|byte| byte + 1));
    batch
}

pub(crate) fn new<R>(row: R) -> Write<R> {
    Write { row: Arc::new(row), base: None }
}

pub(crate) fn changed<R: Clone>(write: &Write<R>, change: impl FnOnce(&mut R)) -> Write<R> {
    let mut row = (*write.row).clone();
    change(&mut row);
    Write { row: Arc::new(row), base: Some(0) }
}

/// One row of each kind.
pub(crate) fn full_batch() -> FirmBatch {
    let client = client(10);
    let case = case(12, &client);
    let mut retainer = retainer(20, &client);
    retainer.terms.case = Some(case.id);
    let mut invoice = invoice(30, &client);
    invoice.case = Some(case.id);
    let mut payment = payment(35, &client, &retainer);
    (payment.case, payment.invoice) = (Some(case.id), Some(invoice.id));
    let mut transaction = transaction(42, &client);
    transaction.case = Some(case.id);
    let mut entry = time_entry(44, &client);
    (entry.case, entry.invoice) = (Some(case.id), Some(invoice.id));
    let mut expense = expense(46, &client);
    (expense.case, expense.invoice) = (Some(case.id), Some(invoice.id));
    let job = job(50);

    let mut batch = empty_batch();
    batch.firm.name = "مكتب".into();
    batch.firm.currency = Currency::KWD;
    batch.firm.seq = 1;
    batch.firm.audit.append([3; 32]);
    batch.firm.last_at = at(9);
    batch.members.push(new(member()));
    batch.refunds.push(new(refund(38, &payment)));
    batch.credit_notes.push(new(credit_note(40, &invoice)));
    batch.transactions.push(new(transaction));
    batch.time_entries.push(new(entry));
    batch.expenses.push(new(expense));
    batch.proposals.push(new(proposal(52, &job)));
    batch.jobs.push(new(job));
    let (alert, webhook) = (alert(54), webhook(56));
    batch.deliveries.push(new(delivery(58, &webhook, &alert)));
    batch.alerts.push(new(alert));
    batch.webhooks.push(new(webhook));
    let counter = Counter { series: Series::Retainer, period: 2026, taken: 1 };
    batch.counters.push(CounterWrite { counter, base: 0 });
    batch.movements.push(Arc::new(movement(&retainer, 1)));
    batch.day_nets.push(DayNet { retainer: retainer.id, day: DAY, net_minor: -30 });
    batch.applications.push(application(&invoice, 1, Source::Payment(payment.id)));
    batch.applications.push(application(&invoice, 2, Source::Retainer(retainer.id)));
    batch.entries = entries(&retainer, 1);
    batch.account_nets.push(account_net(Account::OperatingBank, 30, 0));
    batch.account_nets.push(account_net(Account::TrustBank, 0, 30));
    batch.statement_lines.push(statement_line(&client, 1, 1_035));
    batch.client_nets.push(client_net(&client, 1_035));
    batch.audit.push(audit(1));
    batch.audit_nodes.push(audit_node(8));
    batch.outcomes.push(Arc::new(outcome(1)));
    batch.clients.push(new(client));
    batch.cases.push(new(case));
    batch.retainers.push(new(retainer));
    batch.invoices.push(new(invoice));
    batch.payments.push(new(payment));
    batch
}

/// Changes every row that may change, after [`full_batch`].
pub(crate) fn next_batch(before: &FirmBatch) -> FirmBatch {
    let mut batch = batch_after(before);
    batch.firm.seq = 2;
    batch.firm.audit.append([4; 32]);
    batch.members.push(changed(&before.members[0], |member| {
        (member.role, member.version) = (Role::Partner, 1);
    }));
    batch.clients.push(changed(&before.clients[0], |client| {
        (client.profile.city, client.version) = (None, 1);
    }));
    batch.cases.push(changed(&before.cases[0], |case| {
        (case.number, case.client, case.version) = (Some("46/1".into()), None, 1);
    }));
    batch.retainers.push(changed(&before.retainers[0], |retainer| {
        (retainer.balance, retainer.consumptions) = (sar(30), sar(60));
        (retainer.movements, retainer.version, retainer.updated_at) = (2, 1, at(20));
        retainer.terms.auto_replenish = None;
    }));
    batch.invoices.push(changed(&before.invoices[0], |invoice| {
        (invoice.paid, invoice.version) = (sar(995), 1);
        invoice.discount = None;
    }));
    batch.payments.push(changed(&before.payments[0], |payment| {
        payment.unapplied = sar(40);
        payment.claims.remove(0);
        payment.check = None;
        payment.version = 1;
    }));
    batch.refunds.push(changed(&before.refunds[0], |refund| refund.version = 1));
    batch.credit_notes.push(changed(&before.credit_notes[0], |note| note.version = 1));
    batch.transactions.push(changed(&before.transactions[0], |transaction| {
        (transaction.deleted, transaction.version) = (true, 1);
    }));
    batch.time_entries.push(changed(&before.time_entries[0], |entry| {
        (entry.started_at, entry.minutes, entry.version) = (None, 60, 1);
    }));
    batch.expenses.push(changed(&before.expenses[0], |expense| {
        (expense.deleted, expense.invoice, expense.version) = (true, None, 1);
    }));
    batch.jobs.push(changed(&before.jobs[0], |job| {
        (job.status, job.version) = (JobStatus::Completed, 1);
    }));
    batch.proposals.push(changed(&before.proposals[0], |proposal| {
        (proposal.status, proposal.version) = (ProposalStatus::Withdrawn, 1);
    }));
    batch.alerts.push(changed(&before.alerts[0], |alert| {
        (alert.acknowledged, alert.version) = (None, 1);
    }));
    batch.webhooks.push(changed(&before.webhooks[0], |webhook| {
        (webhook.deleted, webhook.version) = (true, 1);
        (webhook.previous, webhook.kinds) = (None, Vec::new());
    }));
    batch.deliveries.push(changed(&before.deliveries[0], |delivery| {
        (delivery.stage, delivery.version) = (DeliveryStage::Delivered, 1);
        (delivery.status, delivery.error) = (Some(204), None);
    }));
    let counter = Counter { taken: 2, ..before.counters[0].counter };
    batch.counters.push(CounterWrite { counter, base: 1 });
    batch.movements.push(Arc::new(movement(&batch.retainers[0].row, 2)));
    batch.day_nets.clone_from(&before.day_nets);
    batch.account_nets.clone_from(&before.account_nets);
    batch.client_nets.clone_from(&before.client_nets);
    batch.audit.push(AuditRecord { told: Told::Erased([4; 32]), ..audit(2) });
    batch.audit_nodes.push(audit_node(16));
    batch.outcomes.push(Arc::new(outcome(2)));
    batch
}
