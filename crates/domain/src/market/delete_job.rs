//! Delete a job that nobody does: it is hidden, and whoever proposed is told no.

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Job, JobStatus},
};

use super::{is_owner, live, reject_pending};

/// Throw one's own job away.
#[derive(Debug, Clone)]
pub struct DeleteJob {
    /// The job.
    pub job: Ref<Job>,
}

impl Decide for DeleteJob {
    const NAME: &'static str = "delete_job";
    const ACTION: Action = Action::PostJobs;
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

    /// Refuses, in this order: `job_not_found`, `forbidden` (another's), `job_has_accepted_proposal`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.job)?;
        is_owner(d, &found)?;
        if found.accepted.is_some() {
            return Err(Rejection::JobHasAcceptedProposal.into());
        }
        let live = live(d, found.id)?;

        // From here on the command succeeds.
        let rejected = reject_pending(d, &live);
        let proposals = found.proposals.saturating_sub(rejected);
        let status = JobStatus::Cancelled;
        let job = d.update(Job { status, proposals, deleted: true, ..Job::clone(&found) });
        Ok(Shown::Deleted(vec![*job.id.bytes()]))
    }
}
