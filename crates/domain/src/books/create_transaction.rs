//! Record a transaction in the firm's own books, with its number.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    matters::Tags,
    money::{Currency, Decimal},
    number::Series,
    reply::Shown,
    rows::{Transaction, TransactionType},
};

use super::{Progress, TransactionDetails, day, shown};

/// Income, an expense, or a transfer between the firm's own accounts.
#[derive(Debug, Clone)]
pub struct CreateTransaction {
    /// What it does.
    pub kind: TransactionType,
    /// How much.
    pub amount: Decimal,
    /// The firm's currency when absent.
    pub currency: Option<Currency>,
    /// Whether it has happened; yes when absent.
    pub progress: Option<Progress>,
    /// Everything else.
    pub details: TransactionDetails,
}

impl Decide for CreateTransaction {
    const NAME: &'static str = "create_transaction";
    const ACTION: Action = Action::ManageTransactions;

    fn keys(&self, keys: &mut Vec<Key>) {
        self.details.keys(keys);
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `client_not_found`, `case_not_found`, `amount_…`, `date_in_future` (of
    /// one that has happened).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let details = &self.details;
        let tags = Tags::over(d, details.client.as_ref(), details.case.as_ref(), Tags::default())?;
        let amount = self.amount.positive(self.currency.unwrap_or(d.book.firm.currency))?;
        let status = self.progress.unwrap_or(Progress::Completed).status();
        let day = day(d, details.date, d.today, status)?;
        let number = d.take_number(Series::Transaction)?;

        // From here on the command succeeds.
        let transaction = Transaction {
            id: d.id(),
            number,
            kind: self.kind,
            status,
            amount,
            category: details.category.clone(),
            description: details.description.clone(),
            method: details.method,
            reference: details.reference.clone(),
            client: tags.client,
            case: tags.case,
            day,
            reason: None,
            deleted: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        let transaction = d.insert(transaction);
        shown(d, transaction)
    }
}
