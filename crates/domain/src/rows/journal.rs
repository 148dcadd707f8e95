//! What is kept beside the business: numbers taken, alerts, the audit log, kept answers.

use std::{borrow::Cow, sync::Arc};

use super::Retainer;
use crate::{
    actor::Role,
    id::{Id, User},
    number::Series,
    time::Timestamp,
};

/// The last number taken from one series in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// The series.
    pub series: Series,
    /// The year.
    pub period: i32,
    /// Numbers taken so far; 0: none.
    pub taken: u32,
}

/// Why somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertKind {
    /// A retainer is at or below its minimum.
    LowBalance,
}

impl AlertKind {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LowBalance => "low_balance",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        (name == Self::LowBalance.name()).then_some(Self::LowBalance)
    }
}

/// Raised once, in the commit of the command that caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Id.
    pub id: Id<Self>,
    /// Why.
    pub kind: AlertKind,
    /// The retainer it is about.
    pub retainer: Id<Retainer>,
    /// The command that caused it.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
}

/// What was asked, by whom, and what came of it: one record per command, accepted or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the firm's audit log, from 1, without gaps.
    pub n: i64,
    /// The command's place in the journal; `None` when it was refused.
    pub seq: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub user: Id<User>,
    /// In which role.
    pub role: Role,
    /// What: the command's name.
    pub command: Cow<'static, str>,
    /// `accepted`, or the refusal's code.
    pub outcome: Cow<'static, str>,
    /// The row it was about, if it got that far.
    pub object: Option<[u8; 12]>,
    /// From where: the peer's address.
    pub origin: Arc<str>,
    /// The request's id.
    pub request_id: Arc<str>,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// [`crate::audit::kept`] of what was kept under an idempotency key; `None` without a key.
    pub kept: Option<[u8; 32]>,
    /// SHA-256 over the previous record's hash and this record.
    pub hash: [u8; 32],
}

/// What was answered under an idempotency key; kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whose key.
    pub user: Id<User>,
    /// The key.
    pub key: Arc<str>,
    /// SHA-256 of what was asked under it.
    pub fingerprint: [u8; 32],
    /// The audit record of the command.
    pub audit_n: i64,
    /// When.
    pub at: Timestamp,
    /// The answer, as rendered then: an upgrade must not change it.
    pub answer: Arc<[u8]>,
}
