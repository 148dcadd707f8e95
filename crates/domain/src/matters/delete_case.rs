//! Delete a case: it is hidden and keeps its number. Money and work that are tagged with it still name
//! it, so nothing speaks against it.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::Case,
};

/// Throw a case away.
#[derive(Debug, Clone)]
pub struct DeleteCase {
    /// The case.
    pub case: Ref<Case>,
}

impl Decide for DeleteCase {
    const NAME: &'static str = "delete_case";
    const ACTION: Action = Action::ChangeClients;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Case(self.case.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.case)
    }

    /// Refuses: `case_not_found`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.case)?;

        // From here on the command succeeds.
        let case = d.update(Case { deleted: true, ..Case::clone(&found) });
        Ok(Shown::Deleted(vec![*case.id.bytes()]))
    }
}
