//! Money received from clients.

use super::{Client, Retainer};
use crate::{
    id::{Id, User},
    money::Money,
    time::{Day, Timestamp},
};

/// How money came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentMethod {
    /// Notes and coins.
    Cash,
    /// Bank transfer.
    BankTransfer,
    /// Credit card.
    CreditCard,
    /// Debit card (mada).
    DebitCard,
    /// Cheque.
    Check,
    /// A payment gateway.
    Gateway,
    /// Something else, or not known yet.
    Other,
}

impl PaymentMethod {
    const ALL: [Self; 7] = [
        Self::Cash,
        Self::BankTransfer,
        Self::CreditCard,
        Self::DebitCard,
        Self::Check,
        Self::Gateway,
        Self::Other,
    ];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::BankTransfer => "bank_transfer",
            Self::CreditCard => "credit_card",
            Self::DebitCard => "debit_card",
            Self::Check => "check",
            Self::Gateway => "gateway",
            Self::Other => "other",
        }
    }

    /// The method with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentType {
    /// For work done.
    CustomerPayment,
    /// For a retainer.
    Retainer,
    /// Ahead of work: goes to a retainer.
    Advance,
}

impl PaymentType {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomerPayment => "customer_payment",
            Self::Retainer => "retainer",
            Self::Advance => "advance",
        }
    }

    /// The type with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::CustomerPayment, Self::Retainer, Self::Advance]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Expected; no money effect yet.
    Pending,
    /// Received.
    Completed,
}

impl PaymentStatus {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Completed].into_iter().find(|status| status.name() == name)
    }
}

/// Money received from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Id.
    pub id: Id<Self>,
    /// `PAY-YYYY-NNNN`.
    pub number: String,
    /// Who paid.
    pub client: Id<Client>,
    /// What it is for.
    pub kind: PaymentType,
    /// How it came.
    pub method: PaymentMethod,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The whole amount.
    pub amount: Money,
    /// What nothing has claimed yet: client credit. Zero until completed.
    pub unapplied: Money,
    /// What went into retainers.
    pub deposited: Money,
    /// The retainer it names.
    pub retainer: Option<Id<Retainer>>,
    /// The payer's or gateway's own reference.
    pub reference: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// The day it was made.
    pub day: Day,
    /// Who recorded it.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
