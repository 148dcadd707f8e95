//! Reject a proposal on one's own job.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::{Job, Proposal, ProposalStatus},
};

use super::{end, find, is_owner, is_pending};

/// Tell a lawyer no.
#[derive(Debug, Clone)]
pub struct RejectProposal {
    /// The proposal.
    pub proposal: Ref<Proposal>,
}

impl Decide for RejectProposal {
    const NAME: &'static str = "reject_proposal";
    const ACTION: Action = Action::PostJobs;
    const IN_MARKET: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Proposal(self.proposal.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.proposal)
    }

    /// Refuses, in this order: `proposal_not_found`, `forbidden` (on another's job),
    /// `proposal_not_pending`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let (found, job) = find(d, &self.proposal)?;
        is_owner(d, &job)?;
        is_pending(&found)?;

        // From here on the command succeeds.
        let proposal = end(d, &found, ProposalStatus::Rejected);
        let proposals = job.proposals.saturating_sub(1);
        let job = d.update(Job { proposals, ..Job::clone(&job) });
        Ok(Shown::Proposal { proposal, job })
    }
}
