//! The marketplace: clients post jobs, lawyers propose, one proposal is accepted.

use crate::{
    id::{Id, User},
    money::{Currency, Money},
    named::named,
    time::{Day, Timestamp},
};

named! {
    /// Where a job stands.
    JobStatus {
        /// Takes proposals.
        Open = "open",
        /// A proposal was accepted.
        InProgress = "in-progress",
        /// Done.
        Completed = "completed",
        /// Taken back.
        Cancelled = "cancelled",
    }
}

/// Work that somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Id.
    pub id: Id<Self>,
    /// Who posted it.
    pub owner: Id<User>,
    /// What it is called.
    pub title: String,
    /// What is wanted.
    pub description: Option<String>,
    /// What it is counted under.
    pub category: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// The currency of its budget and of every proposal.
    pub currency: Currency,
    /// The least it may cost.
    pub budget_min: Option<Money>,
    /// The most it may cost.
    pub budget_max: Option<Money>,
    /// By when.
    pub deadline: Option<Day>,
    /// Where it stands.
    pub status: JobStatus,
    /// The accepted proposal.
    pub accepted: Option<Id<Proposal>>,
    /// Live proposals (pending or accepted); kept by the commands that make and end them.
    pub proposals: i64,
    /// Marked as deleted: hidden, kept.
    pub deleted: bool,
    /// Who posted it; the same as the owner.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

named! {
    /// Where a proposal stands.
    ProposalStatus {
        /// Waits for the job's owner.
        Pending = "pending",
        /// Chosen.
        Accepted = "accepted",
        /// Not chosen.
        Rejected = "rejected",
        /// Taken back by who made it.
        Withdrawn = "withdrawn",
    }
}

impl ProposalStatus {
    /// Pending or accepted.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Accepted)
    }
}

/// A lawyer's offer to do a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Id.
    pub id: Id<Self>,
    /// The job.
    pub job: Id<Job>,
    /// For how much.
    pub amount: Money,
    /// In words.
    pub letter: Option<String>,
    /// How long it will take, in the lawyer's words.
    pub delivery_time: Option<String>,
    /// Where it stands.
    pub status: ProposalStatus,
    /// The lawyer.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
