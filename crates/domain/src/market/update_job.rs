//! Edit a job, take it back, or say that it is done. What it is called and may cost is fixed once a
//! proposal was accepted; its counts and its accepted proposal are nobody's to write.

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

use super::{JobDetails, budget, is_owner, live, reject_pending};

/// Edit one's own job.
#[derive(Debug, Clone)]
pub struct UpdateJob {
    /// The job.
    pub job: Ref<Job>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// Where it is to stand; the same again changes nothing.
    pub status: Option<JobStatus>,
    /// What it is to say.
    pub details: JobDetails,
}

impl Decide for UpdateJob {
    const NAME: &'static str = "update_job";
    const ACTION: Action = Action::PostJobs;
    const IN_MARKET: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Job(self.job.clone()));
        if let (Ref::Id(job), Some(JobStatus::Cancelled)) = (&self.job, self.status) {
            keys.push(Key::Set(Set::ProposalsOf(*job)));
        }
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.job)
    }

    /// Refuses, in this order: `title_required`, `job_not_found`, `forbidden` (another's),
    /// `version_conflict`, `job_not_in_progress` (an open job is started by accepting a proposal, and
    /// only then done), `job_not_open` (what has ended stays so; title and budget are fixed),
    /// `amount_…`, `budget_invalid`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let details = &self.details;
        let title = details.title.as_deref().map(str::trim);
        if title.is_some_and(str::is_empty) {
            return Err(Rejection::TitleRequired.into());
        }
        let found = d.find(&self.job)?;
        is_owner(d, &found)?;
        d.expect_version(&*found, self.version)?;
        let status = self.status.unwrap_or(found.status);
        may_become(found.status, status)?;
        let current = (found.budget_min, found.budget_max);
        let budget = budget(details.budget_min, details.budget_max, current, found.currency)?;
        let title = title.unwrap_or(&found.title);
        if found.status != JobStatus::Open && (budget != current || title != found.title) {
            return Err(Rejection::JobNotOpen.into());
        }
        let is_taken_back = status == JobStatus::Cancelled && found.status != status;
        let ended = if is_taken_back { live(d, found.id)? } else { Vec::new() };

        // From here on the command succeeds.
        let rejected = reject_pending(d, &ended);
        let over = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        let deadline = details.deadline.map(|deadline| deadline.day_in(&d.book.firm.zone));
        let job = d.update(Job {
            title: title.to_owned(),
            description: over(&details.description, &found.description),
            category: over(&details.category, &found.category),
            location: over(&details.location, &found.location),
            budget_min: budget.0,
            budget_max: budget.1,
            deadline: deadline.or(found.deadline),
            status,
            proposals: found.proposals.saturating_sub(rejected),
            ..Job::clone(&found)
        });
        Ok(Shown::Job(job))
    }
}

/// What a job's owner may make of it by an edit.
fn may_become(from: JobStatus, to: JobStatus) -> Result<(), Rejection> {
    use JobStatus::{Cancelled, Completed, InProgress, Open};
    match (from, to) {
        (Open | InProgress, Cancelled) | (InProgress, Completed) => Ok(()),
        _ if from == to => Ok(()),
        (Open, _) => Err(Rejection::JobNotInProgress),
        (InProgress | Completed | Cancelled, _) => Err(Rejection::JobNotOpen),
    }
}
