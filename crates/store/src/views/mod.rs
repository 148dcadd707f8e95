//! What reads ask for and return: rows as the domain knows them, joined with what an answer shows.
//!
//! Lists hide what is deleted. A row that refers to a deleted one still shows it.

mod books;
mod invoices;
mod market;
mod payments;
mod people;
mod person;
mod record;
mod reports;
mod trust;
mod vitals;

use domain::Day;

pub use books::{
    Balance, CategorySum, ExpenseFilter, ExpenseView, MonthSum, StatusSum, TimeEntryFilter,
    TimeEntryView, TransactionFilter, TransactionView,
};
pub use invoices::{
    ApplicationView, Applications, CreditNoteFilter, CreditNoteView, InvoiceFilter, InvoiceSort,
    InvoiceStats, InvoiceSum, InvoiceView,
};
pub use market::{JobFilter, ProposalFilter, ProposalView};
pub use payments::{PaymentFilter, PaymentSort, PaymentStats, PaymentSum, PaymentView, RefundView};
pub use people::{
    CaseFilter, CaseView, ClientAccount, ClientFilter, ClientRevenue, ClientStats, ClientSum,
    Statement,
};
pub use person::{EXPORT_ROWS_MAX, Field, Person, Record, Rows};
pub use record::{
    AlertFilter, AuditConsistency, AuditInclusion, AuditTree, DeliveryFilter, DueDelivery,
    EndingRetainer, Event, Events, OutboxCount,
};
pub use reports::{
    AGE_COUNT, AccountBalance, Ageing, ClientAge, Reconciliation, TrustBalance, TrustFilter,
    TrustLedger,
};
pub use trust::{History, RetainerFilter, RetainerSum, RetainerView};
pub use vitals::{Standbys, Vitals};

/// Most rows in one part of a list; a larger limit is cut to it.
pub const PAGE_ROWS_MAX: u32 = 1_000;

/// Which part of a list is wanted. Lists run newest first, if they are asked in no other order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The n-th page, from 1.
    Number {
        /// From 1.
        page: u32,
        /// Rows a page, from 1 to [`PAGE_ROWS_MAX`].
        limit: u32,
    },
    /// What follows a cursor that an earlier page gave: as fast on the last page as on the first.
    After {
        /// Opaque text from [`Listed::next`]; empty for the first page.
        cursor: String,
        /// Rows a page, from 1 to [`PAGE_ROWS_MAX`].
        limit: u32,
    },
}

impl Page {
    /// The limit, cut to what is allowed.
    pub(crate) fn limit(&self) -> u32 {
        let (Self::Number { limit, .. } | Self::After { limit, .. }) = self;
        (*limit).clamp(1, PAGE_ROWS_MAX)
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Rows in the whole list; after a cursor, as counted when the walk began.
    pub total: u64,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

/// In which order a list runs: by a value, and by id where that is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order<S> {
    /// By what.
    pub by: S,
    /// Which way.
    pub direction: Direction,
}

impl<S: Default> Default for Order<S> {
    fn default() -> Self {
        Self { by: S::default(), direction: Direction::Descending }
    }
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest, or oldest, first.
    Ascending,
    /// Largest, or newest, first.
    Descending,
}

/// Days from one to another; both count, and either may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Days {
    /// The first day.
    pub from: Option<Day>,
    /// The last day.
    pub to: Option<Day>,
}
