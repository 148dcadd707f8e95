//! Delete a time entry; a timer that runs on it is gone with it.

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

use super::may_change;

/// Throw time away that is not billed.
#[derive(Debug, Clone)]
pub struct DeleteTime {
    /// The time entry.
    pub entry: Ref<TimeEntry>,
}

impl Decide for DeleteTime {
    const NAME: &'static str = "delete_time";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::TimeEntry(self.entry.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.entry)
    }

    /// Refuses, in this order: `time_entry_not_found`, `forbidden` (another's, to who may not review),
    /// `billed`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.entry)?;
        may_change(d, found.created_by)?;
        if found.invoice.is_some() {
            return Err(Rejection::Billed.into());
        }

        // From here on the command succeeds.
        let deleted = TimeEntry { started_at: None, deleted: true, ..TimeEntry::clone(&found) };
        let entry = d.update(deleted);
        Ok(Shown::Deleted(vec![*entry.id.bytes()]))
    }
}
