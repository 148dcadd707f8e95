//! Edit a transaction: only what is named changes. What has happened does not become pending again.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    matters::Tags,
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{Transaction, TransactionStatus, TransactionType},
};

use super::{Progress, TransactionDetails, day, shown};

/// Edit a record of the firm's own books.
#[derive(Debug, Clone)]
pub struct UpdateTransaction {
    /// The transaction.
    pub transaction: Ref<Transaction>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// What it does.
    pub kind: Option<TransactionType>,
    /// How much, in its own currency.
    pub amount: Option<Decimal>,
    /// Whether it has happened.
    pub progress: Option<Progress>,
    /// Everything else.
    pub details: TransactionDetails,
}

impl Decide for UpdateTransaction {
    const NAME: &'static str = "update_transaction";
    const ACTION: Action = Action::ManageTransactions;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Transaction(self.transaction.clone()));
        self.details.keys(keys);
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.transaction)
    }

    /// Refuses, in this order: `transaction_not_found`, `version_conflict`, `client_not_found`,
    /// `case_not_found`, `transaction_cancelled`, `transaction_completed` (to become pending again),
    /// `amount_…`, `date_in_future` (of one that has happened).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let details = &self.details;
        let found = d.find(&self.transaction)?;
        d.expect_version(&*found, self.version)?;
        let current = Tags { client: found.client, case: found.case };
        let tags = Tags::over(d, details.client.as_ref(), details.case.as_ref(), current)?;
        let status = match (found.status, self.progress) {
            (TransactionStatus::Cancelled, _) => return Err(Rejection::TransactionCancelled.into()),
            (TransactionStatus::Completed, Some(Progress::Pending)) => {
                return Err(Rejection::TransactionCompleted.into());
            }
            (status, progress) => progress.map_or(status, Progress::status),
        };
        let currency = found.amount.currency();
        let amount = self.amount.map_or(Ok(found.amount), |amount| amount.positive(currency))?;
        let day = day(d, details.date, found.day, status)?;

        // From here on the command succeeds.
        let over = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        let transaction = d.update(Transaction {
            kind: self.kind.unwrap_or(found.kind),
            status,
            amount,
            category: over(&details.category, &found.category),
            description: over(&details.description, &found.description),
            method: details.method.or(found.method),
            reference: over(&details.reference, &found.reference),
            client: tags.client,
            case: tags.case,
            day,
            ..Transaction::clone(&found)
        });
        shown(d, transaction)
    }
}
