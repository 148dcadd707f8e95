//! Approve or reject a time entry, once: whoever comes second is told that it was decided.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::TimeEntry,
};

use super::{Verdict, is_undecided, shown_time};

/// Say whether time stands.
#[derive(Debug, Clone)]
pub struct ReviewTime {
    /// The time entry.
    pub entry: Ref<TimeEntry>,
    /// Whether it stands.
    pub verdict: Verdict,
}

impl Decide for ReviewTime {
    const NAME: &'static str = "review_time";
    const ACTION: Action = Action::ReviewWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::TimeEntry(self.entry.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.entry)
    }

    /// Refuses, in this order: `time_entry_not_found`, `already_decided`, `timer_running`, `billed`
    /// (to reject what stands on an invoice).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.entry)?;
        is_undecided(found.review)?;
        if found.started_at.is_some() {
            return Err(Rejection::TimerRunning.into());
        }
        if self.verdict == Verdict::Reject && found.invoice.is_some() {
            return Err(Rejection::Billed.into());
        }

        // From here on the command succeeds.
        let entry =
            d.update(TimeEntry { review: self.verdict.review(), ..TimeEntry::clone(&found) });
        shown_time(d, entry)
    }
}
