//! Every way in which the business says no. Codes are stable and never reused.
//!
//! A refusal is an outcome: it is recorded, and a request that was refused under a key stays refused.

use crate::money::MoneyError;

/// What a caller can do about a refusal; the edge turns it into a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request can't be carried out as the business stands.
    Rule,
    /// The role doesn't allow it, or the user has left the firm.
    Forbidden,
    /// There is no such row in this firm.
    NotFound,
    /// The row has changed since the caller read it.
    Stale,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The role may not do this.
    Forbidden,
    /// The user has left the firm.
    MemberLeft,
    /// No such client in this firm.
    ClientNotFound,
    /// No such retainer in this firm.
    RetainerNotFound,
    /// No such payment in this firm.
    PaymentNotFound,
    /// No such invoice in this firm.
    InvoiceNotFound,
    /// No such case in this firm.
    CaseNotFound,
    /// The row's version is another than the caller read.
    VersionConflict {
        /// The version as it stands.
        current: i64,
    },
    /// The amount is not one.
    Amount(MoneyError),
    /// A client needs a name.
    NameRequired,
    /// Auto-replenishment needs its threshold and amount.
    AutoReplenishIncomplete,
    /// The end lies before the start.
    EndBeforeStart,
    /// Money can't move on a day that has not come.
    DateInFuture,
    /// Before the retainer was opened, or before the payment it comes from could be drawn on.
    DateTooEarly,
    /// The retainer is expired, depleted or refunded.
    RetainerNotActive,
    /// The retainer does not hold that much.
    InsufficientBalance,
    /// Posted on that day, the retainer would have been below zero on it or a later one.
    InsufficientBalanceOnDate,
    /// The whole retainer was refunded before.
    AlreadyRefunded,
    /// There is nothing on the retainer.
    NothingToRefund,
    /// The payment belongs to another client.
    PaymentClientMismatch,
    /// Only a completed payment holds money.
    PaymentNotCompleted,
    /// The payment has not that much left.
    PaymentInsufficient,
    /// The payment was completed before.
    AlreadyCompleted,
    /// A payment for a retainer names it.
    RetainerRequired,
    /// The retainer belongs to another client.
    RetainerClientMismatch,
    /// Nobody changes their own membership.
    OwnMembership,
}

impl Rejection {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::MemberLeft => "member_left",
            Self::ClientNotFound => "client_not_found",
            Self::RetainerNotFound => "retainer_not_found",
            Self::PaymentNotFound => "payment_not_found",
            Self::InvoiceNotFound => "invoice_not_found",
            Self::CaseNotFound => "case_not_found",
            Self::VersionConflict { .. } => "version_conflict",
            Self::Amount(MoneyError::Malformed) => "amount_malformed",
            Self::Amount(MoneyError::NotPositive) => "amount_required",
            Self::Amount(MoneyError::TooPrecise) => "amount_too_precise",
            Self::Amount(MoneyError::TooLarge) => "amount_too_large",
            Self::Amount(MoneyError::CurrencyMismatch) => "currency_mismatch",
            Self::NameRequired => "name_required",
            Self::AutoReplenishIncomplete => "auto_replenish_incomplete",
            Self::EndBeforeStart => "end_before_start",
            Self::DateInFuture => "date_in_future",
            Self::DateTooEarly => "date_too_early",
            Self::RetainerNotActive => "retainer_not_active",
            Self::InsufficientBalance => "insufficient_balance",
            Self::InsufficientBalanceOnDate => "insufficient_balance_on_date",
            Self::AlreadyRefunded => "already_refunded",
            Self::NothingToRefund => "nothing_to_refund",
            Self::PaymentClientMismatch => "payment_client_mismatch",
            Self::PaymentNotCompleted => "payment_not_completed",
            Self::PaymentInsufficient => "payment_insufficient",
            Self::AlreadyCompleted => "already_completed",
            Self::RetainerRequired => "retainer_required",
            Self::RetainerClientMismatch => "retainer_client_mismatch",
            Self::OwnMembership => "own_membership",
        }
    }

    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Forbidden | Self::MemberLeft => Kind::Forbidden,
            Self::ClientNotFound
            | Self::RetainerNotFound
            | Self::PaymentNotFound
            | Self::InvoiceNotFound
            | Self::CaseNotFound => Kind::NotFound,
            Self::VersionConflict { .. } => Kind::Stale,
            _ => Kind::Rule,
        }
    }
}

impl From<MoneyError> for Rejection {
    fn from(error: MoneyError) -> Self {
        Self::Amount(error)
    }
}
