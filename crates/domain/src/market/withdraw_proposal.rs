//! Withdraw one's own proposal; afterwards the lawyer may propose anew.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Job, Proposal, ProposalStatus},
};

use super::{end, find, is_pending};

/// Take an offer back.
#[derive(Debug, Clone)]
pub struct WithdrawProposal {
    /// The proposal.
    pub proposal: Ref<Proposal>,
}

impl Decide for WithdrawProposal {
    const NAME: &'static str = "withdraw_proposal";
    const ACTION: Action = Action::Propose;
    const IN_MARKET: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Proposal(self.proposal.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.proposal)
    }

    /// Refuses, in this order: `proposal_not_found`, `forbidden` (another's), `proposal_not_pending`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let (found, job) = find(d, &self.proposal)?;
        if found.created_by != d.actor.user {
            return Err(Rejection::Forbidden.into());
        }
        is_pending(&found)?;

        // From here on the command succeeds.
        let proposal = end(d, &found, ProposalStatus::Withdrawn);
        let proposals = job.proposals.saturating_sub(1);
        let job = d.update(Job { proposals, ..Job::clone(&job) });
        Ok(Shown::Proposal { proposal, job })
    }
}
