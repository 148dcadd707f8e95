//! Invoices, what is set against them, and the credit notes that take part of them back.

use std::sync::Arc;

use super::{Case, Client, Expense, Payment, Retainer, TimeEntry};
use crate::{
    id::{Id, User},
    money::{Currency, Decimal, Money, Rate},
    named::named,
    time::{Day, Timestamp},
};

named! {
    /// What a line stands for.
    LineKind {
        /// Hours worked.
        Time = "time",
        /// Money laid out for the client.
        Expense = "expense",
        /// A price for the whole.
        FlatFee = "flat_fee",
        /// Something sold.
        Product = "product",
        /// Takes its amount off.
        Discount = "discount",
        /// Says what the lines so far add up to; carries no amount.
        Subtotal = "subtotal",
        /// Words; carries no amount.
        Comment = "comment",
    }
}

impl LineKind {
    /// Whether a line of this kind has an amount of its own.
    pub const fn carries_amount(self) -> bool {
        !matches!(self, Self::Subtotal | Self::Comment)
    }
}

/// What is taken off a line or a whole invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// So many hundredths of a percent.
    Percentage(Rate),
    /// So much.
    Fixed(Money),
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it stands for.
    pub kind: LineKind,
    /// As printed.
    pub description: Option<String>,
    /// How many; at most four digits after the point.
    pub quantity: Decimal,
    /// The price of one; at most four digits after the point.
    pub unit_price: Decimal,
    /// What is taken off it.
    pub discount: Option<Discount>,
    /// Whether VAT is due on it.
    pub taxable: bool,
    /// Quantity × price, rounded once, less the discount; zero where the kind carries no amount.
    pub total: Money,
    /// The work it bills.
    pub time_entry: Option<Id<TimeEntry>>,
    /// The outlay it bills.
    pub expense: Option<Id<Expense>>,
}

/// What an invoice's lines add up to; computed by us, never taken from a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Lines before discounts.
    pub subtotal: Money,
    /// Everything taken off.
    pub discount: Money,
    /// What VAT is due on.
    pub taxable: Money,
    /// The VAT.
    pub vat: Money,
    /// What is owed.
    pub total: Money,
}

named! {
    /// When an invoice is due, counted from its issue.
    PaymentTerms {
        /// At once.
        DueOnReceipt = "due_on_receipt",
        /// In 7 days.
        Net7 = "net_7",
        /// In 15 days.
        Net15 = "net_15",
        /// In 30 days.
        Net30 = "net_30",
        /// In 45 days.
        Net45 = "net_45",
        /// In 60 days.
        Net60 = "net_60",
        /// In 90 days.
        Net90 = "net_90",
    }
}

impl PaymentTerms {
    /// Days from issue to due.
    pub const fn days(self) -> i32 {
        match self {
            Self::DueOnReceipt => 0,
            Self::Net7 => 7,
            Self::Net15 => 15,
            Self::Net30 => 30,
            Self::Net45 => 45,
            Self::Net60 => 60,
            Self::Net90 => 90,
        }
    }
}

named! {
    /// How far an invoice has come; what was paid on it is told by its sums, not here.
    InvoiceStage {
        /// Being written.
        Draft = "draft",
        /// Waits for somebody to approve it.
        PendingApproval = "pending_approval",
        /// May be sent.
        Approved = "approved",
        /// Sent: the client owes it.
        Issued = "issued",
        /// Taken back before anything was paid.
        Void = "void",
        /// Given up.
        WrittenOff = "written_off",
        /// Never sent.
        Cancelled = "cancelled",
    }
}

named! {
    /// What an invoice's stage, sums and dates make of it; shown, never stored.
    InvoiceStatus {
        /// Being written.
        Draft = "draft",
        /// Waits for somebody to approve it.
        PendingApproval = "pending_approval",
        /// May be sent.
        Approved = "approved",
        /// The client owes all of it.
        Sent = "sent",
        /// And has seen it.
        Viewed = "viewed",
        /// Something was set against it.
        Partial = "partial",
        /// Nothing is due any more.
        Paid = "paid",
        /// Taken back, or credited in full.
        Void = "void",
        /// Given up.
        WrittenOff = "written_off",
        /// Never sent.
        Cancelled = "cancelled",
    }
}

/// How an invoice entered the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    /// The command's place in the journal: what a void or a credit note reverses.
    pub seq: i64,
    /// When it was sent.
    pub at: Timestamp,
}

/// What a client owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Id.
    pub id: Id<Self>,
    /// `INV-YYYYMM-NNNN`.
    pub number: String,
    /// Who owes it.
    pub client: Id<Client>,
    /// The matter.
    pub case: Option<Id<Case>>,
    /// Its lines.
    pub lines: Arc<[Line]>,
    /// The VAT rate.
    pub vat_rate: Rate,
    /// What is taken off the whole.
    pub discount: Option<Discount>,
    /// What the lines add up to.
    pub totals: Totals,
    /// How far it has come.
    pub stage: InvoiceStage,
    /// The day on the document; revenue and receivable are posted on it.
    pub issue_day: Day,
    /// When it is due.
    pub due_day: Day,
    /// What the due day follows from.
    pub terms: PaymentTerms,
    /// Σ live applications of payments.
    pub paid: Money,
    /// Σ live applications of retainers.
    pub retainer_applied: Money,
    /// Σ credit notes.
    pub credited: Money,
    /// The VAT in them.
    pub vat_credited: Money,
    /// What was given up.
    pub written_off: Money,
    /// How many lines its journal of applications has.
    pub applications: i64,
    /// Set when it was sent.
    pub issued: Option<Issued>,
    /// When the client first saw it.
    pub viewed_at: Option<Timestamp>,
    /// When nothing was due any more.
    pub paid_at: Option<Timestamp>,
    /// The payment that was set against it last, and when.
    pub last_payment: Option<(Id<Payment>, Timestamp)>,
    /// Why it was voided, written off or rejected.
    pub reason: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// Marked as deleted: hidden, kept with its number.
    pub deleted: bool,
    /// Who wrote it.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Invoice {
    /// The currency of all its amounts.
    pub const fn currency(&self) -> Currency {
        self.totals.total.currency()
    }

    /// What is still owed: zero unless it is issued.
    pub fn due(&self) -> Money {
        let nothing = Money::zero(self.currency());
        if self.stage != InvoiceStage::Issued {
            return nothing;
        }
        [self.paid, self.retainer_applied, self.credited, self.written_off]
            .into_iter()
            .try_fold(self.totals.total, Money::minus)
            .unwrap_or(nothing)
    }

    /// Its status.
    pub fn status(&self) -> InvoiceStatus {
        match self.stage {
            InvoiceStage::Draft => InvoiceStatus::Draft,
            InvoiceStage::PendingApproval => InvoiceStatus::PendingApproval,
            InvoiceStage::Approved => InvoiceStatus::Approved,
            InvoiceStage::Void => InvoiceStatus::Void,
            InvoiceStage::WrittenOff => InvoiceStatus::WrittenOff,
            InvoiceStage::Cancelled => InvoiceStatus::Cancelled,
            InvoiceStage::Issued if self.credited == self.totals.total => InvoiceStatus::Void,
            InvoiceStage::Issued if self.due().is_zero() => InvoiceStatus::Paid,
            InvoiceStage::Issued if self.has_payments() => InvoiceStatus::Partial,
            InvoiceStage::Issued if self.viewed_at.is_some() => InvoiceStatus::Viewed,
            InvoiceStage::Issued => InvoiceStatus::Sent,
        }
    }

    /// Whether anything is set against it.
    pub const fn has_payments(&self) -> bool {
        !self.paid.is_zero() || !self.retainer_applied.is_zero()
    }

    /// Past its due day with something owed; a view, never a stored state.
    pub fn is_overdue(&self, today: Day) -> bool {
        self.due_day < today && !self.due().is_zero()
    }
}

/// Where a part of an invoice was paid from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A payment, or the client credit it left.
    Payment(Id<Payment>),
    /// Money held in trust.
    Retainer(Id<Retainer>),
}

named! {
    /// What an invoice's journal line says happened.
    ApplicationKind {
        /// Set against the invoice.
        Applied = "applied",
        /// Taken off it again: client credit.
        Unapplied = "unapplied",
        /// Returned to the client.
        Refunded = "refunded",
        /// Set free by a credit note.
        Released = "released",
    }
}

/// One line of an invoice's journal; never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The invoice.
    pub invoice: Id<Invoice>,
    /// Its place in the invoice's journal, from 1, without gaps.
    pub n: i64,
    /// The command's place in the firm's journal.
    pub seq: i64,
    /// Where the money came from, or went back to.
    pub source: Source,
    /// What happened.
    pub kind: ApplicationKind,
    /// Always positive; everything but `Applied` takes it off.
    pub amount: Money,
    /// The day it takes effect.
    pub day: Day,
    /// When it was posted.
    pub at: Timestamp,
    /// Who posted it.
    pub by: Id<User>,
}

impl Application {
    /// What it adds to the invoice's paid part, in minor units.
    pub const fn signed_minor(&self) -> i64 {
        match self.kind {
            ApplicationKind::Applied => self.amount.minor(),
            _ => self.amount.minor().saturating_neg(),
        }
    }
}

/// Takes back part or all of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNote {
    /// Id.
    pub id: Id<Self>,
    /// `CN-YYYYMM-NNNN`.
    pub number: String,
    /// The invoice it lowers.
    pub invoice: Id<Invoice>,
    /// Whose it is.
    pub client: Id<Client>,
    /// How much, VAT included.
    pub amount: Money,
    /// The VAT in it.
    pub vat: Money,
    /// Why.
    pub reason: Option<String>,
    /// The day on the document.
    pub day: Day,
    /// Who wrote it.
    pub created_by: Id<User>,
    /// Optimistic lock; a credit note never changes.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
