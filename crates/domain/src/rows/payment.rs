//! Money received from clients, and money returned.

use super::{Case, Client, Invoice, Retainer};
use crate::{
    id::{Id, User},
    money::Money,
    named::named,
    time::{Day, Timestamp},
};

named! {
    /// How money came in.
    PaymentMethod {
        /// Notes and coins.
        Cash = "cash",
        /// Bank transfer.
        BankTransfer = "bank_transfer",
        /// Credit card.
        CreditCard = "credit_card",
        /// Debit card (mada).
        DebitCard = "debit_card",
        /// Cheque.
        Check = "check",
        /// A payment gateway.
        Gateway = "gateway",
        /// Something else, or not known yet.
        Other = "other",
    }
}

named! {
    /// What a payment is for.
    PaymentType {
        /// For work done.
        CustomerPayment = "customer_payment",
        /// For a retainer.
        Retainer = "retainer",
        /// Ahead of work: goes to a retainer.
        Advance = "advance",
        /// Paid to somebody by the firm: recorded, never applied.
        VendorPayment = "vendor_payment",
        /// Between the firm's own accounts: recorded, never applied.
        Transfer = "transfer",
    }
}

impl PaymentType {
    /// Whether it is a client's money, that can be applied, deposited and refunded.
    pub const fn is_from_client(self) -> bool {
        matches!(self, Self::CustomerPayment | Self::Retainer | Self::Advance)
    }
}

named! {
    /// How far a payment has come; what was refunded is told by its sums.
    PaymentStage {
        /// Expected; no money effect yet.
        Pending = "pending",
        /// Received.
        Completed = "completed",
        /// Did not arrive; may still.
        Failed = "failed",
        /// Will not arrive.
        Cancelled = "cancelled",
    }
}

named! {
    /// What a payment's stage and sums make of it; shown, never stored.
    PaymentStatus {
        /// Expected.
        Pending = "pending",
        /// Received.
        Completed = "completed",
        /// Did not arrive.
        Failed = "failed",
        /// Will not arrive.
        Cancelled = "cancelled",
        /// Part of it was returned.
        PartiallyRefunded = "partially_refunded",
        /// All of it was returned.
        Refunded = "refunded",
    }
}

named! {
    /// What the payer wants done with money that its invoices don't take.
    Overpayment {
        /// Keep it as client credit.
        Credit = "credit",
        /// Refuse the payment.
        Reject = "reject",
        /// Keep it as credit, untouched until somebody decides.
        Hold = "hold",
        /// Keep it as credit until somebody returns it.
        Refund = "refund",
    }
}

named! {
    /// Where a cheque is.
    CheckState {
        /// In the firm's hands.
        Received = "received",
        /// At the bank.
        Deposited = "deposited",
        /// Paid: the payment is completed.
        Cleared = "cleared",
        /// Returned unpaid: the payment has failed.
        Bounced = "bounced",
    }
}

/// The cheque that a payment came as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Where it is.
    pub state: CheckState,
    /// Its number.
    pub number: Option<String>,
    /// The drawer's bank.
    pub bank: Option<String>,
    /// The date on it.
    pub day: Option<Day>,
}

/// Where a part of a payment has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// Set against an invoice.
    Invoice(Id<Invoice>),
    /// Deposited into a retainer.
    Retainer(Id<Retainer>),
}

/// A part of a payment that something has claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// What.
    pub target: Target,
    /// How much of it is still there: refunds and unapplying take from it.
    pub amount: Money,
}

/// How a payment arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The command's place in the journal: what a refund reverses.
    pub seq: i64,
    /// When it was completed.
    pub at: Timestamp,
}

/// Money received from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Id.
    pub id: Id<Self>,
    /// `PAY-YYYY-NNNN`.
    pub number: String,
    /// Who paid; nobody's for money that is not a client's.
    pub client: Option<Id<Client>>,
    /// What it is for.
    pub kind: PaymentType,
    /// How it came.
    pub method: PaymentMethod,
    /// How far it has come.
    pub stage: PaymentStage,
    /// The whole amount.
    pub amount: Money,
    /// What nothing has claimed yet: client credit. Zero until completed.
    pub unapplied: Money,
    /// Σ refunds.
    pub refunded: Money,
    /// What has been claimed, oldest first: amount = unapplied + Σ claims + refunded.
    pub claims: Vec<Claim>,
    /// What it is to be set against once it arrives, in this order.
    pub wanted: Vec<(Id<Invoice>, Money)>,
    /// The invoice it names.
    pub invoice: Option<Id<Invoice>>,
    /// The retainer it names.
    pub retainer: Option<Id<Retainer>>,
    /// What its invoices leave goes into a retainer.
    pub fills_retainer: bool,
    /// The matter.
    pub case: Option<Id<Case>>,
    /// What to do with what is left.
    pub overpayment: Overpayment,
    /// The gateway it came through.
    pub gateway: Option<String>,
    /// The payer's or gateway's own reference.
    pub reference: Option<String>,
    /// The cheque it came as.
    pub check: Option<Check>,
    /// Card, fees and bank details as the caller gave them: one JSON object, recorded and never read.
    pub details: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// The day it was made.
    pub day: Day,
    /// Set when it was completed.
    pub arrived: Option<Arrival>,
    /// When it was found in the bank's books.
    pub reconciled_at: Option<Timestamp>,
    /// A receipt was sent.
    pub receipt_sent: bool,
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

impl Payment {
    /// Its status.
    pub fn status(&self) -> PaymentStatus {
        match self.stage {
            PaymentStage::Pending => PaymentStatus::Pending,
            PaymentStage::Failed => PaymentStatus::Failed,
            PaymentStage::Cancelled => PaymentStatus::Cancelled,
            PaymentStage::Completed if self.refunded == self.amount => PaymentStatus::Refunded,
            PaymentStage::Completed if !self.refunded.is_zero() => PaymentStatus::PartiallyRefunded,
            PaymentStage::Completed => PaymentStatus::Completed,
        }
    }

    /// Σ of what went where `is_there` says.
    fn claimed(&self, is_there: fn(&Target) -> bool) -> Money {
        let zero = Money::zero(self.amount.currency());
        self.claims
            .iter()
            .filter(|claim| is_there(&claim.target))
            .try_fold(zero, |sum, claim| sum.plus(claim.amount))
            .unwrap_or(zero)
    }

    /// Σ of what is set against invoices.
    pub fn applied(&self) -> Money {
        self.claimed(|target| matches!(target, Target::Invoice(_)))
    }

    /// Σ of what is in retainers.
    pub fn deposited(&self) -> Money {
        self.claimed(|target| matches!(target, Target::Retainer(_)))
    }
}

/// Money returned to a client, out of one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Id.
    pub id: Id<Self>,
    /// `PAY-YYYY-NNNN`.
    pub number: String,
    /// The payment that is returned.
    pub payment: Id<Payment>,
    /// To whom.
    pub client: Id<Client>,
    /// How much: the sum of the next three.
    pub amount: Money,
    /// Taken from client credit.
    pub from_credit: Money,
    /// Taken back out of retainers.
    pub from_retainers: Money,
    /// Taken off invoices.
    pub from_invoices: Money,
    /// How it is returned.
    pub method: PaymentMethod,
    /// Why.
    pub reason: Option<String>,
    /// The day it takes effect.
    pub day: Day,
    /// Who returned it.
    pub created_by: Id<User>,
    /// Optimistic lock; a refund never changes.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
