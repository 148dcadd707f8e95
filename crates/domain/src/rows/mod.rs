//! The rows: what is stored of each thing, as plain data. A row's firm is its book's, so it is not
//! repeated. Rows that change carry a `version`, counted from 0; journal rows never change.

mod books;
mod case;
mod client;
mod firm;
mod invoice;
mod journal;
mod market;
mod payment;
mod retainer;
mod webhook;
mod work;

pub use books::{Transaction, TransactionStatus, TransactionType};
pub use case::{Case, CaseStatus};
pub use client::{Client, ClientProfile, ClientType};
pub use firm::{BatchId, Firm, Member, ZONE_DEFAULT};
pub use invoice::{
    Application, ApplicationKind, CreditNote, Discount, Invoice, InvoiceStage, InvoiceStatus,
    Issued, Line, LineKind, PaymentTerms, Source, Totals,
};
pub use journal::{
    AccountNet, Alert, AlertKind, AuditNode, AuditRecord, ClientNet, Counter, Found, Outcome,
    Release, Said, StatementKind, StatementLine, Told,
};
pub use market::{Job, JobStatus, Proposal, ProposalStatus};
pub use payment::{
    Arrival, Check, CheckState, Claim, Overpayment, Payment, PaymentMethod, PaymentStage,
    PaymentStatus, PaymentType, Refund, Target,
};
pub use retainer::{
    AutoReplenish, DayNet, Entry, Movement, MovementKind, Retainer, RetainerStatus, RetainerTerms,
    RetainerType,
};
pub use webhook::{Delivery, DeliveryStage, Webhook};
pub use work::{Expense, Review, TimeEntry};

/// Hands every entity to the macro named: `Row, table, refusal when there is none;`. An entity is a
/// row with an id of its own, that changes under a version. Parents stand before their children.
///
/// A new entity is a line here, a struct, and what the compiler then asks for.
#[macro_export]
macro_rules! entities {
    ($then:ident) => {
        $then! {
            Client, clients, ClientNotFound;
            Case, cases, CaseNotFound;
            Retainer, retainers, RetainerNotFound;
            Invoice, invoices, InvoiceNotFound;
            Payment, payments, PaymentNotFound;
            Refund, refunds, RefundNotFound;
            CreditNote, credit_notes, CreditNoteNotFound;
            Transaction, transactions, TransactionNotFound;
            TimeEntry, time_entries, TimeEntryNotFound;
            Expense, expenses, ExpenseNotFound;
            Job, jobs, JobNotFound;
            Proposal, proposals, ProposalNotFound;
            Alert, alerts, AlertNotFound;
            Webhook, webhooks, WebhookNotFound;
            Delivery, deliveries, DeliveryNotFound;
        }
    };
}

macro_rules! stored {
    ($($row:ident, $table:ident, $absent:ident;)+) => {
        /// One stored row of any table, as a verifier reads them: the head, memberships, the entities
        /// in their order, then the journals in the order they stand here.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Stored {
            /// The firm's head.
            Firm(Firm),
            /// A membership.
            Member(Member),
            $(#[doc = concat!("See [`", stringify!($row), "`].")] $row($row),)+
            /// A retainer's journal line.
            Movement(Movement),
            /// A retainer's net of a day.
            DayNet(DayNet),
            /// An invoice's journal line.
            Application(Application),
            /// A ledger line.
            Entry(Entry),
            /// An account's sums of a day.
            AccountNet(AccountNet),
            /// A line of a client's account.
            StatementLine(StatementLine),
            /// A client's net of a day.
            ClientNet(ClientNet),
            /// A series' counter.
            Counter(Counter),
            /// An audit record.
            Audit(AuditRecord),
            /// A node of the tree over the audit records.
            AuditNode(AuditNode),
            /// An outcome.
            Outcome(Outcome),
        }
    };
}
entities!(stored);
