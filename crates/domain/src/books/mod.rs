//! The firm's own books: free records of income and expense. **They post nothing to the ledger**: what
//! clients' money does is told there, by the commands that move it.

pub mod cancel_transaction;
pub mod create_transaction;
pub mod delete_transactions;
#[cfg(test)]
mod tests;
pub mod update_transaction;

use std::sync::Arc;

use crate::{
    billing::parties,
    change::Key,
    decision::{Decision, Stop},
    id::Ref,
    matters::tag_keys,
    rejection::Rejection,
    reply::Shown,
    rows::{Case, Client, PaymentMethod, Transaction, TransactionStatus},
    time::{Day, Moment},
};

/// Whether what is recorded has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Not yet: it counts for nothing, and its day may lie ahead.
    Pending,
    /// It has: it counts in the balance.
    Completed,
}

impl Progress {
    const fn status(self) -> TransactionStatus {
        match self {
            Self::Pending => TransactionStatus::Pending,
            Self::Completed => TransactionStatus::Completed,
        }
    }
}

/// What is written down about a transaction beside what it does; absent parts stay as they are in an
/// edit.
#[derive(Debug, Clone, Default)]
pub struct TransactionDetails {
    /// What it is counted under.
    pub category: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// How it was paid.
    pub method: Option<PaymentMethod>,
    /// An outside reference.
    pub reference: Option<String>,
    /// The client it has to do with; the case's client when absent.
    pub client: Option<Ref<Client>>,
    /// The matter it has to do with.
    pub case: Option<Ref<Case>>,
    /// Its day; today when absent.
    pub date: Option<Moment>,
}

impl TransactionDetails {
    fn keys(&self, keys: &mut Vec<Key>) {
        tag_keys(keys, self.client.as_ref(), self.case.as_ref());
    }
}

/// The day of a transaction: what has happened did not happen tomorrow.
fn day(
    d: &Decision<'_>,
    date: Option<Moment>,
    current: Day,
    status: TransactionStatus,
) -> Result<Day, Rejection> {
    let day = date.map_or(current, |date| date.day_in(&d.book.firm.zone));
    if status == TransactionStatus::Completed && day > d.today {
        return Err(Rejection::DateInFuture);
    }
    Ok(day)
}

/// The answer about a transaction.
fn shown(d: &Decision<'_>, transaction: Arc<Transaction>) -> Result<Shown, Stop> {
    let parties = parties(d, transaction.client, transaction.case)?;
    Ok(Shown::Transaction { transaction, parties })
}
