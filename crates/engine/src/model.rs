//! A store in memory: the oracle that real stores are compared with. It keeps every rule of the port
//! (versions, counters, uniqueness) in the plainest way there is, and survives nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    Batch, Id, Key, Loaded, Ref,
    change::{FirmBatch, Write},
    id::User,
    rows::{
        Alert, AuditRecord, Client, Counter, DayNet, Entry, Firm, Member, Movement, Outcome,
        Payment, Retainer, Stored,
    },
    time::Day,
};

use crate::{Store, StoreError};

/// The rows of one firm, in primary key order.
#[derive(Debug, Clone, Default)]
struct Rows {
    firm: Option<Firm>,
    members: BTreeMap<Id<User>, Member>,
    clients: BTreeMap<Id<Client>, Client>,
    retainers: BTreeMap<Id<Retainer>, Retainer>,
    movements: BTreeMap<(Id<Retainer>, i64), Movement>,
    days: BTreeMap<(Id<Retainer>, Day), i64>,
    entries: BTreeMap<(i64, i64), Entry>,
    payments: BTreeMap<Id<Payment>, Payment>,
    /// By the series' stored name, as a database orders them.
    counters: BTreeMap<(&'static str, i32), Counter>,
    alerts: BTreeMap<Id<Alert>, Alert>,
    audit: BTreeMap<i64, AuditRecord>,
    outcomes: BTreeMap<(Id<User>, Arc<str>), Outcome>,
}

/// The store; clones share the rows.
#[derive(Debug, Clone, Default)]
pub struct Model {
    firms: Arc<Mutex<BTreeMap<Id<Firm>, Rows>>>,
}

impl Model {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Id<Firm>, Rows>) -> T) -> T {
        act(&mut self.firms.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every row of a firm, table by table, in primary key order.
    pub fn rows(&self, firm: Id<Firm>) -> Vec<Stored> {
        let rows = self.with(|firms| firms.get(&firm).cloned()).unwrap_or_default();
        let day =
            |((retainer, day), net_minor)| Stored::DayNet(DayNet { retainer, day, net_minor });
        let mut all: Vec<Stored> = rows.firm.into_iter().map(Stored::Firm).collect();
        all.extend(rows.members.into_values().map(Stored::Member));
        all.extend(rows.clients.into_values().map(Stored::Client));
        all.extend(rows.retainers.into_values().map(Stored::Retainer));
        all.extend(rows.movements.into_values().map(Stored::Movement));
        all.extend(rows.days.into_iter().map(day));
        all.extend(rows.entries.into_values().map(Stored::Entry));
        all.extend(rows.payments.into_values().map(Stored::Payment));
        all.extend(rows.counters.into_values().map(Stored::Counter));
        all.extend(rows.alerts.into_values().map(Stored::Alert));
        all.extend(rows.audit.into_values().map(Stored::Audit));
        all.extend(rows.outcomes.into_values().map(Stored::Outcome));
        all
    }
}

impl Store for Model {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        Ok(self.with(|all| firms.iter().map(|firm| all.get(firm)?.firm.clone()).collect()))
    }

    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        Ok(self.with(|all| {
            let rows = all.entry(firm).or_default();
            keys.iter()
                .map(|key| rows.find(key).unwrap_or_else(|| Loaded::Absent(key.clone())))
                .collect()
        }))
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.with(|all| {
            let mut written = all.clone();
            for part in &batch.firms {
                written.entry(part.firm.id).or_default().write(part)?;
            }
            *all = written;
            Ok(())
        })
    }

    async fn rollback(&mut self) {}
}

impl Rows {
    fn find(&self, key: &Key) -> Option<Loaded> {
        Some(match key {
            Key::Member(user) => Loaded::Member(self.members.get(user)?.clone()),
            Key::Client(by) => Loaded::Client(named(&self.clients, by, |row| &row.number)?),
            Key::Retainer(by) => Loaded::Retainer(named(&self.retainers, by, |row| &row.number)?),
            Key::Payment(by) => Loaded::Payment(named(&self.payments, by, |row| &row.number)?),
            Key::Counter(series, period) => {
                Loaded::Counter(*self.counters.get(&(series.prefix(), *period))?)
            }
            Key::Outcome(user, key) => {
                Loaded::Outcome(self.outcomes.get(&(*user, Arc::clone(key)))?.clone())
            }
            Key::DaysFrom(retainer, from) => {
                let range = (*retainer, *from)..=(*retainer, Day::from_days(i32::MAX));
                let day = |(key, net): (&(Id<Retainer>, Day), &i64)| DayNet {
                    retainer: key.0,
                    day: key.1,
                    net_minor: *net,
                };
                let nets = self.days.range(range).map(day).collect();
                Loaded::Days { retainer: *retainer, from: *from, nets }
            }
        })
    }

    fn write(&mut self, part: &FirmBatch) -> Result<(), StoreError> {
        if self.firm.as_ref().map(|firm| firm.last_batch) != part.base {
            return Err(StoreError::Conflict("the firm's head has moved".into()));
        }
        self.firm = Some(part.firm.clone());
        write_each(&mut self.members, &part.members, |row| row.user, |row| row.version)?;
        write_each(&mut self.clients, &part.clients, |row| row.id, |row| row.version)?;
        write_each(&mut self.retainers, &part.retainers, |row| row.id, |row| row.version)?;
        write_each(&mut self.payments, &part.payments, |row| row.id, |row| row.version)?;
        for write in &part.counters {
            let key = (write.counter.series.prefix(), write.counter.period);
            if self.counters.get(&key).map_or(0, |counter| counter.taken) != write.base {
                return Err(StoreError::Conflict("a number was taken by another".into()));
            }
            self.counters.insert(key, write.counter);
        }
        for row in &part.movements {
            append(&mut self.movements, (row.retainer, row.n), Movement::clone(row))?;
        }
        for net in &part.day_nets {
            *self.days.entry((net.retainer, net.day)).or_default() += net.net_minor;
        }
        for row in &part.entries {
            append(&mut self.entries, (row.seq, row.line), row.clone())?;
        }
        for row in &part.alerts {
            append(&mut self.alerts, row.id, row.clone())?;
        }
        for row in &part.audit {
            append(&mut self.audit, row.n, row.clone())?;
        }
        for row in &part.outcomes {
            append(&mut self.outcomes, (row.user, Arc::clone(&row.key)), Outcome::clone(row))?;
        }
        Ok(())
    }
}

fn named<R: Clone>(rows: &BTreeMap<Id<R>, R>, by: &Ref<R>, number: fn(&R) -> &String) -> Option<R> {
    match by {
        Ref::Id(id) => rows.get(id).cloned(),
        Ref::Number(text) => rows.values().find(|row| number(row) == text).cloned(),
    }
}

fn write_each<K: Ord, R: Clone>(
    rows: &mut BTreeMap<K, R>,
    writes: &[Write<R>],
    key: fn(&R) -> K,
    version: fn(&R) -> i64,
) -> Result<(), StoreError> {
    for write in writes {
        let there = rows.get(&key(&write.row)).map(version);
        if there != write.base {
            return Err(StoreError::Conflict("a row has another version".into()));
        }
        rows.insert(key(&write.row), R::clone(&write.row));
    }
    Ok(())
}

fn append<K: Ord, R>(rows: &mut BTreeMap<K, R>, key: K, row: R) -> Result<(), StoreError> {
    match rows.insert(key, row) {
        None => Ok(()),
        Some(_) => Err(StoreError::Refused("a journal line is there already".into())),
    }
}
