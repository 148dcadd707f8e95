//! One firm's rows, as far as a batch has needed them. A decision reads one book and no other: that
//! another firm's rows can't be seen is a matter of types, not of care.
//!
//! A book holds committed rows and, on top, what the commands accepted so far in this batch made of
//! them. It is thrown away whole when a commit does not succeed.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Map, audit,
    change::{Change, CounterWrite, Erasure, FirmBatch, Key, Loaded, Set},
    entities,
    entity::Entity,
    id::{Id, Ref, User},
    lately::Lately,
    ledger::{Account, Side},
    money::Currency,
    number::Series,
    rows::{
        AccountNet, Alert, Application, AuditNode, AuditRecord, BatchId, Case, Client, ClientNet,
        Counter, CreditNote, DayNet, Delivery, Entry, Expense, Firm, Invoice, Job, Member,
        Movement, Outcome, Payment, Proposal, Refund, Retainer, StatementLine, TimeEntry,
        Transaction, Webhook,
    },
    table::Table,
    time::{Day, Timestamp},
};

/// An account of the ledger, in one currency, on one day.
type AccountDay = (Account, Currency, Day);
/// A client's account, in one currency, on one day.
type ClientDay = (Id<Client>, Currency, Day);

#[derive(Default)]
struct Journal {
    movements: Vec<Arc<Movement>>,
    day_nets: BTreeMap<(Id<Retainer>, Day), i64>,
    applications: Vec<Application>,
    entries: Vec<Entry>,
    /// Σ debits and Σ credits.
    account_nets: BTreeMap<AccountDay, (i64, i64)>,
    statement_lines: Vec<StatementLine>,
    client_nets: BTreeMap<ClientDay, i64>,
    audit: Vec<AuditRecord>,
    audit_nodes: Vec<AuditNode>,
    outcomes: Vec<Arc<Outcome>>,
    erasures: Vec<Erasure>,
}

/// An idempotency key and whose it is.
type KeyOfUser = (Id<User>, Arc<str>);

/// A retainer's day nets, complete from `from` on.
pub struct Days {
    /// The first day covered.
    pub from: Day,
    /// Day and net, in minor units.
    pub nets: BTreeMap<Day, i64>,
}

macro_rules! book {
    ($($row:ident, $table:ident, $absent:ident;)+) => {
        /// One firm's rows and the journal lines of the batch under way.
        pub struct Book {
            /// The head.
            pub firm: Firm,
            base: Option<BatchId>,
            is_doubted: bool,
            /// Memberships.
            pub members: Table<Member>,
            $(#[doc = concat!("Every loaded [`", stringify!($row), "`].")]
            pub $table: Table<$row>,)+
            counters: Map<(Series, i32), CounterWrite>,
            outcomes: Map<KeyOfUser, Option<Arc<Outcome>>>,
            days: Map<Id<Retainer>, Days>,
            applications: Map<Id<Invoice>, Vec<Application>>,
            /// The ids of each set's rows, as the database had them.
            sets: Map<Set, Vec<[u8; 12]>>,
            lately: Option<Lately>,
            journal: Journal,
        }

        impl Book {
            fn with(firm: Firm, base: Option<BatchId>) -> Self {
                Self {
                    firm,
                    base,
                    is_doubted: false,
                    members: Table::default(),
                    $($table: Table::default(),)+
                    counters: Map::default(),
                    outcomes: Map::default(),
                    days: Map::default(),
                    applications: Map::default(),
                    sets: Map::default(),
                    lately: None,
                    journal: Journal::default(),
                }
            }

            /// How many rows are held in memory.
            pub fn row_count(&self) -> usize {
                [self.members.len(), $(self.$table.len(),)+ self.counters.len()]
                    .into_iter()
                    .fold(0, usize::saturating_add)
            }

            /// Whether a decision that asks for `key` would find it here.
            pub fn holds(&self, key: &Key) -> bool {
                match key {
                    Key::Member(user) => self.members.knows(*user),
                    $(Key::$row(by) => self.$table.holds(by),)+
                    Key::Counter(series, period) => self.counters.contains_key(&(*series, *period)),
                    Key::Outcome(user, key) => {
                        self.outcomes.contains_key(&(*user, Arc::clone(key)))
                    }
                    Key::DaysFrom(retainer, day) => {
                        self.days.get(retainer).is_some_and(|days| days.from <= *day)
                    }
                    Key::Applications(invoice) => self.applications.contains_key(invoice),
                    Key::Lately => self.lately.is_some(),
                    Key::Set(set) => self.sets.contains_key(set),
                }
            }

            /// Takes in what the store read; `shown` gets the further rows that an answer shows.
            pub fn load(&mut self, loaded: Loaded, shown: &mut Vec<Key>) {
                match loaded {
                    Loaded::Absent(key) => self.load_absent(key, shown),
                    Loaded::Member(row) => self.members.load(row, shown),
                    $(Loaded::$row(row) => self.$table.load(row, shown),)+
                    Loaded::Counter(counter) => {
                        let write = CounterWrite { counter, base: counter.taken };
                        self.counters.entry((counter.series, counter.period)).or_insert(write);
                    }
                    Loaded::Outcome(row) => {
                        self.outcomes.insert((row.user, Arc::clone(&row.key)), Some(Arc::new(row)));
                    }
                    Loaded::Days { retainer, from, nets } => self.load_days(retainer, from, &nets),
                    Loaded::Applications { invoice, lines } => {
                        self.load_applications(invoice, lines);
                    }
                    Loaded::Lately(seen) => self.load_lately(&seen),
                    Loaded::Set(set, rows) => {
                        let ids = rows.iter().filter_map(id_of).collect();
                        self.sets.insert(set, ids);
                        for row in rows {
                            self.load(row, shown);
                        }
                    }
                }
            }

            fn load_absent(&mut self, key: Key, shown: &mut Vec<Key>) {
                match key {
                    Key::Member(user) => self.members.absent(user),
                    $(Key::$row(Ref::Id(id)) => self.$table.absent(id),
                    Key::$row(Ref::Number(number)) => self.$table.absent_number(number),)+
                    Key::Counter(series, period) => {
                        let counter = Counter { series, period, taken: 0 };
                        self.counters
                            .entry((series, period))
                            .or_insert(CounterWrite { counter, base: 0 });
                    }
                    Key::Outcome(user, key) => {
                        self.outcomes.insert((user, key), None);
                    }
                    Key::DaysFrom(retainer, from) => self.load_days(retainer, from, &[]),
                    Key::Applications(invoice) => self.load_applications(invoice, Vec::new()),
                    Key::Lately => self.load_lately(&[]),
                    Key::Set(set) => self.load(Loaded::Set(set, Vec::new()), shown),
                }
            }

            /// Makes an accepted command's changes true for the commands after it, and moves the
            /// journal on.
            pub fn accept(&mut self, changes: Vec<Change>) {
                self.firm.seq = self.firm.seq.saturating_add(1);
                for change in changes {
                    match change {
                        Change::Member(row) => self.members.put(row),
                        $(Change::$row(row) => self.$table.put(row),)+
                        Change::Counter(counter) => {
                            self.counters
                                .entry((counter.series, counter.period))
                                .and_modify(|write| write.counter = counter)
                                .or_insert(CounterWrite { counter, base: 0 });
                        }
                        Change::Movement(row) => self.journal.movements.push(row),
                        Change::DayNet(net) => self.add_day_net(net),
                        Change::Application(row) => {
                            if let Some(lines) = self.applications.get_mut(&row.invoice) {
                                lines.push(row.clone());
                            }
                            self.journal.applications.push(row);
                        }
                        Change::Entry(row) => self.add_entry(row),
                        Change::StatementLine(row) => self.add_statement_line(row),
                        Change::Parked(rows) => {
                            self.firm.parked = rows;
                            self.is_doubted = true;
                        }
                        Change::Erased(erasure) => {
                            // Fingerprints go, too.
                            self.lately = None;
                            self.journal.erasures.push(erasure);
                        }
                    }
                }
            }

            /// Forgets what is only good for one batch: answers are long and rarely asked for again,
            /// rows that are not there can be named without end, and sets hold only the rows that
            /// mattered when they were loaded.
            pub fn end_batch(&mut self) {
                self.days.clear();
                self.outcomes.clear();
                self.applications.clear();
                self.sets.clear();
                self.members.forget_absent();
                $(self.$table.forget_absent();)+
            }

            /// What this batch has to write; `None` when no command was decided. Afterwards the book
            /// stands where the database will stand if the commit succeeds.
            pub fn take_batch(&mut self, batch: BatchId) -> Option<FirmBatch> {
                if self.journal.audit.is_empty() {
                    return None;
                }
                self.firm.last_batch = batch;
                let journal = std::mem::take(&mut self.journal);
                let mut counters = Vec::new();
                let moved = |write: &&mut CounterWrite| write.counter.taken != write.base;
                for write in self.counters.values_mut().filter(moved) {
                    counters.push(*write);
                    write.base = write.counter.taken;
                }
                Some(FirmBatch {
                    firm: self.firm.clone(),
                    base: self.base.replace(batch),
                    members: self.members.take_writes(),
                    $($table: self.$table.take_writes(),)+
                    counters,
                    movements: journal.movements,
                    day_nets: journal
                        .day_nets
                        .into_iter()
                        .map(|((retainer, day), net_minor)| DayNet { retainer, day, net_minor })
                        .collect(),
                    applications: journal.applications,
                    entries: journal.entries,
                    account_nets: journal.account_nets.into_iter().map(account_net).collect(),
                    statement_lines: journal.statement_lines,
                    client_nets: journal.client_nets.into_iter().map(client_net).collect(),
                    audit: journal.audit,
                    audit_nodes: journal.audit_nodes,
                    outcomes: journal.outcomes,
                    erasures: journal.erasures,
                })
            }
        }
    };
}
entities!(book);

macro_rules! ids {
    ($($row:ident, $table:ident, $absent:ident;)+) => {
        fn id_of(row: &Loaded) -> Option<[u8; 12]> {
            match row {
                $(Loaded::$row(row) => Some(*row.id.bytes()),)+
                _ => None,
            }
        }
    };
}
entities!(ids);

fn account_net(
    ((account, currency, day), (debit_minor, credit_minor)): (AccountDay, (i64, i64)),
) -> AccountNet {
    AccountNet { account, currency, day, debit_minor, credit_minor }
}

fn client_net(((client, currency, day), net_minor): (ClientDay, i64)) -> ClientNet {
    ClientNet { client, currency, day, net_minor }
}

impl Book {
    /// The book of a firm whose head was read.
    pub fn of(firm: Firm) -> Self {
        let base = Some(firm.last_batch);
        Self::with(firm, base)
    }

    /// The book of a firm that the database has not heard of.
    pub fn of_new_firm(id: Id<Firm>) -> Self {
        Self::with(Firm::new(id), None)
    }

    /// Whether this batch takes out what earlier commands said: kept answers in this book may be among
    /// it, so it is the last that is decided before the commit.
    pub const fn has_erased(&self) -> bool {
        !self.journal.erasures.is_empty()
    }

    /// Whether the database still stands where this book left it.
    pub fn is_current(&self, head: Option<&Firm>) -> bool {
        head.map(|firm| firm.last_batch) == self.base
    }

    /// Whether a row was parked or released: what is in memory is then not to be relied on, for
    /// somebody may have written to the database behind the product's back.
    pub fn is_doubted(&self) -> bool {
        self.is_doubted
    }

    /// The id of the row that a caller names, as far as it is known; for the audit record of a refusal.
    pub fn id_of<R: Entity>(&self, by: &Ref<R>) -> Option<[u8; 12]> {
        let id = match by {
            Ref::Id(id) => *id,
            Ref::Number(number) => R::table(self).key_of(number)??,
        };
        Some(*id.bytes())
    }

    /// The rows of an entity that may belong to a set: those it was loaded with, and those that this
    /// batch has made or changed, each as it now is; `None`: not loaded.
    pub fn candidates<R: Entity>(&self, set: &Set) -> Option<Vec<Arc<R>>> {
        let (table, ids) = (R::table(self), self.sets.get(set)?);
        let loaded = ids.iter().map(|id| Id::new(*id));
        let changed = table.changed().filter(|id| !ids.contains(id.bytes()));
        let rows = loaded.chain(changed).filter_map(|id| table.get(id).flatten());
        Some(rows.cloned().collect())
    }

    /// Committed nets, plus what this batch has already moved.
    fn load_days(&mut self, retainer: Id<Retainer>, from: Day, nets: &[DayNet]) {
        let mut days =
            Days { from, nets: nets.iter().map(|net| (net.day, net.net_minor)).collect() };
        for ((_, day), net) in self
            .journal
            .day_nets
            .range((retainer, from)..)
            .take_while(|((of, _), _)| *of == retainer)
        {
            let sum = days.nets.entry(*day).or_default();
            *sum = sum.saturating_add(*net);
        }
        self.days.insert(retainer, days);
    }

    /// The committed journal, plus what this batch has already written.
    fn load_applications(&mut self, invoice: Id<Invoice>, mut lines: Vec<Application>) {
        let fresh = self.journal.applications.iter().filter(|line| line.invoice == invoice);
        lines.extend(fresh.cloned());
        self.applications.insert(invoice, lines);
    }

    fn load_lately(&mut self, seen: &[([u8; 32], Timestamp)]) {
        let mut lately = Lately::default();
        for (fingerprint, at) in seen.iter().rev() {
            lately.note(*fingerprint, *at);
        }
        // What this batch has accepted is not in the database yet.
        for record in &self.journal.audit {
            if let Some(fingerprint) = accepted(record) {
                lately.note(fingerprint, record.at);
            }
        }
        self.lately = Some(lately);
    }

    /// Whether the same was asked for within the last seconds and nobody was told yet; `None`: not
    /// loaded.
    pub fn came_lately(&self, fingerprint: &[u8; 32], at: Timestamp) -> Option<bool> {
        Some(self.lately.as_ref()?.came_untold(fingerprint, at))
    }

    /// A retainer's day nets, if they were asked for.
    pub fn days(&self, retainer: Id<Retainer>) -> Option<&Days> {
        self.days.get(&retainer)
    }

    /// An invoice's journal, if it was asked for.
    pub fn applications(&self, invoice: Id<Invoice>) -> Option<&[Application]> {
        self.applications.get(&invoice).map(Vec::as_slice)
    }

    /// The last number taken; `None`: not loaded.
    pub fn counter(&self, series: Series, period: i32) -> Option<u32> {
        self.counters.get(&(series, period)).map(|write| write.counter.taken)
    }

    /// The outcome under a key; `None` and `Some(None)` as in [`Table::get`].
    pub fn outcome(&self, user: Id<User>, key: &Arc<str>) -> Option<Option<&Arc<Outcome>>> {
        self.outcomes.get(&(user, Arc::clone(key))).map(Option::as_ref)
    }

    fn add_day_net(&mut self, net: DayNet) {
        let sum = self.journal.day_nets.entry((net.retainer, net.day)).or_default();
        *sum = sum.saturating_add(net.net_minor);
        if let Some(days) = self.days.get_mut(&net.retainer)
            && days.from <= net.day
        {
            let sum = days.nets.entry(net.day).or_default();
            *sum = sum.saturating_add(net.net_minor);
        }
    }

    fn add_entry(&mut self, entry: Entry) {
        let (currency, minor) = (entry.posting.amount.currency(), entry.posting.amount.minor());
        let nets = &mut self.journal.account_nets;
        let key = |side: Side| (side.account, currency, entry.day);
        let debit = &mut nets.entry(key(entry.posting.debit)).or_default().0;
        *debit = debit.saturating_add(minor);
        let credit = &mut nets.entry(key(entry.posting.credit)).or_default().1;
        *credit = credit.saturating_add(minor);
        self.journal.entries.push(entry);
    }

    fn add_statement_line(&mut self, line: StatementLine) {
        let key = (line.client, line.amount.currency(), line.day);
        let sum = self.journal.client_nets.entry(key).or_default();
        *sum = sum.saturating_add(line.amount.minor());
        self.journal.statement_lines.push(line);
    }

    /// Appends the audit record of a command; its place and leaf are filled in here.
    pub fn record(&mut self, mut record: AuditRecord) -> i64 {
        let n = self.firm.audit.count().saturating_add(1);
        record.n = n;
        record.leaf = audit::leaf(&record);
        self.journal.audit_nodes.extend(self.firm.audit.append(record.leaf));
        if let (Some(lately), Some(fingerprint)) = (&mut self.lately, accepted(&record)) {
            lately.note(fingerprint, record.at);
        }
        self.journal.audit.push(record);
        n
    }

    /// Keeps what was answered under a key.
    pub fn keep(&mut self, outcome: Outcome) {
        let outcome = Arc::new(outcome);
        self.outcomes.insert((outcome.user, Arc::clone(&outcome.key)), Some(Arc::clone(&outcome)));
        self.journal.outcomes.push(outcome);
    }
}

/// What was asked, if it was carried out.
fn accepted(record: &AuditRecord) -> Option<[u8; 32]> {
    record.seq?;
    record.told.said().map(|said| said.fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Said, Told};

    #[test]
    fn what_is_not_there_is_remembered_for_one_batch() {
        let mut book = Book::of_new_firm(Id::new([1; 12]));
        let keys = [
            Key::Client(Ref::Number("CLT-2026-0001".into())),
            Key::Retainer(Ref::Id(Id::new([2; 12]))),
            Key::Member(Id::new([3; 12])),
        ];
        for key in &keys {
            book.load(Loaded::Absent(key.clone()), &mut Vec::new());
            assert!(book.holds(key));
        }
        book.end_batch();
        assert!(keys.iter().all(|key| !book.holds(key)));
        assert_eq!(book.row_count(), 0);
    }

    #[test]
    fn what_came_twice_within_seconds_is_told_once() {
        let mut book = Book::of_new_firm(Id::new([1; 12]));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let record = |seconds| AuditRecord {
            n: 0,
            seq: Some(1),
            at: at(seconds),
            user: Id::new([2; 12]),
            role: crate::Role::Owner,
            command: "consume_retainer".into(),
            outcome: "accepted".into(),
            object: None,
            told: Told::Said(Said {
                salt: [0; 16],
                origin: "".into(),
                request_id: "".into(),
                fingerprint: [7; 32],
                kept: None,
            }),
            leaf: [0; 32],
        };
        assert_eq!(book.came_lately(&[7; 32], at(0)), None);
        book.load(Loaded::Lately(vec![([8; 32], at(0))]), &mut Vec::new());
        assert_eq!(book.came_lately(&[8; 32], at(1)), Some(true));
        assert_eq!(book.came_lately(&[7; 32], at(0)), Some(false));
        book.record(record(0));
        assert_eq!(book.came_lately(&[7; 32], at(10)), Some(true));
        assert_eq!(book.came_lately(&[7; 32], at(31)), Some(false));
        book.record(record(10));
        assert_eq!(book.came_lately(&[7; 32], at(20)), Some(false), "somebody was told");
        assert_eq!(book.came_lately(&[7; 32], at(41)), Some(false));
    }
}
