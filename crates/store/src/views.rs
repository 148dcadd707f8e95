//! What reads return: rows as the domain knows them, joined where an answer shows two.

use domain::{
    Day, Id, Money, Ref,
    id::User,
    rows::{Client, Movement, Payment, PaymentStatus, Retainer, RetainerStatus, RetainerType},
};

/// Most rows in one part of a list; a larger limit is cut to it.
pub const PAGE_ROWS_MAX: u32 = 1_000;

/// Which part of a list is wanted. Lists run newest first.
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

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Rows in the whole list.
    pub total: u64,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

/// A retainer and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct RetainerView {
    /// The retainer.
    pub retainer: Retainer,
    /// The client.
    pub client: Client,
}

/// A payment and who made it.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentView {
    /// The payment.
    pub payment: Payment,
    /// The client, if it names one.
    pub client: Option<Client>,
}

/// Which clients.
#[derive(Debug, Clone, Default)]
pub struct ClientFilter {
    /// Only the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only clients whose name, number, e-mail or phone contains this.
    pub search: Option<String>,
}

/// Which retainers.
#[derive(Debug, Clone)]
pub struct RetainerFilter {
    /// The day that decides what is expired.
    pub today: Day,
    /// Only those of the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only these statuses; empty: all.
    pub statuses: Vec<RetainerStatus>,
    /// Only this type.
    pub kind: Option<RetainerType>,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only active ones at or below their minimum.
    pub low_only: bool,
}

/// Which payments.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Only those of the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only this status.
    pub status: Option<PaymentStatus>,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
}

/// Retainers of one status and currency, counted and added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainerSum {
    /// The status.
    pub status: RetainerStatus,
    /// How many.
    pub count: u64,
    /// Σ first deposits.
    pub initial: Money,
    /// Σ held now.
    pub current: Money,
    /// Σ deposits.
    pub deposits: Money,
    /// Σ consumptions.
    pub consumptions: Money,
    /// Σ refunds.
    pub refunds: Money,
}

/// A retainer's journal, newest first, with the retainer it belongs to from the same snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The retainer.
    pub retainer: Retainer,
    /// Its movements.
    pub movements: Listed<Movement>,
}
