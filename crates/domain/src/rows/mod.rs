//! The rows: what is stored of each thing, as plain data. A row's firm is its book's, so it is not
//! repeated. Rows that change carry a `version`, counted from 0; journal rows never change.

mod client;
mod firm;
mod journal;
mod payment;
mod retainer;

pub use client::{Client, ClientProfile, ClientType};
pub use firm::{BatchId, Firm, Member, ZONE_DEFAULT};
pub use journal::{Alert, AlertKind, AuditRecord, Counter, Outcome};
pub use payment::{Payment, PaymentMethod, PaymentStatus, PaymentType};
pub use retainer::{
    AutoReplenish, DayNet, Entry, Movement, MovementKind, Retainer, RetainerStatus, RetainerTerms,
    RetainerType,
};

/// One stored row of any table, as a verifier reads them.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// The firm's head.
    Firm(Firm),
    /// A membership.
    Member(Member),
    /// A client.
    Client(Client),
    /// A retainer.
    Retainer(Retainer),
    /// A retainer's journal line.
    Movement(Movement),
    /// A retainer's net of a day.
    DayNet(DayNet),
    /// A ledger line.
    Entry(Entry),
    /// A payment.
    Payment(Payment),
    /// A series' counter.
    Counter(Counter),
    /// An alert.
    Alert(Alert),
    /// An audit record.
    Audit(AuditRecord),
    /// An outcome.
    Outcome(Outcome),
}
