//! Delete transactions, all of them or none. One that is completed counts in the balance, which must
//! not change without a trace: it is cancelled first. Their numbers stay taken.

use crate::{
    actor::Action,
    billing::NAMED_COUNT_MAX,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Transaction, TransactionStatus},
};

/// Throw pending or cancelled records away.
#[derive(Debug, Clone)]
pub struct DeleteTransactions {
    /// The transactions; at least one, at most [`NAMED_COUNT_MAX`]. One that is named twice counts once.
    pub transactions: Vec<Ref<Transaction>>,
}

impl Decide for DeleteTransactions {
    const NAME: &'static str = "delete_transactions";
    const ACTION: Action = Action::ManageTransactions;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.extend(self.transactions.iter().take(NAMED_COUNT_MAX).cloned().map(Key::Transaction));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        self.transactions.first().and_then(|transaction| book.id_of(transaction))
    }

    /// Refuses, in this order: `too_many_ids`, `transaction_not_found`, `not_deletable`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        if self.transactions.len() > NAMED_COUNT_MAX {
            return Err(Rejection::TooManyIds.into());
        }
        let found = self.transactions.iter().map(|by| d.find(by)).collect::<Result<Vec<_>, _>>()?;
        if found.iter().any(|row| row.status == TransactionStatus::Completed) {
            return Err(Rejection::NotDeletable.into());
        }

        // From here on the command succeeds.
        let mut deleted: Vec<[u8; 12]> = Vec::with_capacity(found.len());
        for transaction in found {
            if !deleted.contains(transaction.id.bytes()) {
                deleted.push(*transaction.id.bytes());
                d.update(Transaction { deleted: true, ..Transaction::clone(&transaction) });
            }
        }
        Ok(Shown::Deleted(deleted))
    }
}
