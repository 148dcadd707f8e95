//! The same rows in both databases, and one who asks both and hears one answer.

use std::{fmt::Debug, mem::discriminant};

use domain::{
    Day, Id, Ref, Timestamp,
    change::{Batch, FirmBatch},
    id::User,
    rows::*,
};
use engine::{Store as _, StoreError};
use throwaway::Database;

use crate::{fixture, *};

/// A fresh database of either kind.
pub(super) struct Both {
    pub(super) sqlite: fixture::Fixture,
    pub(super) postgres: Database,
    writer: Writer,
    reader: Twin,
}

impl Both {
    pub(super) fn new() -> Self {
        let sqlite = fixture::Fixture::new();
        let postgres = fixture::fresh_postgres();
        let crate::Database { mut stores, reader } =
            open(&postgres.url, Opening::default()).unwrap();
        let reader = Twin { sqlite: sqlite.reader().clone(), postgres: reader };
        Self { sqlite, postgres, writer: stores.pop().unwrap(), reader }
    }

    /// Databases that hold what `batch` writes.
    pub(super) async fn with(batch: FirmBatch) -> Self {
        let mut both = Self::new();
        both.commit(batch).await.unwrap();
        both
    }

    pub(super) async fn commit(&mut self, batch: FirmBatch) -> Result<(), StoreError> {
        self.writer.begin(&[batch.firm.id]).await?;
        self.writer.commit(&Batch { firms: vec![batch.clone()] }).await?;
        self.sqlite.commit(batch).await
    }

    pub(super) fn reader(&self) -> &Twin {
        &self.reader
    }
}

/// Two readers that know the same.
pub(super) struct Twin {
    pub(super) sqlite: Reader,
    pub(super) postgres: Reader,
}

macro_rules! twin {
    ($(fn $question:ident($($name:ident: $of:ty),*) -> $answer:ty;)+) => {
        impl Twin {$(
            pub(super) async fn $question(&self, $($name: $of),*) -> Result<$answer, ReadError> {
                let sqlite = self.sqlite.$question($(Clone::clone(&$name)),*).await;
                same(stringify!($question), sqlite, self.postgres.$question($($name),*).await)
            }
        )+}
    };
}

twin! {
    fn lacking() -> Vec<String>;
    fn firm(firm: Id<Firm>) -> Option<Firm>;
    fn firms() -> Vec<Id<Firm>>;
    fn member(firm: Id<Firm>, user: Id<User>) -> Option<Member>;
    fn members(firm: Id<Firm>) -> Vec<Member>;
    fn outcome(firm: Id<Firm>, user: Id<User>, key: &str) -> Option<Outcome>;
    fn client(firm: Id<Firm>, by: &Ref<Client>) -> Option<Client>;
    fn person(firm: Id<Firm>, by: &Ref<Client>) -> Option<Person>;
    fn client_account(firm: Id<Firm>, by: &Ref<Client>) -> Option<ClientAccount>;
    fn clients(firm: Id<Firm>, filter: ClientFilter, part: Page) -> Listed<Client>;
    fn client_accounts(firm: Id<Firm>, filter: ClientFilter, part: Page) -> Listed<ClientAccount>;
    fn client_stats(firm: Id<Firm>, since: Timestamp) -> ClientStats;
    fn top_clients(firm: Id<Firm>, limit: u32) -> Vec<ClientRevenue>;
    fn case(firm: Id<Firm>, by: &Ref<Case>) -> Option<CaseView>;
    fn cases(firm: Id<Firm>, filter: CaseFilter, part: Page) -> Listed<CaseView>;
    fn invoice(firm: Id<Firm>, by: &Ref<Invoice>) -> Option<InvoiceView>;
    fn invoices(firm: Id<Firm>, filter: InvoiceFilter, part: Page) -> Listed<InvoiceView>;
    fn invoice_sums(firm: Id<Firm>, filter: InvoiceFilter) -> Vec<InvoiceSum>;
    fn invoice_stats(firm: Id<Firm>, today: Day) -> InvoiceStats;
    fn applications(firm: Id<Firm>, by: &Ref<Invoice>, part: Page) -> Option<Applications>;
    fn credit_note(firm: Id<Firm>, by: &Ref<CreditNote>) -> Option<CreditNoteView>;
    fn credit_notes(firm: Id<Firm>, filter: CreditNoteFilter, part: Page) -> Listed<CreditNoteView>;
    fn payment(firm: Id<Firm>, by: &Ref<Payment>) -> Option<PaymentView>;
    fn payments(firm: Id<Firm>, filter: PaymentFilter, part: Page) -> Listed<PaymentView>;
    fn payment_sums(firm: Id<Firm>, filter: PaymentFilter) -> Vec<PaymentSum>;
    fn payment_stats(firm: Id<Firm>, recent: Days) -> Vec<PaymentStats>;
    fn refund(firm: Id<Firm>, by: &Ref<Refund>) -> Option<RefundView>;
    fn refunds_of(firm: Id<Firm>, payment: Id<Payment>) -> Vec<Refund>;
    fn retainer(firm: Id<Firm>, by: &Ref<Retainer>) -> Option<RetainerView>;
    fn retainers(firm: Id<Firm>, filter: RetainerFilter, part: Page) -> Listed<RetainerView>;
    fn retainer_sums(firm: Id<Firm>, filter: RetainerFilter) -> Vec<RetainerSum>;
    fn history(firm: Id<Firm>, by: &Ref<Retainer>, part: Page) -> Option<History>;
    fn transaction(firm: Id<Firm>, by: &Ref<Transaction>) -> Option<TransactionView>;
    fn transactions(firm: Id<Firm>, filter: TransactionFilter, part: Page) -> Listed<TransactionView>;
    fn transaction_sums(firm: Id<Firm>, filter: TransactionFilter) -> Vec<StatusSum<TransactionStatus>>;
    fn balance(firm: Id<Firm>, days: Days) -> Vec<Balance>;
    fn monthly(firm: Id<Firm>, days: Days) -> Vec<MonthSum>;
    fn by_category(firm: Id<Firm>, days: Days) -> Vec<CategorySum>;
    fn time_entry(firm: Id<Firm>, by: &Ref<TimeEntry>) -> Option<TimeEntryView>;
    fn time_entries(firm: Id<Firm>, filter: TimeEntryFilter, part: Page) -> Listed<TimeEntryView>;
    fn time_entry_sums(firm: Id<Firm>, filter: TimeEntryFilter) -> Vec<StatusSum<Review>>;
    fn expense(firm: Id<Firm>, by: &Ref<Expense>) -> Option<ExpenseView>;
    fn expenses(firm: Id<Firm>, filter: ExpenseFilter, part: Page) -> Listed<ExpenseView>;
    fn expense_sums(firm: Id<Firm>, filter: ExpenseFilter) -> Vec<StatusSum<Review>>;
    fn job(by: &Ref<Job>) -> Option<Job>;
    fn jobs(filter: JobFilter, part: Page) -> Listed<Job>;
    fn proposal(by: &Ref<Proposal>) -> Option<ProposalView>;
    fn proposals(filter: ProposalFilter, part: Page) -> Listed<ProposalView>;
    fn alert(firm: Id<Firm>, by: &Ref<Alert>) -> Option<Alert>;
    fn alerts(firm: Id<Firm>, filter: AlertFilter, part: Page) -> Listed<Alert>;
    fn webhook(firm: Id<Firm>, by: &Ref<Webhook>) -> Option<Webhook>;
    fn webhooks(firm: Id<Firm>, part: Page) -> Listed<Webhook>;
    fn deliveries(firm: Id<Firm>, filter: DeliveryFilter, part: Page) -> Listed<Delivery>;
    fn outbox_count() -> OutboxCount;
    fn due_deliveries(now: Timestamp) -> Vec<DueDelivery>;
    fn ending_retainers(today: Day) -> Vec<EndingRetainer>;
    fn events(firm: Id<Firm>, after: Option<i64>) -> Events;
    fn audit(firm: Id<Firm>, part: Page) -> Listed<AuditRecord>;
    fn audit_after(firm: Id<Firm>, n: i64, last: i64, limit: u32) -> Vec<AuditRecord>;
    fn audit_tree(firm: Id<Firm>, size: Option<u64>) -> Option<AuditTree>;
    fn audit_inclusion(firm: Id<Firm>, n: i64, size: Option<u64>) -> Option<AuditInclusion>;
    fn audit_consistency(firm: Id<Firm>, from: u64, to: Option<u64>) -> Option<AuditConsistency>;
    fn entries(firm: Id<Firm>, part: Page) -> Listed<Entry>;
    fn statement(firm: Id<Firm>, by: &Ref<Client>, days: Days, part: Page) -> Option<Statement>;
    fn trial_balance(firm: Id<Firm>, day: Day) -> Vec<AccountBalance>;
    fn trust_ledger(firm: Id<Firm>, filter: TrustFilter, part: Page) -> TrustLedger;
    fn ageing(firm: Id<Firm>, today: Day) -> Ageing;
    fn reconciliation(firm: Id<Firm>, day: Day) -> Vec<Reconciliation>;
}

/// What both say.
#[track_caller]
fn same<T: Debug + PartialEq>(
    question: &str,
    sqlite: Result<T, ReadError>,
    postgres: Result<T, ReadError>,
) -> Result<T, ReadError> {
    match (sqlite, postgres) {
        (Ok(sqlite), Ok(postgres)) => {
            assert_eq!(postgres, sqlite, "{question}: PostgreSQL's answer and SQLite's");
            Ok(sqlite)
        }
        (Err(sqlite), Err(postgres)) if discriminant(&sqlite) == discriminant(&postgres) => {
            Err(sqlite)
        }
        (sqlite, postgres) => panic!("{question}: SQLite {sqlite:?}, PostgreSQL {postgres:?}"),
    }
}
