//! Retainers and their journals.

use domain::{
    Day, Id, Money, Ref,
    id::User,
    rows::{Case, Client, Movement, Retainer, RetainerStatus, RetainerType},
};

use super::Listed;

/// A retainer, whose it is and for which matter.
#[derive(Debug, Clone, PartialEq)]
pub struct RetainerView {
    /// The retainer.
    pub retainer: Retainer,
    /// The client.
    pub client: Client,
    /// The matter, if it names one.
    pub case: Option<Case>,
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
    /// Only this matter's.
    pub case: Option<Ref<Case>>,
    /// Only active ones at or below their minimum.
    pub low_only: bool,
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
