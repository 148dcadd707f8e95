//! Cases (matters): what money can be tagged with.

use super::Client;
use crate::{
    id::{Id, User},
    named::named,
    time::Timestamp,
};

named! {
    /// Where a case stands.
    CaseStatus {
        /// Work goes on.
        Active = "active",
        /// Waits for something.
        OnHold = "on_hold",
        /// Over, with its outcome.
        Closed = "closed",
    }
}

/// A matter of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Id.
    pub id: Id<Self>,
    /// The case number as courts or the firm give it; by it callers may name the case.
    pub number: Option<String>,
    /// What it is called.
    pub title: String,
    /// Whose matter.
    pub client: Option<Id<Client>>,
    /// Where it stands.
    pub status: CaseStatus,
    /// How it ended; given once.
    pub outcome: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Marked as deleted: hidden, kept.
    pub deleted: bool,
    /// Who opened it.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
