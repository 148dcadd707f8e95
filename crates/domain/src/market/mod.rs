//! The marketplace: jobs, and proposals on them. **Both are rows of one firm, [`crate::MARKET`]**, so
//! that accepting one proposal and rejecting the others is one commit. `Job::proposals` is the count of
//! live proposals after every command here.

pub mod accept_proposal;
pub mod delete_job;
pub mod post_job;
pub mod propose;
pub mod reject_proposal;
#[cfg(test)]
mod tests;
pub mod update_job;
pub mod withdraw_proposal;

use std::sync::Arc;

use crate::{
    change::Set,
    decision::{Decision, Stop},
    id::{Id, Ref},
    money::{Currency, Decimal, Money},
    rejection::Rejection,
    rows::{Job, Proposal, ProposalStatus},
    time::Moment,
};

/// Most live proposals on one job: accepting one rejects all others in the same commit.
pub const PROPOSALS_PER_JOB_MAX: i64 = 500;

/// What a job says, as its owner gives it; absent parts stay as they are in an edit.
#[derive(Debug, Clone, Default)]
pub struct JobDetails {
    /// What it is called; never blank.
    pub title: Option<String>,
    /// What is wanted.
    pub description: Option<String>,
    /// What it is counted under.
    pub category: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// The least it may cost.
    pub budget_min: Option<Decimal>,
    /// The most it may cost.
    pub budget_max: Option<Decimal>,
    /// By when.
    pub deadline: Option<Moment>,
}

/// Refuses who did not post the job.
fn is_owner(d: &Decision<'_>, job: &Job) -> Result<(), Rejection> {
    if job.owner == d.actor.user { Ok(()) } else { Err(Rejection::Forbidden) }
}

/// Refuses a proposal that was decided or withdrawn.
fn is_pending(proposal: &Proposal) -> Result<(), Rejection> {
    match proposal.status {
        ProposalStatus::Pending => Ok(()),
        ProposalStatus::Accepted | ProposalStatus::Rejected | ProposalStatus::Withdrawn => {
            Err(Rejection::ProposalNotPending)
        }
    }
}

/// A named proposal and its job, also when that was deleted.
fn find(d: &Decision<'_>, by: &Ref<Proposal>) -> Result<(Arc<Proposal>, Arc<Job>), Stop> {
    let proposal = d.find(by)?;
    let job = d.get(proposal.job)?;
    Ok((proposal, job))
}

/// A budget's ends, the first no higher than the second.
fn budget(
    min: Option<Decimal>,
    max: Option<Decimal>,
    current: (Option<Money>, Option<Money>),
    currency: Currency,
) -> Result<(Option<Money>, Option<Money>), Rejection> {
    let min = min.map(|min| min.money(currency)).transpose()?.or(current.0);
    let max = max.map(|max| max.money(currency)).transpose()?.or(current.1);
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        return Err(Rejection::BudgetInvalid);
    }
    Ok((min, max))
}

/// A job's live proposals.
fn live(d: &Decision<'_>, job: Id<Job>) -> Result<Vec<Arc<Proposal>>, Stop> {
    let mut proposals = d.all::<Proposal>(Set::ProposalsOf(job))?;
    proposals.retain(|proposal| proposal.job == job && proposal.status.is_live());
    Ok(proposals)
}

/// Ends a pending proposal as `status` says.
fn end(d: &mut Decision<'_>, proposal: &Proposal, status: ProposalStatus) -> Arc<Proposal> {
    d.update(Proposal { status, ..proposal.clone() })
}

/// Rejects those of these proposals that are pending; how many that were.
fn reject_pending(d: &mut Decision<'_>, proposals: &[Arc<Proposal>]) -> i64 {
    let mut rejected: i64 = 0;
    for proposal in proposals.iter().filter(|row| row.status == ProposalStatus::Pending) {
        end(d, proposal, ProposalStatus::Rejected);
        rejected = rejected.saturating_add(1);
    }
    rejected
}
