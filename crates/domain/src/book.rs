//! One firm's rows, as far as a batch has needed them. A decision reads one book and no other: that
//! another firm's rows can't be seen is a matter of types, not of care.
//!
//! A book holds committed rows and, on top, what the commands accepted so far in this batch made of
//! them. It is thrown away whole when a commit does not succeed.

use std::{collections::BTreeMap, hash::Hash, sync::Arc};

use crate::{
    Map, audit,
    change::{Change, CounterWrite, FirmBatch, Key, Loaded, Write},
    id::{Id, Ref, User},
    number::Series,
    rows::{
        Alert, AuditRecord, BatchId, Client, Counter, DayNet, Entry, Firm, Member, Movement,
        Outcome, Payment, Retainer,
    },
    time::Day,
};

/// A row that changes: it has a key, a version and, where documents are numbered, a number.
pub trait Row: Sized {
    /// Its primary key within the firm.
    type Key: Copy + Eq + Hash;
    /// The key.
    fn key(&self) -> Self::Key;
    /// The optimistic lock.
    fn version(&self) -> i64;
    /// The number by which callers may name it.
    fn number(&self) -> Option<&str> {
        None
    }
}

struct Slot<R> {
    row: Option<Arc<R>>,
    /// The version in the database; `None` while the row is not there.
    base: Option<i64>,
    dirty: bool,
}

/// The loaded rows of one kind.
pub struct Table<R: Row> {
    slots: Map<R::Key, Slot<R>>,
    by_number: Map<String, Option<R::Key>>,
    dirty: Vec<R::Key>,
    has_absent: bool,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self {
            slots: Map::default(),
            by_number: Map::default(),
            dirty: Vec::new(),
            has_absent: false,
        }
    }
}

impl<R: Row> Table<R> {
    /// `None`: not loaded. `Some(None)`: there is none.
    pub fn get(&self, key: R::Key) -> Option<Option<&Arc<R>>> {
        self.slots.get(&key).map(|slot| slot.row.as_ref())
    }

    /// The key behind a number; `None` and `Some(None)` as in [`Self::get`].
    pub fn key_of(&self, number: &str) -> Option<Option<R::Key>> {
        self.by_number.get(number).copied()
    }

    /// A row as the database has it. A row already here stays: it may have changed in this batch.
    fn load(&mut self, row: R) {
        if let Some(number) = row.number() {
            self.by_number.entry(number.to_owned()).or_insert_with(|| Some(row.key()));
        }
        let base = Some(row.version());
        self.slots.entry(row.key()).or_insert_with(|| Slot {
            row: Some(Arc::new(row)),
            base,
            dirty: false,
        });
    }

    fn absent(&mut self, key: R::Key) {
        self.has_absent = true;
        self.slots.entry(key).or_insert(Slot { row: None, base: None, dirty: false });
    }

    fn absent_number(&mut self, number: String) {
        self.by_number.insert(number, None);
        self.has_absent = true;
    }

    fn forget_absent(&mut self) {
        if self.has_absent {
            self.slots.retain(|_, slot| slot.row.is_some());
            self.by_number.retain(|_, key| key.is_some());
            self.has_absent = false;
        }
    }

    fn put(&mut self, row: Arc<R>) {
        let key = row.key();
        if let Some(number) = row.number()
            && self.by_number.get(number) != Some(&Some(key))
        {
            self.by_number.insert(number.to_owned(), Some(key));
        }
        let slot = self.slots.entry(key).or_insert(Slot { row: None, base: None, dirty: false });
        slot.row = Some(row);
        if !slot.dirty {
            slot.dirty = true;
            self.dirty.push(key);
        }
    }

    fn take_writes(&mut self) -> Vec<Write<R>> {
        let mut writes = Vec::with_capacity(self.dirty.len());
        for key in self.dirty.drain(..) {
            if let Some(slot) = self.slots.get_mut(&key)
                && let Some(row) = &slot.row
            {
                writes.push(Write { row: Arc::clone(row), base: slot.base });
                slot.base = Some(row.version());
                slot.dirty = false;
            }
        }
        writes
    }
}

#[derive(Default)]
struct Journal {
    movements: Vec<Arc<Movement>>,
    day_nets: BTreeMap<(Id<Retainer>, Day), i64>,
    entries: Vec<Entry>,
    alerts: Vec<Alert>,
    audit: Vec<AuditRecord>,
    outcomes: Vec<Arc<Outcome>>,
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

/// One firm's rows and the journal lines of the batch under way.
pub struct Book {
    /// The head.
    pub firm: Firm,
    base: Option<BatchId>,
    /// Memberships.
    pub members: Table<Member>,
    /// Clients.
    pub clients: Table<Client>,
    /// Retainers.
    pub retainers: Table<Retainer>,
    /// Payments.
    pub payments: Table<Payment>,
    counters: Map<(Series, i32), CounterWrite>,
    outcomes: Map<KeyOfUser, Option<Arc<Outcome>>>,
    days: Map<Id<Retainer>, Days>,
    journal: Journal,
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

    fn with(firm: Firm, base: Option<BatchId>) -> Self {
        Self {
            firm,
            base,
            members: Table::default(),
            clients: Table::default(),
            retainers: Table::default(),
            payments: Table::default(),
            counters: Map::default(),
            outcomes: Map::default(),
            days: Map::default(),
            journal: Journal::default(),
        }
    }

    /// Whether the database still stands where this book left it.
    pub fn is_current(&self, head: Option<&Firm>) -> bool {
        head.map(|firm| firm.last_batch) == self.base
    }

    /// How many rows are held in memory.
    pub fn row_count(&self) -> usize {
        [
            self.members.slots.len(),
            self.clients.slots.len(),
            self.retainers.slots.len(),
            self.payments.slots.len(),
            self.counters.len(),
            self.outcomes.len(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    /// Whether a decision that asks for `key` would find it here.
    pub fn holds(&self, key: &Key) -> bool {
        fn row<R: Row<Key = Id<R>>>(table: &Table<R>, by: &Ref<R>) -> bool {
            match by {
                Ref::Id(id) => table.slots.contains_key(id),
                Ref::Number(number) => table.by_number.contains_key(number),
            }
        }
        match key {
            Key::Member(user) => self.members.slots.contains_key(user),
            Key::Client(by) => row(&self.clients, by),
            Key::Retainer(by) => row(&self.retainers, by),
            Key::Payment(by) => row(&self.payments, by),
            Key::Counter(series, period) => self.counters.contains_key(&(*series, *period)),
            Key::Outcome(user, key) => self.outcomes.contains_key(&(*user, Arc::clone(key))),
            Key::DaysFrom(retainer, day) => {
                self.days.get(retainer).is_some_and(|days| days.from <= *day)
            }
        }
    }

    /// Takes in what the store read, and says which further rows an answer about it will show.
    pub fn load(&mut self, loaded: Loaded) -> Option<Key> {
        let mut shown = None;
        match loaded {
            Loaded::Absent(key) => self.load_absent(key),
            Loaded::Member(row) => self.members.load(row),
            Loaded::Client(row) => self.clients.load(row),
            Loaded::Retainer(row) => {
                shown = Some(Key::Client(Ref::Id(row.client)));
                self.retainers.load(row);
            }
            Loaded::Payment(row) => {
                shown = Some(Key::Client(Ref::Id(row.client)));
                self.payments.load(row);
            }
            Loaded::Counter(counter) => {
                let write = CounterWrite { counter, base: counter.taken };
                self.counters.entry((counter.series, counter.period)).or_insert(write);
            }
            Loaded::Outcome(row) => {
                self.outcomes.insert((row.user, Arc::clone(&row.key)), Some(Arc::new(row)));
            }
            Loaded::Days { retainer, from, nets } => self.load_days(retainer, from, &nets),
        }
        shown.filter(|key| !self.holds(key))
    }

    fn load_absent(&mut self, key: Key) {
        match key {
            Key::Member(user) => self.members.absent(user),
            Key::Client(Ref::Id(id)) => self.clients.absent(id),
            Key::Client(Ref::Number(number)) => self.clients.absent_number(number),
            Key::Retainer(Ref::Id(id)) => self.retainers.absent(id),
            Key::Retainer(Ref::Number(number)) => self.retainers.absent_number(number),
            Key::Payment(Ref::Id(id)) => self.payments.absent(id),
            Key::Payment(Ref::Number(number)) => self.payments.absent_number(number),
            Key::Counter(series, period) => {
                let counter = Counter { series, period, taken: 0 };
                self.counters.entry((series, period)).or_insert(CounterWrite { counter, base: 0 });
            }
            Key::Outcome(user, key) => {
                self.outcomes.insert((user, key), None);
            }
            Key::DaysFrom(retainer, from) => self.load_days(retainer, from, &[]),
        }
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

    /// A retainer's day nets, if they were asked for.
    pub fn days(&self, retainer: Id<Retainer>) -> Option<&Days> {
        self.days.get(&retainer)
    }

    /// The last number taken; `None`: not loaded.
    pub fn counter(&self, series: Series, period: i32) -> Option<u32> {
        self.counters.get(&(series, period)).map(|write| write.counter.taken)
    }

    /// The outcome under a key; `None` and `Some(None)` as in [`Table::get`].
    pub fn outcome(&self, user: Id<User>, key: &Arc<str>) -> Option<Option<&Arc<Outcome>>> {
        self.outcomes.get(&(user, Arc::clone(key))).map(Option::as_ref)
    }

    /// Makes an accepted command's changes true for the commands after it, and moves the journal on.
    pub fn accept(&mut self, changes: Vec<Change>) {
        self.firm.seq = self.firm.seq.saturating_add(1);
        for change in changes {
            match change {
                Change::Member(row) => self.members.put(row),
                Change::Client(row) => self.clients.put(row),
                Change::Retainer(row) => self.retainers.put(row),
                Change::Payment(row) => self.payments.put(row),
                Change::Counter(counter) => {
                    self.counters
                        .entry((counter.series, counter.period))
                        .and_modify(|write| write.counter = counter)
                        .or_insert(CounterWrite { counter, base: 0 });
                }
                Change::Movement(row) => self.journal.movements.push(row),
                Change::DayNet(net) => self.add_day_net(net),
                Change::Entry(row) => self.journal.entries.push(row),
                Change::Alert(row) => self.journal.alerts.push(row),
            }
        }
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

    /// Appends the audit record of a command; its place and hash are filled in here.
    pub fn record(&mut self, mut record: AuditRecord) -> i64 {
        let n = self.firm.audit_count.saturating_add(1);
        record.n = n;
        record.hash = audit::chain(&self.firm.audit_head, &record);
        self.firm.audit_count = n;
        self.firm.audit_head = record.hash;
        self.journal.audit.push(record);
        n
    }

    /// Keeps what was answered under a key.
    pub fn keep(&mut self, outcome: Outcome) {
        let outcome = Arc::new(outcome);
        self.outcomes.insert((outcome.user, Arc::clone(&outcome.key)), Some(Arc::clone(&outcome)));
        self.journal.outcomes.push(outcome);
    }

    /// Forgets what is only good for one batch: answers are long and rarely asked for again, and rows
    /// that are not there can be named without end.
    pub fn end_batch(&mut self) {
        self.days.clear();
        self.outcomes.clear();
        self.members.forget_absent();
        self.clients.forget_absent();
        self.retainers.forget_absent();
        self.payments.forget_absent();
    }

    /// What this batch has to write; `None` when no command was decided. Afterwards the book stands
    /// where the database will stand if the commit succeeds.
    pub fn take_batch(&mut self, batch: BatchId) -> Option<FirmBatch> {
        if self.journal.audit.is_empty() {
            return None;
        }
        self.firm.last_batch = batch;
        let journal = std::mem::take(&mut self.journal);
        let mut counters = Vec::new();
        for write in self.counters.values_mut().filter(|write| write.counter.taken != write.base) {
            counters.push(*write);
            write.base = write.counter.taken;
        }
        Some(FirmBatch {
            firm: self.firm.clone(),
            base: self.base.replace(batch),
            members: self.members.take_writes(),
            clients: self.clients.take_writes(),
            retainers: self.retainers.take_writes(),
            payments: self.payments.take_writes(),
            counters,
            movements: journal.movements,
            day_nets: journal
                .day_nets
                .into_iter()
                .map(|((retainer, day), net_minor)| DayNet { retainer, day, net_minor })
                .collect(),
            entries: journal.entries,
            alerts: journal.alerts,
            audit: journal.audit,
            outcomes: journal.outcomes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_remembered_for_one_batch() {
        let mut book = Book::of_new_firm(Id::new([1; 12]));
        let keys = [
            Key::Client(Ref::Number("CLT-2026-0001".into())),
            Key::Retainer(Ref::Id(Id::new([2; 12]))),
            Key::Member(Id::new([3; 12])),
        ];
        for key in &keys {
            book.load(Loaded::Absent(key.clone()));
            assert!(book.holds(key));
        }
        book.end_batch();
        assert!(keys.iter().all(|key| !book.holds(key)));
        assert_eq!(book.row_count(), 0);
    }
}
