//! Accept a proposal: the job is being done, and every other pending proposal is rejected in the same
//! commit.

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Job, JobStatus, Proposal, ProposalStatus},
};

use super::{end, find, is_owner, is_pending, live, reject_pending};

/// Choose who does one's own job.
#[derive(Debug, Clone)]
pub struct AcceptProposal {
    /// The proposal.
    pub proposal: Ref<Proposal>,
}

impl Decide for AcceptProposal {
    const NAME: &'static str = "accept_proposal";
    const ACTION: Action = Action::PostJobs;
    const IN_MARKET: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Proposal(self.proposal.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.proposal)
    }

    /// Refuses, in this order: `proposal_not_found`, `forbidden` (on another's job), `job_not_open`,
    /// `proposal_not_pending`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let (found, job) = find(d, &self.proposal)?;
        d.need([Key::Set(Set::ProposalsOf(job.id))])?;
        is_owner(d, &job)?;
        if job.status != JobStatus::Open {
            return Err(Rejection::JobNotOpen.into());
        }
        is_pending(&found)?;
        let mut others = live(d, job.id)?;
        others.retain(|proposal| proposal.id != found.id);

        // From here on the command succeeds.
        reject_pending(d, &others);
        let proposal = end(d, &found, ProposalStatus::Accepted);
        let (status, accepted) = (JobStatus::InProgress, Some(proposal.id));
        // The accepted one alone is live.
        let job = d.update(Job { status, accepted, proposals: 1, ..Job::clone(&job) });
        Ok(Shown::Proposal { proposal, job })
    }
}
