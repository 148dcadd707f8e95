//! The rows: what is stored of each thing, as plain data. A row's firm is its book's, so it is not repeated.
//!
//! Rows that change carry a `version`, counted from 0; journal rows never change.

use std::{borrow::Cow, sync::Arc};

use jiff::tz::TimeZone;

use crate::{
    actor::Role,
    id::{Case, Id, Invoice, User},
    ledger::Posting,
    money::{Currency, Money},
    number::Series,
    time::{Day, Timestamp},
};

/// The firm's head: its settings, and the ends of its journal. Locked by every batch that touches the firm.
#[derive(Debug, Clone, PartialEq)]
pub struct Firm {
    /// The firm's id; the owner's id for a firm of one.
    pub id: Id<Self>,
    /// As printed on documents; empty until set.
    pub name: String,
    /// Default currency of new retainers and payments.
    pub currency: Currency,
    /// Zone in which days, years and months begin.
    pub zone: TimeZone,
    /// The last accepted command's place in the journal.
    pub seq: i64,
    /// How many audit records there are.
    pub audit_count: i64,
    /// Hash of the last audit record.
    pub audit_head: [u8; 32],
    /// The batch that wrote this row last.
    pub last_batch: BatchId,
    /// When; the next batch is never earlier.
    pub last_at: Timestamp,
}

/// Where a firm keeps its days when nothing else was set.
pub const ZONE_DEFAULT: &str = "Asia/Riyadh";

impl Firm {
    /// A firm that has not been heard of before.
    pub fn new(id: Id<Self>) -> Self {
        Self {
            id,
            name: String::new(),
            currency: Currency::SAR,
            zone: TimeZone::get(ZONE_DEFAULT).expect("the zone database is compiled in"),
            seq: 0,
            audit_count: 0,
            audit_head: [0; 32],
            last_batch: BatchId([0; 12]),
            last_at: Timestamp::default(),
        }
    }
}

/// The name of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchId(pub [u8; 12]);

/// A user's place in the firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The login.
    pub user: Id<User>,
    /// What they may do.
    pub role: Role,
    /// `false` once they have left: every command and read is then forbidden.
    pub active: bool,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Person or organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientType {
    /// A natural person.
    Individual,
    /// A company.
    Company,
}

impl ClientType {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Company => "company",
        }
    }

    /// The type with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Individual, Self::Company].into_iter().find(|kind| kind.name() == name)
    }
}

/// The firm's customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Id.
    pub id: Id<Self>,
    /// `CLT-YYYY-NNNN`.
    pub number: String,
    /// Person or company.
    pub kind: ClientType,
    /// Names and ways to reach them.
    pub profile: ClientProfile,
    /// The portal login, if any.
    pub user: Option<Id<User>>,
    /// Who took the client in.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What identifies and reaches a client; every field is text as given, `full_name` never empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientProfile {
    /// The name in one piece: as given, else composed of the others.
    pub full_name: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Registered name of a company.
    pub company_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// National or residence id.
    pub national_id: Option<String>,
    /// Commercial registration number of a company.
    pub registration_number: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Street address.
    pub address: Option<String>,
    /// Free text.
    pub notes: Option<String>,
}

/// What a retainer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetainerType {
    /// Paid ahead, drawn on as work is done.
    #[default]
    Advance,
    /// Kept at a level.
    Evergreen,
    /// One price for the matter.
    FlatFee,
    /// Held against non-payment.
    Security,
}

impl RetainerType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Advance, Self::Evergreen, Self::FlatFee, Self::Security];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Advance => "advance",
            Self::Evergreen => "evergreen",
            Self::FlatFee => "flat_fee",
            Self::Security => "security",
        }
    }

    /// The type with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a retainer's movements and dates make of it; shown, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetainerStatus {
    /// Holds money that may be drawn.
    Active,
    /// Drawn to zero; a deposit revives it.
    Depleted,
    /// Refunded to zero; final.
    Refunded,
    /// Past its end date: only a refund moves it.
    Expired,
}

impl RetainerStatus {
    /// The spoken name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Depleted => "depleted",
            Self::Refunded => "refunded",
            Self::Expired => "expired",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Depleted, Self::Refunded, Self::Expired]
            .into_iter()
            .find(|status| status.name() == name)
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

/// What a movement does to its retainer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// Money in.
    Deposit,
    /// Money earned.
    Consumption,
    /// Money returned.
    Refund,
}

impl MovementKind {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Consumption => "consumption",
            Self::Refund => "refund",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Deposit, Self::Consumption, Self::Refund]
            .into_iter()
            .find(|kind| kind.name() == name)
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
}

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

/// The last number taken from one series in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// The series.
    pub series: Series,
    /// The year.
    pub period: i32,
    /// Numbers taken so far; 0: none.
    pub taken: u32,
}

/// Why somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertKind {
    /// A retainer is at or below its minimum.
    LowBalance,
}

impl AlertKind {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LowBalance => "low_balance",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        (name == Self::LowBalance.name()).then_some(Self::LowBalance)
    }
}

/// Raised once, in the commit of the command that caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Id.
    pub id: Id<Self>,
    /// Why.
    pub kind: AlertKind,
    /// The retainer it is about.
    pub retainer: Id<Retainer>,
    /// The command that caused it.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
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
    /// From where: the peer's address.
    pub origin: Arc<str>,
    /// The request's id.
    pub request_id: Arc<str>,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// SHA-256 over the previous record's hash and this record.
    pub hash: [u8; 32],
}

/// What was answered under an idempotency key; kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whose key.
    pub user: Id<User>,
    /// The key.
    pub key: Arc<str>,
    /// SHA-256 of what was asked under it.
    pub fingerprint: [u8; 32],
    /// The audit record of the command.
    pub audit_n: i64,
    /// When.
    pub at: Timestamp,
    /// The answer, as rendered then: an upgrade must not change it.
    pub answer: Arc<[u8]>,
}

/// One stored row of any table, as a verifier reads them.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// The firm's head.
    Firm(Firm),
    /// A membership.
    Member(Member),
    /// A client.
    Client(Client),
    /// A retainer.
    Retainer(Retainer),
    /// A retainer's journal line.
    Movement(Movement),
    /// A retainer's net of a day.
    DayNet(DayNet),
    /// A ledger line.
    Entry(Entry),
    /// A payment.
    Payment(Payment),
    /// A series' counter.
    Counter(Counter),
    /// An alert.
    Alert(Alert),
    /// An audit record.
    Audit(AuditRecord),
    /// An outcome.
    Outcome(Outcome),
}
