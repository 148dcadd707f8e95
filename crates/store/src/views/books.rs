//! The firm's own books, time and expenses.

use domain::{
    Id, Money, Ref,
    id::User,
    rows::{
        Case, Client, Expense, Review, TimeEntry, Transaction, TransactionStatus, TransactionType,
    },
};

use super::Days;

/// A transaction, and the rows it names.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionView {
    /// The transaction.
    pub transaction: Transaction,
    /// The client, if it names one.
    pub client: Option<Client>,
    /// The matter, if it names one.
    pub case: Option<Case>,
}

/// Which transactions.
#[derive(Debug, Clone, Default)]
pub struct TransactionFilter {
    /// Only those that do this.
    pub kind: Option<TransactionType>,
    /// Only those that stand so.
    pub status: Option<TransactionStatus>,
    /// Only those counted under this.
    pub category: Option<String>,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only this matter's.
    pub case: Option<Ref<Case>>,
    /// Only those of these days.
    pub days: Days,
    /// Only those whose number, description, category or reference contains this.
    pub search: Option<String>,
}

/// What completed transactions in one currency add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Σ income.
    pub income: Money,
    /// Σ expense.
    pub expense: Money,
    /// The difference; negative when more was spent.
    pub balance: Money,
}

/// What completed transactions of one month and currency add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthSum {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: i8,
    /// How many.
    pub count: u64,
    /// The sums.
    pub balance: Balance,
}

/// What completed transactions of one category, type and currency add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategorySum {
    /// The category; `None`: without one.
    pub category: Option<String>,
    /// What they do.
    pub kind: TransactionType,
    /// How many.
    pub count: u64,
    /// Σ amounts.
    pub total: Money,
}

/// Rows of one status and currency, counted and added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSum<S> {
    /// The status.
    pub status: S,
    /// How many.
    pub count: u64,
    /// Σ amounts.
    pub total: Money,
}

/// Time spent, and the rows it names.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeEntryView {
    /// The entry.
    pub entry: TimeEntry,
    /// The client, if it names one.
    pub client: Option<Client>,
    /// The matter, if it names one.
    pub case: Option<Case>,
}

/// Which time entries.
#[derive(Debug, Clone, Default)]
pub struct TimeEntryFilter {
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only this matter's.
    pub case: Option<Ref<Case>>,
    /// Only those of who worked.
    pub by: Option<Id<User>>,
    /// Only those that may be billed, or may not.
    pub billable: Option<bool>,
    /// Only those that an invoice bills, or none.
    pub billed: Option<bool>,
    /// Only those that somebody has looked at so.
    pub review: Option<Review>,
    /// Only those of these days.
    pub days: Days,
}

/// An expense, and the rows it names.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpenseView {
    /// The expense.
    pub expense: Expense,
    /// The client, if it names one.
    pub client: Option<Client>,
    /// The matter, if it names one.
    pub case: Option<Case>,
}

/// Which expenses.
#[derive(Debug, Clone, Default)]
pub struct ExpenseFilter {
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only this matter's.
    pub case: Option<Ref<Case>>,
    /// Only those of who laid it out.
    pub by: Option<Id<User>>,
    /// Only those counted under this.
    pub category: Option<String>,
    /// Only those that may be billed, or may not.
    pub billable: Option<bool>,
    /// Only those that an invoice bills, or none.
    pub billed: Option<bool>,
    /// Only those that somebody has looked at so.
    pub review: Option<Review>,
    /// Only those of these days.
    pub days: Days,
}
