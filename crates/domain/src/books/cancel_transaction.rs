//! Cancel a transaction, once and for good: it counts in the balance no more.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Transaction, TransactionStatus},
};

use super::shown;

/// Take a record of the firm's own books back.
#[derive(Debug, Clone)]
pub struct CancelTransaction {
    /// The transaction.
    pub transaction: Ref<Transaction>,
    /// Why.
    pub reason: Option<String>,
}

impl Decide for CancelTransaction {
    const NAME: &'static str = "cancel_transaction";
    const ACTION: Action = Action::ManageTransactions;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Transaction(self.transaction.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.transaction)
    }

    /// Refuses, in this order: `transaction_not_found`, `already_cancelled`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.transaction)?;
        if found.status == TransactionStatus::Cancelled {
            return Err(Rejection::AlreadyCancelled.into());
        }

        // From here on the command succeeds.
        let (status, reason) = (TransactionStatus::Cancelled, self.reason.clone());
        let transaction = d.update(Transaction { status, reason, ..Transaction::clone(&found) });
        shown(d, transaction)
    }
}
