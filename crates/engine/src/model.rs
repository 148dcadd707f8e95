//! A store in memory: the oracle that real stores are compared with. It keeps every rule of the port
//! (versions, counters, uniqueness) in the plainest way there is, and survives nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    Batch, Entity, Id, Key, Loaded, Ref, Set,
    change::{Erasure, FirmBatch, Write},
    entities,
    id::User,
    lately::LATELY_COUNT_MAX,
    rows::{
        AccountNet, Alert, Application, AuditNode, AuditRecord, Case, CaseStatus, Client,
        ClientNet, Counter, CreditNote, DayNet, Delivery, Entry, Expense, Firm, Invoice, Job,
        Member, Movement, Outcome, Payment, PaymentStage, Proposal, Refund, Retainer,
        StatementLine, Stored, TimeEntry, Told, Transaction, Webhook,
    },
    table::Row,
    time::Day,
};

use crate::{Store, StoreError};

/// Series, accounts and currencies are kept by what they are called in a database, which orders them so.
type Code = &'static str;

/// The store; clones share the rows.
#[derive(Debug, Clone, Default)]
pub struct Model {
    firms: Arc<Mutex<BTreeMap<Id<Firm>, Rows>>>,
}

impl Model {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Id<Firm>, Rows>) -> T) -> T {
        act(&mut self.firms.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every row of a firm in the order of [`Stored`], each table in primary key order.
    pub fn rows(&self, firm: Id<Firm>) -> Vec<Stored> {
        self.with(|firms| firms.get(&firm).cloned()).unwrap_or_default().into_stored()
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

macro_rules! rows {
    ($($row:ident, $table:ident, $absent:ident;)+) => {
        /// The rows of one firm, in primary key order.
        #[derive(Debug, Clone, Default)]
        struct Rows {
            firm: Option<Firm>,
            members: BTreeMap<Id<User>, Member>,
            $($table: BTreeMap<Id<$row>, $row>,)+
            movements: BTreeMap<(Id<Retainer>, i64), Movement>,
            days: BTreeMap<(Id<Retainer>, Day), DayNet>,
            applications: BTreeMap<(Id<Invoice>, i64), Application>,
            entries: BTreeMap<(i64, i64), Entry>,
            account_days: BTreeMap<(i64, Code, Day), AccountNet>,
            statement_lines: BTreeMap<(Id<Client>, Day, i64, i64), StatementLine>,
            client_days: BTreeMap<(Id<Client>, Code, Day), ClientNet>,
            counters: BTreeMap<(Code, i32), Counter>,
            audit: BTreeMap<i64, AuditRecord>,
            audit_nodes: BTreeMap<(i64, i64), AuditNode>,
            outcomes: BTreeMap<(Id<User>, Arc<str>), Outcome>,
        }

        impl Rows {
            fn into_stored(self) -> Vec<Stored> {
                let mut all: Vec<Stored> = self.firm.into_iter().map(Stored::Firm).collect();
                all.extend(self.members.into_values().map(Stored::Member));
                $(all.extend(self.$table.into_values().map(Stored::$row));)+
                all.extend(self.movements.into_values().map(Stored::Movement));
                all.extend(self.days.into_values().map(Stored::DayNet));
                all.extend(self.applications.into_values().map(Stored::Application));
                all.extend(self.entries.into_values().map(Stored::Entry));
                all.extend(self.account_days.into_values().map(Stored::AccountNet));
                all.extend(self.statement_lines.into_values().map(Stored::StatementLine));
                all.extend(self.client_days.into_values().map(Stored::ClientNet));
                all.extend(self.counters.into_values().map(Stored::Counter));
                all.extend(self.audit.into_values().map(Stored::Audit));
                all.extend(self.audit_nodes.into_values().map(Stored::AuditNode));
                all.extend(self.outcomes.into_values().map(Stored::Outcome));
                all
            }

            fn find(&self, key: &Key) -> Option<Loaded> {
                Some(match key {
                    Key::Member(user) => Loaded::Member(self.members.get(user)?.clone()),
                    $(Key::$row(by) => Loaded::$row(named(&self.$table, by)?),)+
                    Key::Counter(series, period) => {
                        Loaded::Counter(*self.counters.get(&(series.prefix(), *period))?)
                    }
                    Key::Outcome(user, key) => {
                        Loaded::Outcome(self.outcomes.get(&(*user, Arc::clone(key)))?.clone())
                    }
                    Key::DaysFrom(retainer, from) => {
                        let range = (*retainer, *from)..=(*retainer, Day::from_days(i32::MAX));
                        let nets = self.days.range(range).map(|(_, net)| *net).collect();
                        Loaded::Days { retainer: *retainer, from: *from, nets }
                    }
                    Key::Applications(invoice) => {
                        let range = (*invoice, i64::MIN)..=(*invoice, i64::MAX);
                        let lines = self.applications.range(range);
                        let lines = lines.map(|(_, line)| line.clone()).collect();
                        Loaded::Applications { invoice: *invoice, lines }
                    }
                    Key::Lately => {
                        let accepted =
                            self.audit.values().rev().filter(|record| record.seq.is_some());
                        let seen = accepted.filter_map(|record| {
                            record.told.said().map(|said| (said.fingerprint, record.at))
                        });
                        Loaded::Lately(seen.take(LATELY_COUNT_MAX).collect())
                    }
                    Key::Set(set) => Loaded::Set(set.clone(), self.in_set(set)),
                })
            }

            fn write(&mut self, part: &FirmBatch) -> Result<(), StoreError> {
                if self.firm.as_ref().map(|firm| firm.last_batch) != part.base {
                    return Err(StoreError::Conflict("the firm's head has moved".into()));
                }
                self.firm = Some(part.firm.clone());
                write_each(&mut self.members, &part.members)?;
                $(write_each(&mut self.$table, &part.$table)?;)+
                self.append(part)
            }
        }
    };
}
entities!(rows);

impl Rows {
    fn in_set(&self, set: &Set) -> Vec<Loaded> {
        match set {
            Set::HeldBy(client) => {
                let of = Some(*client);
                let mut held = every(&self.cases, Loaded::Case, |row: &Case| {
                    row.client == of && row.status != CaseStatus::Closed
                });
                held.extend(every(&self.retainers, Loaded::Retainer, |row| {
                    row.client == *client && !row.balance.is_zero()
                }));
                held.extend(every(&self.invoices, Loaded::Invoice, |row| {
                    row.client == *client && !row.due().is_zero()
                }));
                held.extend(every(&self.payments, Loaded::Payment, |row| {
                    let may_arrive =
                        matches!(row.stage, PaymentStage::Pending | PaymentStage::Failed);
                    let holds = may_arrive || !row.unapplied.is_zero();
                    row.client == of && holds
                }));
                held
            }
            Set::About(client) => self.about(*client),
            Set::RetainersOf(client) => every(&self.retainers, Loaded::Retainer, |row| {
                row.client == *client && !row.refunded
            }),
            Set::ProposalsOf(job) => every(&self.proposals, Loaded::Proposal, |row| {
                row.job == *job && row.status.is_live()
            }),
            Set::TimerOf(user) => every(&self.time_entries, Loaded::TimeEntry, |row| {
                row.created_by == *user && row.started_at.is_some()
            }),
            Set::OpenAlerts(about) => every(&self.alerts, Loaded::Alert, |row| {
                row.about == *about && row.acknowledged.is_none()
            }),
            Set::FoundAbout(about) => {
                every(&self.alerts, Loaded::Alert, |row| row.about == *about && row.found.is_some())
            }
            Set::WebhooksOf(_) => every(&self.webhooks, Loaded::Webhook, |_| true),
        }
    }

    /// Deleted rows, too.
    fn about(&self, client: Id<Client>) -> Vec<Loaded> {
        let of = Some(client);
        let mut about = all_of(&self.cases, Loaded::Case, |row| row.client == of);
        about.extend(all_of(&self.retainers, Loaded::Retainer, |row| row.client == client));
        about.extend(all_of(&self.invoices, Loaded::Invoice, |row| row.client == client));
        about.extend(all_of(&self.payments, Loaded::Payment, |row| row.client == of));
        about.extend(all_of(&self.refunds, Loaded::Refund, |row| row.client == client));
        about.extend(all_of(&self.credit_notes, Loaded::CreditNote, |row| row.client == client));
        about.extend(all_of(&self.transactions, Loaded::Transaction, |row| row.client == of));
        about.extend(all_of(&self.time_entries, Loaded::TimeEntry, |row| row.client == of));
        about.extend(all_of(&self.expenses, Loaded::Expense, |row| row.client == of));
        about
    }

    fn erase(&mut self, erasure: &Erasure) {
        let client = erasure.client.to_string();
        let names =
            |row: &&Outcome| row.answer.windows(client.len()).any(|part| part == client.as_bytes());
        let mut erased: BTreeSet<i64> =
            self.outcomes.values().filter(names).map(|row| row.audit_n).collect();
        erased.extend(self.audit.values().filter(|row| erasure.is_about(row)).map(|row| row.n));
        erased.retain(|n| self.audit.get(n).is_some_and(|row| erasure.may_take(row)));
        for n in &erased {
            if let Some(record) = self.audit.get_mut(n) {
                record.told = Told::Erased(record.told.commitment());
            }
        }
        for outcome in self.outcomes.values_mut().filter(|row| erased.contains(&row.audit_n)) {
            (outcome.answer, outcome.fingerprint) = (Arc::default(), [0; 32]);
        }
        for movement in self.movements.values_mut() {
            if erasure.objects.contains(movement.retainer.bytes()) {
                movement.description = None;
            }
        }
    }

    fn append(&mut self, part: &FirmBatch) -> Result<(), StoreError> {
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
            let none = DayNet { net_minor: 0, ..*net };
            self.days.entry((net.retainer, net.day)).or_insert(none).net_minor += net.net_minor;
        }
        for row in &part.applications {
            append(&mut self.applications, (row.invoice, row.n), row.clone())?;
        }
        for row in &part.entries {
            append(&mut self.entries, (row.seq, row.line), row.clone())?;
        }
        for net in &part.account_nets {
            let none = AccountNet { debit_minor: 0, credit_minor: 0, ..*net };
            let key = (net.account.code(), net.currency.code(), net.day);
            let sum = self.account_days.entry(key).or_insert(none);
            sum.debit_minor += net.debit_minor;
            sum.credit_minor += net.credit_minor;
        }
        for row in &part.statement_lines {
            let key = (row.client, row.day, row.seq, row.line);
            append(&mut self.statement_lines, key, row.clone())?;
        }
        for net in &part.client_nets {
            let none = ClientNet { net_minor: 0, ..*net };
            let key = (net.client, net.currency.code(), net.day);
            self.client_days.entry(key).or_insert(none).net_minor += net.net_minor;
        }
        for row in &part.audit {
            append(&mut self.audit, row.n, row.clone())?;
        }
        for node in &part.audit_nodes {
            append(&mut self.audit_nodes, (node.level, node.at), *node)?;
        }
        for row in &part.outcomes {
            append(&mut self.outcomes, (row.user, Arc::clone(&row.key)), Outcome::clone(row))?;
        }
        part.erasures.iter().for_each(|erasure| self.erase(erasure));
        Ok(())
    }
}

fn named<R: Entity>(rows: &BTreeMap<Id<R>, R>, by: &Ref<R>) -> Option<R> {
    match by {
        Ref::Id(id) => rows.get(id).cloned(),
        Ref::Number(text) => rows.values().find(|row| row.number() == Some(text)).cloned(),
    }
}

/// Every row that is not deleted and that `is_in` lets through.
fn every<R: Entity>(
    rows: &BTreeMap<Id<R>, R>,
    loaded: fn(R) -> Loaded,
    is_in: impl Fn(&R) -> bool,
) -> Vec<Loaded> {
    all_of(rows, loaded, |row| !row.is_deleted() && is_in(row))
}

/// Every row that `is_in` lets through.
fn all_of<R: Entity>(
    rows: &BTreeMap<Id<R>, R>,
    loaded: fn(R) -> Loaded,
    is_in: impl Fn(&R) -> bool,
) -> Vec<Loaded> {
    rows.values().filter(|row| is_in(row)).map(|row| loaded(row.clone())).collect()
}

fn write_each<R: Row + Clone>(
    rows: &mut BTreeMap<R::Key, R>,
    writes: &[Write<R>],
) -> Result<(), StoreError>
where
    R::Key: Ord,
{
    for write in writes {
        let there = rows.get(&write.row.key()).map(R::version);
        if there != write.base {
            return Err(StoreError::Conflict("a row has another version".into()));
        }
        rows.insert(write.row.key(), R::clone(&write.row));
    }
    Ok(())
}

fn append<K: Ord, R>(rows: &mut BTreeMap<K, R>, key: K, row: R) -> Result<(), StoreError> {
    match rows.insert(key, row) {
        None => Ok(()),
        Some(_) => Err(StoreError::Refused("a journal line is there already".into())),
    }
}
