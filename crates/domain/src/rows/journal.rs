//! What is kept beside the business: numbers taken, alerts, the audit log, kept answers.

use std::{borrow::Cow, sync::Arc};

use super::Client;
use crate::{
    actor::Role,
    audit::Salt,
    id::{Id, User},
    invariant::AccountKind,
    ledger::Account,
    money::{Currency, Money},
    named::named,
    number::Series,
    time::{Day, Timestamp},
};

/// The last number taken from one series in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// The series.
    pub series: Series,
    /// The period, as [`Series::period`] counts it.
    pub period: i32,
    /// Numbers taken so far; 0: none.
    pub taken: u32,
}

named! {
    /// Why somebody should look.
    AlertKind {
        /// A retainer is at or below its minimum.
        LowBalance = "low_balance",
        /// The same money command came twice within seconds, without a key.
        PossibleDuplicate = "possible_duplicate",
        /// A payment brought more than its invoices took.
        PossibleDuplicatePayment = "possible_duplicate_payment",
        /// An invoice was paid by two payments within a second.
        InvoicePaidTwice = "invoice_paid_twice",
        /// A retainer ends soon.
        RetainerExpiring = "retainer_expiring",
        /// A retainer's balance is below zero, or not what its movements add up to.
        BalanceBelowZero = "balance_below_zero",
        /// An invoice is not paid by what was applied to it.
        AmountPaidDiffers = "amount_paid_differs",
        /// A number was given out that was taken already, again and again.
        NumbersFail = "numbers_fail",
        /// The books do not agree with themselves.
        Discrepancy = "discrepancy",
    }
}

/// Raised once, in the commit of the command that caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Id.
    pub id: Id<Self>,
    /// Why.
    pub kind: AlertKind,
    /// The row it is about: a retainer or a payment, as its kind says; for a duplicate, whatever the
    /// command was about; for a discrepancy, what was found to be wrong.
    pub about: [u8; 12],
    /// The command that caused it.
    pub seq: i64,
    /// What a check has found, if that is why.
    pub found: Option<Found>,
    /// Who took the parked account back into use, if it was one.
    pub released: Option<Release>,
    /// Who said that they have seen it, and when.
    pub acknowledged: Option<(Id<User>, Timestamp)>,
    /// Who sent the command.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When it was raised.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a check has found about a row: why it is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the row is.
    pub kind: AccountKind,
    /// The rule that is broken.
    pub rule: String,
    /// [`crate::invariant::Sign`]s of everything found about it, in order, with spaces between them.
    pub signs: String,
    /// The smallest counterexample.
    pub text: String,
}

impl Found {
    /// Whether nothing was found that `self` does not have.
    pub fn covers(&self, signs: &str) -> bool {
        signs.split(' ').all(|sign| self.signs.split(' ').any(|own| own == sign))
    }
}

/// An owner answers for a parked account from here on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Who.
    pub by: Id<User>,
    /// When.
    pub at: Timestamp,
    /// Why; never empty.
    pub reason: String,
}

named! {
    /// Why what a client owes has changed.
    StatementKind {
        /// An invoice was sent.
        Invoice = "invoice",
        /// Money came in, for invoices or as credit.
        Payment = "payment",
        /// Money held in trust paid an invoice.
        RetainerApplied = "retainer_applied",
        /// Credit was put into a retainer.
        CreditToRetainer = "credit_to_retainer",
        /// Money was returned.
        Refund = "refund",
        /// An invoice was taken back in part.
        CreditNote = "credit_note",
        /// An invoice was taken back.
        Void = "void",
        /// An invoice was given up.
        WriteOff = "write_off",
    }
}

/// One line of a client's account: what the client owes (receivables less credit) changed. Never
/// changed itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Whose account.
    pub client: Id<Client>,
    /// The day it takes effect.
    pub day: Day,
    /// The command's place in the journal.
    pub seq: i64,
    /// Its line within the command, from 1.
    pub line: i64,
    /// Why.
    pub kind: StatementKind,
    /// The document behind it.
    pub document: [u8; 12],
    /// The document's number.
    pub number: String,
    /// What is owed more (positive) or less.
    pub amount: Money,
}

/// How much what a client owes changed on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientNet {
    /// The client.
    pub client: Id<Client>,
    /// In which currency.
    pub currency: Currency,
    /// The day.
    pub day: Day,
    /// Minor units.
    pub net_minor: i64,
}

/// What one account of the ledger moved on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountNet {
    /// The account.
    pub account: Account,
    /// In which currency.
    pub currency: Currency,
    /// The day.
    pub day: Day,
    /// Σ debits, in minor units.
    pub debit_minor: i64,
    /// Σ credits, in minor units.
    pub credit_minor: i64,
}

/// What was asked, by whom, and what came of it: one record per command, accepted or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the firm's audit log, from 1, without gaps.
    pub n: i64,
    /// The command's place in the journal; `None` when it was refused.
    pub seq: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub user: Id<User>,
    /// In which role.
    pub role: Role,
    /// What: the command's name.
    pub command: Cow<'static, str>,
    /// `accepted`, or the refusal's code.
    pub outcome: Cow<'static, str>,
    /// The row it was about, if it got that far.
    pub object: Option<[u8; 12]>,
    /// What was said, or the commitment to it.
    pub told: Told,
    /// The hash of its leaf: [`crate::audit::leaf`].
    pub leaf: [u8; 32],
}

/// What a record says beyond what happened. It may identify a person, so it can be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// As it was recorded.
    Said(Said),
    /// Erased, but for what its leaf was made of: [`crate::audit::commitment`].
    Erased([u8; 32]),
}

/// What was asked and answered, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Keeps the commitment from being guessed backwards.
    pub salt: Salt,
    /// From where: the peer's address.
    pub origin: Arc<str>,
    /// The request's id.
    pub request_id: Arc<str>,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// [`crate::audit::kept`] of what was kept under an idempotency key; `None` without a key.
    pub kept: Option<[u8; 32]>,
}

/// A node of the tree over the audit records: the root of a complete subtree. Those of some levels are
/// stored, so that a proof needs few rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditNode {
    /// How high the subtree is: it has 2^level records.
    pub level: i64,
    /// Its place among all of its level, from 0.
    pub at: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// What was answered under an idempotency key; kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whose key.
    pub user: Id<User>,
    /// The key.
    pub key: Arc<str>,
    /// SHA-256 of what was asked under it; zero once it was erased.
    pub fingerprint: [u8; 32],
    /// The audit record of the command.
    pub audit_n: i64,
    /// When.
    pub at: Timestamp,
    /// The answer, as rendered then: an upgrade must not change it. Empty once it was erased.
    pub answer: Arc<[u8]>,
}

impl Outcome {
    /// Whether the answer has been erased: the key stays used.
    pub fn is_erased(&self) -> bool {
        self.answer.is_empty()
    }
}
