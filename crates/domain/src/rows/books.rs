//! The firm's own books: free records of income and expense.

use super::{Case, Client};
use crate::{
    id::{Id, User},
    money::Money,
    named::named,
    rows::PaymentMethod,
    time::{Day, Timestamp},
};

named! {
    /// What a transaction does to the firm's balance.
    TransactionType {
        /// Adds to it.
        Income = "income",
        /// Takes from it.
        Expense = "expense",
        /// Moves it between the firm's own accounts.
        Transfer = "transfer",
    }
}

named! {
    /// Where a transaction stands.
    TransactionStatus {
        /// Not done yet: counts for nothing.
        Pending = "pending",
        /// Done.
        Completed = "completed",
        /// Taken back, for good.
        Cancelled = "cancelled",
    }
}

/// A free record of the firm's own books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Id.
    pub id: Id<Self>,
    /// `TXN-YYYYMM-NNNNN`.
    pub number: String,
    /// What it does.
    pub kind: TransactionType,
    /// Where it stands.
    pub status: TransactionStatus,
    /// How much.
    pub amount: Money,
    /// What it is counted under.
    pub category: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// How it was paid.
    pub method: Option<PaymentMethod>,
    /// An outside reference.
    pub reference: Option<String>,
    /// The client it has to do with.
    pub client: Option<Id<Client>>,
    /// The matter it has to do with.
    pub case: Option<Id<Case>>,
    /// Its day.
    pub day: Day,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// Marked as deleted: hidden, kept with its number.
    pub deleted: bool,
    /// Who recorded it.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
