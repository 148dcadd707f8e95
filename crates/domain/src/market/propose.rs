//! Propose: a lawyer offers to do a job. One live proposal per job and lawyer.

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{Job, JobStatus, Proposal, ProposalStatus},
};

use super::{PROPOSALS_PER_JOB_MAX, live};

/// An offer of the actor.
#[derive(Debug, Clone)]
pub struct Propose {
    /// The job.
    pub job: Ref<Job>,
    /// For how much, in the job's currency.
    pub amount: Decimal,
    /// In words.
    pub letter: Option<String>,
    /// How long it will take, in the lawyer's words.
    pub delivery_time: Option<String>,
}

impl Decide for Propose {
    const NAME: &'static str = "propose";
    const ACTION: Action = Action::Propose;
    const IN_MARKET: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Job(self.job.clone()));
        if let Ref::Id(job) = &self.job {
            keys.push(Key::Set(Set::ProposalsOf(*job)));
        }
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.job)
    }

    /// Refuses, in this order: `job_not_found`, `amount_…`, `own_job`, `job_not_open`,
    /// `proposal_exists`, `too_many_proposals`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.job)?;
        let amount = self.amount.positive(found.currency)?;
        if found.owner == d.actor.user {
            return Err(Rejection::OwnJob.into());
        }
        if found.status != JobStatus::Open {
            return Err(Rejection::JobNotOpen.into());
        }
        if live(d, found.id)?.iter().any(|proposal| proposal.created_by == d.actor.user) {
            return Err(Rejection::ProposalExists.into());
        }
        if found.proposals >= PROPOSALS_PER_JOB_MAX {
            return Err(Rejection::TooManyProposals.into());
        }

        // From here on the command succeeds.
        let proposal = Proposal {
            id: d.id(),
            job: found.id,
            amount,
            letter: self.letter.clone(),
            delivery_time: self.delivery_time.clone(),
            status: ProposalStatus::Pending,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        let proposal = d.insert(proposal);
        let proposals = found.proposals.saturating_add(1);
        let job = d.update(Job { proposals, ..Job::clone(&found) });
        Ok(Shown::Proposal { proposal, job })
    }
}
