//! What is kept beside the business.

use domain::{
    audit::Hash,
    rows::{AlertKind, AuditRecord},
};

/// Which alerts.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlertFilter {
    /// Only those raised for this.
    pub kind: Option<AlertKind>,
    /// Only those that nobody has acknowledged.
    pub open_only: bool,
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
