//! What a decision asks for ([`Key`]), what a store answers ([`Loaded`]), what a decision makes
//! ([`Change`]), and what a commit writes ([`Batch`]). Entities come from one list
//! ([`crate::entities!`]); the compiler names the places where anything else must be read and written.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    command::Decide as _,
    entities,
    id::{Id, Ref, User},
    number::Series,
    people::erase_client::EraseClient,
    rows::{
        AccountNet, Alert, Application, AuditNode, AuditRecord, Case, Client, ClientNet, Counter,
        CreditNote, DayNet, Delivery, Entry, Expense, Firm, Invoice, Job, Member, Movement,
        Outcome, Payment, Proposal, Refund, Retainer, Source, StatementLine, TimeEntry,
        Transaction, Webhook,
    },
    time::{Day, Timestamp},
};

/// All rows of one kind that a rule looks at together. Only the rows that matter are loaded: what is
/// not among them when the set is held does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Set {
    /// What keeps a client from being archived: cases that are not closed, invoices with something
    /// due, retainers with a balance, payments with credit, and payments that may still arrive (pending or
    /// failed).
    HeldBy(Id<Client>),
    /// A client's retainers that are not refunded.
    RetainersOf(Id<Client>),
    /// A job's live proposals.
    ProposalsOf(Id<Job>),
    /// Every row about a client, archived and deleted ones too.
    About(Id<Client>),
    /// The time entry whose timer a user has running.
    TimerOf(Id<User>),
    /// The alerts about a row that nobody has acknowledged.
    OpenAlerts([u8; 12]),
    /// The alerts of what checks have found about a row, released ones too.
    FoundAbout([u8; 12]),
    /// Every webhook of a firm: the one whose book it is.
    WebhooksOf(Id<Firm>),
}

macro_rules! changes {
    ($($row:ident, $table:ident, $absent:ident;)+) => {
        /// A row of one firm that a decision needs.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Key {
            /// The membership of a user.
            Member(Id<User>),
            $(#[doc = concat!("A [`", stringify!($row), "`], by id or number.")] $row(Ref<$row>),)+
            /// The last number taken from a series in a period.
            Counter(Series, i32),
            /// The outcome under a user's idempotency key.
            Outcome(Id<User>, Arc<str>),
            /// A retainer's nets of the days from this one on.
            DaysFrom(Id<Retainer>, Day),
            /// An invoice's journal.
            Applications(Id<Invoice>),
            /// What was asked lately: fingerprints of the last audit records.
            Lately,
            /// Every row of a set.
            Set(Set),
        }

        /// A row as read, or the certainty that there is none.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Loaded {
            /// There is no such row.
            Absent(Key),
            /// A membership.
            Member(Member),
            $(#[doc = concat!("A [`", stringify!($row), "`].")] $row($row),)+
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
            /// An invoice's journal, in its order.
            Applications {
                /// The invoice.
                invoice: Id<Invoice>,
                /// Its lines.
                lines: Vec<Application>,
            },
            /// Fingerprint and time of the last [`crate::lately::LATELY_COUNT_MAX`] accepted commands,
            /// newest first.
            Lately(Vec<([u8; 32], Timestamp)>),
            /// Every row of a set; each one is a row of an entity.
            Set(Set, Vec<Self>),
        }

        /// One thing that a decision makes true.
        #[derive(Debug, Clone)]
        pub enum Change {
            /// A membership as it now is.
            Member(Arc<Member>),
            $(#[doc = concat!("A [`", stringify!($row), "`] as it now is.")] $row(Arc<$row>),)+
            /// A number was taken.
            Counter(Counter),
            /// A retainer's journal grew.
            Movement(Arc<Movement>),
            /// A day's net changed by this much.
            DayNet(DayNet),
            /// An invoice's journal grew.
            Application(Application),
            /// The ledger grew.
            Entry(Entry),
            /// A client's account grew.
            StatementLine(StatementLine),
            /// The rows that no command may change, as they now are.
            Parked(Vec<[u8; 12]>),
            /// What was said about a person is to go.
            Erased(Erasure),
        }

        impl Change {
            /// Whether it changes one of these rows, or adds to what is kept of it.
            pub fn touches(&self, is_one: impl Fn(&[u8; 12]) -> bool) -> bool {
                match self {
                    Self::Member(row) => is_one(row.user.bytes()),
                    $(Self::$row(row) => is_one(row.id.bytes()),)+
                    Self::Movement(row) => is_one(row.retainer.bytes()),
                    Self::DayNet(net) => is_one(net.retainer.bytes()),
                    Self::Application(line) => {
                        let source = match &line.source {
                            Source::Payment(payment) => payment.bytes(),
                            Source::Retainer(retainer) => retainer.bytes(),
                        };
                        is_one(line.invoice.bytes()) || is_one(source)
                    }
                    Self::Entry(entry) => {
                        let sides = [&entry.posting.debit, &entry.posting.credit];
                        sides.into_iter().filter_map(|side| side.of.as_ref()).any(is_one)
                    }
                    Self::StatementLine(line) => {
                        is_one(line.client.bytes()) || is_one(&line.document)
                    }
                    Self::Erased(erasure) => erasure.objects.iter().any(is_one),
                    Self::Counter(_) | Self::Parked(_) => false,
                }
            }
        }

        /// Everything that one commit writes for one firm.
        #[derive(Debug, Clone)]
        pub struct FirmBatch {
            /// The head as it now is.
            pub firm: Firm,
            /// The batch that must still have written the head last; `None`, the firm must not exist
            /// yet.
            pub base: Option<crate::rows::BatchId>,
            /// Memberships.
            pub members: Vec<Write<Member>>,
            $(#[doc = concat!("Each [`", stringify!($row), "`] once.")]
            pub $table: Vec<Write<$row>>,)+
            /// Counters.
            pub counters: Vec<CounterWrite>,
            /// Retainer journal lines, in order.
            pub movements: Vec<Arc<Movement>>,
            /// Changes of day nets, one per retainer and day, to be added to what is there.
            pub day_nets: Vec<DayNet>,
            /// Invoice journal lines, in order.
            pub applications: Vec<Application>,
            /// Ledger lines, in order.
            pub entries: Vec<Entry>,
            /// Changes of the accounts' daily sums, one per account, currency and day, to be added.
            pub account_nets: Vec<AccountNet>,
            /// Lines of clients' accounts, in order.
            pub statement_lines: Vec<StatementLine>,
            /// Changes of clients' daily nets, one per client, currency and day, to be added.
            pub client_nets: Vec<ClientNet>,
            /// Audit records, in order.
            pub audit: Vec<AuditRecord>,
            /// Nodes of their tree that are complete now, in order.
            pub audit_nodes: Vec<AuditNode>,
            /// Outcomes under idempotency keys.
            pub outcomes: Vec<Arc<Outcome>>,
            /// What goes, after all else was written.
            pub erasures: Vec<Erasure>,
        }
    };
}
entities!(changes);

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

/// What goes for good: all that can be erased of audit records about these rows, by this login, or whose
/// kept answer names the client; those answers; the descriptions of these retainers' movements.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// Who.
    pub client: Id<Client>,
    /// The ids of every row about them, their own among them.
    pub objects: BTreeSet<[u8; 12]>,
    /// Their own login.
    pub login: Option<Id<User>>,
    /// The last audit record that is looked at.
    pub up_to: i64,
}

impl Erasure {
    /// Whether it is there for what this record says to go.
    pub fn is_about(&self, record: &AuditRecord) -> bool {
        let is_of = record.object.is_some_and(|object| self.objects.contains(&object));
        is_of || self.login == Some(record.user)
    }

    /// Whether what this record says may go. An erasure's own answer names nobody, and stays.
    pub fn may_take(&self, record: &AuditRecord) -> bool {
        record.n <= self.up_to && record.command != EraseClient::NAME
    }
}

/// Everything that one commit writes, firm by firm.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Each firm once, in id order.
    pub firms: Vec<FirmBatch>,
}
