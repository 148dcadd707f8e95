//! Update: the terms of a retainer, never its money. Only the fields that are named change.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::Retainer,
};

use super::{open::Terms, shown, watch_balance};

/// Edit a retainer.
#[derive(Debug, Clone)]
pub struct UpdateRetainer {
    /// The retainer.
    pub retainer: Ref<Retainer>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// The new terms.
    pub terms: Terms,
}

impl Decide for UpdateRetainer {
    const NAME: &'static str = "update_retainer";
    const ACTION: Action = Action::ManageRetainers;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(self.retainer.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.retainer)
    }

    /// Refuses, in this order: `retainer_not_found`, `version_conflict`, `case_not_found`,
    /// `end_before_start`, `amount_…`, `auto_replenish_incomplete`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.retainer)?;
        d.expect_version(&*found, self.version)?;
        let terms = self.terms.over(d, found.terms.clone())?;

        // From here on the command succeeds.
        let expiry_alerted = found.expiry_alerted && terms.end == found.terms.end;
        let mut retainer = Retainer { terms, expiry_alerted, ..Retainer::clone(&found) };
        watch_balance(d, &mut retainer);
        let retainer = d.update(retainer);
        shown(d, retainer, None)
    }
}
