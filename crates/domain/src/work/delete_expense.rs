//! Delete an expense.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::Expense,
};

use super::may_change;

/// Throw an expense away that is not billed.
#[derive(Debug, Clone)]
pub struct DeleteExpense {
    /// The expense.
    pub expense: Ref<Expense>,
}

impl Decide for DeleteExpense {
    const NAME: &'static str = "delete_expense";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Expense(self.expense.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.expense)
    }

    /// Refuses, in this order: `expense_not_found`, `forbidden` (another's, to who may not review),
    /// `billed`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.expense)?;
        may_change(d, found.created_by)?;
        if found.invoice.is_some() {
            return Err(Rejection::Billed.into());
        }

        // From here on the command succeeds.
        let expense = d.update(Expense { deleted: true, ..Expense::clone(&found) });
        Ok(Shown::Deleted(vec![*expense.id.bytes()]))
    }
}
