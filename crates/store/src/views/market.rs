//! Jobs and proposals. They are rows of the market ([`domain::MARKET`]), whoever asks.

use domain::{
    Id, Ref,
    id::User,
    rows::{Job, JobStatus, Proposal},
};

/// Which jobs.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only these; empty: all.
    pub statuses: Vec<JobStatus>,
    /// Only those counted under this.
    pub category: Option<String>,
    /// Only those whose title, description or location contains this.
    pub search: Option<String>,
    /// Only those that this user posted.
    pub owner: Option<Id<User>>,
}

/// A proposal and the job it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposalView {
    /// The proposal.
    pub proposal: Proposal,
    /// The job; shown also when it is deleted.
    pub job: Job,
}

/// Which proposals.
#[derive(Debug, Clone, Default)]
pub struct ProposalFilter {
    /// Only those on this job.
    pub job: Option<Ref<Job>>,
    /// Only those that this user made.
    pub lawyer: Option<Id<User>>,
}
