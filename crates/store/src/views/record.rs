//! What is kept beside the business.

use domain::{
    Id,
    audit::Hash,
    rows::{Alert, AlertKind, AuditRecord, Delivery, DeliveryStage, Firm, Retainer, Webhook},
};

/// Which alerts.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertFilter {
    /// Only those raised for this.
    pub kind: Option<AlertKind>,
    /// Only those that nobody has acknowledged.
    pub open_only: bool,
}

/// Which deliveries.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    /// Only those that have come so far.
    pub stage: Option<DeliveryStage>,
    /// Only those to this webhook.
    pub webhook: Option<Id<Webhook>>,
}

/// How many lines of the outbox, of all firms, are not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCount {
    /// On their way.
    pub pending: i64,
    /// Given up.
    pub dead: i64,
}

/// A delivery whose time has come, and what has to be known to make it.
#[derive(Debug, Clone, PartialEq)]
pub struct DueDelivery {
    /// Whose.
    pub firm: Id<Firm>,
    /// What.
    pub delivery: Delivery,
    /// Where to.
    pub webhook: Webhook,
    /// Of which alert; `None`: a test.
    pub alert: Option<Alert>,
}

/// A retainer that ends soon, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndingRetainer {
    /// Whose.
    pub firm: Id<Firm>,
    /// Which.
    pub retainer: Id<Retainer>,
}

/// What happened in a firm: a command was accepted, and the alerts that it raised.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What was done; accepted.
    pub record: AuditRecord,
    /// What it raised.
    pub alerts: Vec<Alert>,
}

/// What has happened since a place in the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// In their order.
    pub events: Vec<Event>,
    /// The place up to which this is all.
    pub through: i64,
}

/// A log as it was when it had so many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditTree {
    /// How many records.
    pub size: u64,
    /// The hash of the whole.
    pub root: Hash,
}

/// That a record is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditInclusion {
    /// The record.
    pub record: AuditRecord,
    /// The log.
    pub tree: AuditTree,
    /// RFC 9162, 2.1.3.
    pub proof: Vec<Hash>,
}

/// That a log began as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditConsistency {
    /// How it began.
    pub from: AuditTree,
    /// What it has grown to.
    pub to: AuditTree,
    /// RFC 9162, 2.1.4.
    pub proof: Vec<Hash>,
}
