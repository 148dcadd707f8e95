//! What a decision asks for ([`Key`]), what a store answers ([`Loaded`]), what a decision makes
//! ([`Change`]), and what a commit writes ([`Batch`]). One variant per stored fact: the compiler
//! lists the places where a new one must be read and written.

use std::sync::Arc;

use crate::{
    id::{Id, Ref, User},
    number::Series,
    rows::{
        Alert, AuditRecord, Client, Counter, DayNet, Entry, Firm, Member, Movement, Outcome,
        Payment, Retainer,
    },
    time::Day,
};

/// A row of one firm that a decision needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// The membership of a user.
    Member(Id<User>),
    /// A client, by id or number.
    Client(Ref<Client>),
    /// A retainer, by id or number.
    Retainer(Ref<Retainer>),
    /// A payment, by id or number.
    Payment(Ref<Payment>),
    /// The last number taken from a series in a period.
    Counter(Series, i32),
    /// The outcome under a user's idempotency key.
    Outcome(Id<User>, Arc<str>),
    /// A retainer's nets of the days from this one on.
    DaysFrom(Id<Retainer>, Day),
}

/// A row as read, or the certainty that there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    /// There is no such row.
    Absent(Key),
    /// A membership.
    Member(Member),
    /// A client.
    Client(Client),
    /// A retainer.
    Retainer(Retainer),
    /// A payment.
    Payment(Payment),
    /// A series' counter.
    Counter(Counter),
    /// An outcome.
    Outcome(Outcome),
    /// Day nets in any order; days without movement are left out.
    Days {
        /// The retainer.
        retainer: Id<Retainer>,
        /// The first day asked for.
        from: Day,
        /// Day and net minor units.
        nets: Vec<DayNet>,
    },
}

/// One thing that a decision makes true.
#[derive(Debug, Clone)]
pub enum Change {
    /// A membership as it now is.
    Member(Arc<Member>),
    /// A client as it now is.
    Client(Arc<Client>),
    /// A retainer as it now is.
    Retainer(Arc<Retainer>),
    /// A payment as it now is.
    Payment(Arc<Payment>),
    /// A number was taken.
    Counter(Counter),
    /// A retainer's journal grew.
    Movement(Arc<Movement>),
    /// A day's net changed by this much.
    DayNet(DayNet),
    /// The ledger grew.
    Entry(Entry),
    /// An alert was raised.
    Alert(Alert),
}

/// A row to write, and the version it must still have: `None`, it must not exist yet.
#[derive(Debug, Clone)]
pub struct Write<R> {
    /// The row as it now is.
    pub row: Arc<R>,
    /// The version that was read.
    pub base: Option<i64>,
}

/// The last number a counter had when it was read, and has now.
#[derive(Debug, Clone, Copy)]
pub struct CounterWrite {
    /// The counter as it now is.
    pub counter: Counter,
    /// What it was; 0: it did not exist.
    pub base: u32,
}

/// Everything that one commit writes for one firm.
#[derive(Debug, Clone)]
pub struct FirmBatch {
    /// The head as it now is.
    pub firm: Firm,
    /// The batch that must still have written the head last; `None`, the firm must not exist yet.
    pub base: Option<crate::rows::BatchId>,
    /// Memberships.
    pub members: Vec<Write<Member>>,
    /// Clients.
    pub clients: Vec<Write<Client>>,
    /// Retainers.
    pub retainers: Vec<Write<Retainer>>,
    /// Payments.
    pub payments: Vec<Write<Payment>>,
    /// Counters.
    pub counters: Vec<CounterWrite>,
    /// Retainer journal lines, in order.
    pub movements: Vec<Arc<Movement>>,
    /// Changes of day nets, one per retainer and day, to be added to what is there.
    pub day_nets: Vec<DayNet>,
    /// Ledger lines, in order.
    pub entries: Vec<Entry>,
    /// Alerts raised.
    pub alerts: Vec<Alert>,
    /// Audit records, in order.
    pub audit: Vec<AuditRecord>,
    /// Outcomes under idempotency keys.
    pub outcomes: Vec<Arc<Outcome>>,
}

/// Everything that one commit writes, firm by firm.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Each firm once, in id order.
    pub firms: Vec<FirmBatch>,
}
