//! Retainers, their movements, and the ledger lines that movements post.

use super::{Case, Client, Invoice, Payment};
use crate::{
    id::{Id, User},
    ledger::Posting,
    money::{Currency, Money},
    named::named,
    time::{Day, Timestamp},
};

named! {
    /// What a retainer is for.
    #[derive(Default)]
    RetainerType {
        /// Paid ahead, drawn on as work is done.
        #[default]
        Advance = "advance",
        /// Kept at a level.
        Evergreen = "evergreen",
        /// One price for the matter.
        FlatFee = "flat_fee",
        /// Held against non-payment.
        Security = "security",
    }
}

named! {
    /// What a retainer's movements and dates make of it; shown, never stored.
    RetainerStatus {
        /// Holds money that may be drawn.
        Active = "active",
        /// Drawn to zero; a deposit revives it.
        Depleted = "depleted",
        /// Refunded to zero; final.
        Refunded = "refunded",
        /// Past its end date: only a refund moves it.
        Expired = "expired",
    }
}

/// The terms of a retainer: everything about it that is not money that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainerTerms {
    /// What it is for.
    pub kind: RetainerType,
    /// At or below this balance an alert is raised; zero: never.
    pub minimum_balance: Money,
    /// First day.
    pub start: Day,
    /// Last day, if it ends.
    pub end: Option<Day>,
    /// Ask for more money by itself.
    pub auto_replenish: Option<AutoReplenish>,
    /// The matter.
    pub case: Option<Id<Case>>,
    /// Where the signed agreement lies.
    pub agreement_url: Option<String>,
    /// When it was signed.
    pub agreement_signed: Option<Day>,
    /// Free text.
    pub notes: Option<String>,
}

/// When and for how much a retainer asks to be filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoReplenish {
    /// At or below this balance.
    pub threshold: Money,
    /// This much is asked for.
    pub amount: Money,
}

/// Money that a client has paid in advance and that the firm holds in trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retainer {
    /// Id.
    pub id: Id<Self>,
    /// `RET-YYYY-NNNN`.
    pub number: String,
    /// Whose money it is.
    pub client: Id<Client>,
    /// The terms agreed.
    pub terms: RetainerTerms,
    /// The first deposit.
    pub initial_amount: Money,
    /// What is held now: deposits − consumptions − refunds, never below zero.
    pub balance: Money,
    /// Σ deposits.
    pub deposits: Money,
    /// Σ consumptions.
    pub consumptions: Money,
    /// Σ refunds.
    pub refunds: Money,
    /// How many movements there are; the next one is `movements + 1`.
    pub movements: i64,
    /// The latest day on which any movement takes effect.
    pub latest_day: Day,
    /// A low-balance alert stands; a deposit that lifts the balance takes it back.
    pub low_balance_alerted: bool,
    /// Whether somebody was told that it ends soon; taken back when its end is moved.
    pub expiry_alerted: bool,
    /// The pending payment that asks for more, until it is settled.
    pub replenish_request: Option<Id<Payment>>,
    /// Refunded to zero.
    pub refunded: bool,
    /// Who opened it.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Retainer {
    /// The currency of all its amounts.
    pub const fn currency(&self) -> Currency {
        self.balance.currency()
    }

    /// Its status on `today`: refunded before expired before depleted before active.
    pub fn status(&self, today: Day) -> RetainerStatus {
        if self.refunded {
            RetainerStatus::Refunded
        } else if self.terms.end.is_some_and(|end| end < today) {
            RetainerStatus::Expired
        } else if self.balance.is_zero() {
            RetainerStatus::Depleted
        } else {
            RetainerStatus::Active
        }
    }

    /// At or below its minimum, where it has one.
    pub fn is_low(&self) -> bool {
        !self.terms.minimum_balance.is_zero() && self.balance <= self.terms.minimum_balance
    }
}

named! {
    /// What a movement does to its retainer.
    MovementKind {
        /// Money in.
        Deposit = "deposit",
        /// Money earned.
        Consumption = "consumption",
        /// Money returned.
        Refund = "refund",
        /// Money from another retainer of the client; counted with the deposits.
        TransferIn = "transfer_in",
        /// Money to another retainer of the client; counted with the refunds.
        TransferOut = "transfer_out",
    }
}

impl MovementKind {
    /// The sum of the retainer in which it is counted.
    pub const fn counts_as(self) -> Self {
        match self {
            Self::Deposit | Self::TransferIn => Self::Deposit,
            Self::Consumption => Self::Consumption,
            Self::Refund | Self::TransferOut => Self::Refund,
        }
    }
}

/// One line of a retainer's journal; never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Id, for callers that want one.
    pub id: Id<Self>,
    /// The retainer.
    pub retainer: Id<Retainer>,
    /// Its place in the retainer's journal, from 1, without gaps.
    pub n: i64,
    /// The command's place in the firm's journal.
    pub seq: i64,
    /// In, earned or returned.
    pub kind: MovementKind,
    /// Always positive.
    pub amount: Money,
    /// What the retainer held after it.
    pub balance_after: Money,
    /// The day it takes effect.
    pub day: Day,
    /// When it was posted.
    pub at: Timestamp,
    /// Free text.
    pub description: Option<String>,
    /// The invoice it pays.
    pub invoice: Option<Id<Invoice>>,
    /// The payment it comes from.
    pub payment: Option<Id<Payment>>,
    /// Who posted it.
    pub by: Id<User>,
}

impl Movement {
    /// What it adds to the balance, in minor units.
    pub const fn signed_minor(&self) -> i64 {
        match self.kind.counts_as() {
            MovementKind::Deposit => self.amount.minor(),
            _ => self.amount.minor().saturating_neg(),
        }
    }
}

/// How much a retainer moved on one day, net; what a backdated entry is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayNet {
    /// The retainer.
    pub retainer: Id<Retainer>,
    /// The day.
    pub day: Day,
    /// Deposits − consumptions − refunds, in minor units of the retainer's currency.
    pub net_minor: i64,
}

/// One double entry: the same amount debited here and credited there; never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The command's place in the firm's journal.
    pub seq: i64,
    /// Its line within the command, from 1.
    pub line: i64,
    /// Accounts and amount.
    pub posting: Posting,
    /// The day it takes effect.
    pub day: Day,
    /// The command whose posting it takes back, by its place in the journal.
    pub reverses: Option<i64>,
}
