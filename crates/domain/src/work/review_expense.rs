//! Approve or reject an expense, once: whoever comes second is told that it was decided.

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

use super::{Verdict, is_undecided, shown_expense};

/// Say whether an expense stands.
#[derive(Debug, Clone)]
pub struct ReviewExpense {
    /// The expense.
    pub expense: Ref<Expense>,
    /// Whether it stands.
    pub verdict: Verdict,
}

impl Decide for ReviewExpense {
    const NAME: &'static str = "review_expense";
    const ACTION: Action = Action::ReviewWork;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Expense(self.expense.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.expense)
    }

    /// Refuses, in this order: `expense_not_found`, `already_decided`, `billed` (to reject what stands
    /// on an invoice).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.expense)?;
        is_undecided(found.review)?;
        if self.verdict == Verdict::Reject && found.invoice.is_some() {
            return Err(Rejection::Billed.into());
        }

        // From here on the command succeeds.
        let expense = d.update(Expense { review: self.verdict.review(), ..Expense::clone(&found) });
        shown_expense(d, expense)
    }
}
