//! Post a job: it is open for proposals.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    money::Currency,
    rejection::Rejection,
    reply::Shown,
    rows::{Job, JobStatus},
};

use super::{JobDetails, budget};

/// Work that the actor wants done.
#[derive(Debug, Clone)]
pub struct PostJob {
    /// The currency of its budget and of every proposal; the market's when absent.
    pub currency: Option<Currency>,
    /// What it says; its title is needed.
    pub details: JobDetails,
}

impl Decide for PostJob {
    const NAME: &'static str = "post_job";
    const ACTION: Action = Action::PostJobs;
    const IN_MARKET: bool = true;

    fn keys(&self, _: &mut Vec<Key>) {}

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `title_required`, `amount_…`, `budget_invalid`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let details = &self.details;
        let title = details.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let title = title.ok_or(Rejection::TitleRequired)?;
        let currency = self.currency.unwrap_or(d.book.firm.currency);
        let (budget_min, budget_max) =
            budget(details.budget_min, details.budget_max, (None, None), currency)?;

        // From here on the command succeeds.
        let job = Job {
            id: d.id(),
            owner: d.actor.user,
            title: title.to_owned(),
            description: details.description.clone(),
            category: details.category.clone(),
            location: details.location.clone(),
            currency,
            budget_min,
            budget_max,
            deadline: details.deadline.map(|deadline| deadline.day_in(&d.book.firm.zone)),
            status: JobStatus::Open,
            accepted: None,
            proposals: 0,
            deleted: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        Ok(Shown::Job(d.insert(job)))
    }
}
