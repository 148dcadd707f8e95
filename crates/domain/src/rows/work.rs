//! Work and outlays that can be billed, each on one live invoice at most.

use super::{Case, Client, Invoice};
use crate::{
    id::{Id, User},
    money::Money,
    named::named,
    time::{Day, Timestamp},
};

named! {
    /// Whether somebody has looked at it.
    Review {
        /// Not yet.
        Pending = "pending",
        /// It stands.
        Approved = "approved",
        /// It does not.
        Rejected = "rejected",
    }
}

/// Time spent on a matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeEntry {
    /// Id.
    pub id: Id<Self>,
    /// For whom.
    pub client: Option<Id<Client>>,
    /// On what.
    pub case: Option<Id<Case>>,
    /// When.
    pub day: Day,
    /// How long; 0 while its timer runs.
    pub minutes: i64,
    /// The price of an hour.
    pub hourly_rate: Money,
    /// Minutes / 60 × rate, rounded half up.
    pub amount: Money,
    /// Whether it may be billed.
    pub billable: bool,
    /// What was done.
    pub description: Option<String>,
    /// Whether somebody has looked at it.
    pub review: Review,
    /// The live invoice that bills it.
    pub invoice: Option<Id<Invoice>>,
    /// When its timer was started, while it runs.
    pub started_at: Option<Timestamp>,
    /// Marked as deleted: hidden, kept.
    pub deleted: bool,
    /// Who worked.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Money laid out for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expense {
    /// Id.
    pub id: Id<Self>,
    /// For whom.
    pub client: Option<Id<Client>>,
    /// On what.
    pub case: Option<Id<Case>>,
    /// When.
    pub day: Day,
    /// How much.
    pub amount: Money,
    /// What it is counted under.
    pub category: Option<String>,
    /// Whether it may be billed.
    pub billable: bool,
    /// What it was for.
    pub description: Option<String>,
    /// Whether somebody has looked at it.
    pub review: Review,
    /// The live invoice that bills it.
    pub invoice: Option<Id<Invoice>>,
    /// Marked as deleted: hidden, kept.
    pub deleted: bool,
    /// Who laid it out.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
