//! The invariants, as one pass over everything a firm has stored. The verifier, the monitors and the
//! tests all run this same code; it trusts nothing that was derived and recomputes it.

mod effects;

use std::collections::{BTreeMap, BTreeSet};

use self::effects::Effects;
use crate::{
    audit,
    id::{Id, User},
    ledger::{Account, Side},
    money::Currency,
    number::Series,
    rows::{
        AuditRecord, Client, Counter, Entry, Firm, Movement, MovementKind, Outcome, Payment,
        PaymentStatus, Retainer, Stored,
    },
    time::{Day, Timestamp},
};

/// Most counterexamples kept per invariant.
const BROKEN_MAX: usize = 20;

/// One invariant's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `I1` … as the specification numbers them.
    pub id: &'static str,
    /// What it says.
    pub rule: &'static str,
    /// How many facts were checked.
    pub checked: u64,
    /// How many of them do not hold.
    pub broken: u64,
    /// The first of them, in words.
    pub examples: Vec<String>,
}

impl Verdict {
    const fn new(id: &'static str, rule: &'static str) -> Self {
        Self { id, rule, checked: 0, broken: 0, examples: Vec::new() }
    }

    fn check(&mut self, holds: bool, example: impl FnOnce() -> String) {
        self.checked = self.checked.saturating_add(1);
        if !holds {
            self.broken = self.broken.saturating_add(1);
            if self.examples.len() < BROKEN_MAX {
                self.examples.push(example());
            }
        }
    }

    /// Adds another firm's verdict on the same invariant.
    pub fn merge(&mut self, other: Self) {
        self.checked = self.checked.saturating_add(other.checked);
        self.broken = self.broken.saturating_add(other.broken);
        self.examples.extend(other.examples);
        self.examples.truncate(BROKEN_MAX);
    }
}

/// What the movements of one retainer add up to.
#[derive(Default)]
struct Moved {
    count: i64,
    balance: i128,
    deposits: i128,
    consumptions: i128,
    refunds: i128,
    first: i128,
    last: Option<MovementKind>,
    days: BTreeMap<Day, i128>,
    stored_days: BTreeMap<Day, i128>,
}

/// Reads one firm's rows, table by table in primary key order, and judges them.
pub struct Checker {
    firm: Option<Firm>,
    clients: BTreeSet<Id<Client>>,
    retainers: BTreeMap<Id<Retainer>, Retainer>,
    moved: BTreeMap<Id<Retainer>, Moved>,
    effects: Effects,
    users: BTreeSet<Id<User>>,
    payments: BTreeMap<Id<Payment>, Payment>,
    payment_deposits: BTreeMap<Id<Payment>, i128>,
    ledger: BTreeMap<(Account, Option<[u8; 12]>, Currency), i128>,
    counters: BTreeMap<(Series, i32), u32>,
    numbers: BTreeMap<Series, Vec<(i32, u32, Timestamp)>>,
    audit_count: i64,
    audit_head: [u8; 32],
    accepted: i64,
    kept: BTreeMap<i64, ([u8; 32], [u8; 32])>,
    objects: Vec<(i64, [u8; 12])>,
    i1: Verdict,
    i2: Verdict,
    i4: Verdict,
    i5: Verdict,
    i6: Verdict,
    i8: Verdict,
    i9: Verdict,
    i10: Verdict,
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            firm: None,
            clients: BTreeSet::new(),
            retainers: BTreeMap::new(),
            moved: BTreeMap::new(),
            effects: Effects::default(),
            users: BTreeSet::new(),
            payments: BTreeMap::new(),
            payment_deposits: BTreeMap::new(),
            ledger: BTreeMap::new(),
            counters: BTreeMap::new(),
            numbers: BTreeMap::new(),
            audit_count: 0,
            audit_head: [0; 32],
            accepted: 0,
            kept: BTreeMap::new(),
            objects: Vec::new(),
            i1: Verdict::new(
                "I1",
                "a retainer's balance is what its movements and the ledger add up to, never below zero",
            ),
            i2: Verdict::new(
                "I2",
                "one consumption per accepted consume, and never more than was deposited",
            ),
            i4: Verdict::new("I4", "a payment is what it was put into plus what is left of it"),
            i5: Verdict::new("I5", "numbers are unique, gapless and in time order"),
            i6: Verdict::new(
                "I6",
                "the ledger says what moved, and the trust bank holds what clients are owed",
            ),
            i8: Verdict::new(
                "I8",
                "one audit record per command, the chain of hashes verifies, outcomes stand",
            ),
            i9: Verdict::new("I9", "every row refers to rows of its own firm"),
            i10: Verdict::new("I10", "the journal has no gap: nothing acknowledged is missing"),
        }
    }
}

impl Checker {
    /// Takes in one row.
    pub fn see(&mut self, row: Stored) {
        match row {
            Stored::Firm(firm) => self.firm = Some(firm),
            Stored::Client(client) => self.see_client(&client),
            Stored::Retainer(retainer) => self.see_retainer(retainer),
            Stored::Movement(movement) => self.see_movement(&movement),
            Stored::DayNet(net) => {
                let days = &mut self.moved.entry(net.retainer).or_default().stored_days;
                days.insert(net.day, i128::from(net.net_minor));
            }
            Stored::Entry(entry) => self.see_entry(&entry),
            Stored::Payment(payment) => self.see_payment(payment),
            Stored::Counter(counter) => self.see_counter(counter),
            Stored::Audit(record) => self.see_audit(&record),
            Stored::Outcome(outcome) => self.see_outcome(&outcome),
            Stored::Alert(alert) => {
                let known = self.retainers.contains_key(&alert.retainer);
                self.i9
                    .check(known, || format!("alert {} names no retainer of this firm", alert.id));
            }
            Stored::Member(member) => {
                self.users.insert(member.user);
            }
        }
    }

    fn see_client(&mut self, client: &Client) {
        self.clients.insert(client.id);
        self.see_number(Series::Client, &client.number, client.created_at);
    }

    fn see_retainer(&mut self, retainer: Retainer) {
        let known = self.clients.contains(&retainer.client);
        self.i9
            .check(known, || format!("retainer {} names no client of this firm", retainer.number));
        self.see_number(Series::Retainer, &retainer.number, retainer.created_at);
        self.retainers.insert(retainer.id, retainer);
    }

    fn see_movement(&mut self, movement: &Movement) {
        let known = self.retainers.contains_key(&movement.retainer);
        self.i9.check(known, || {
            format!("movement seq {} names no retainer of this firm", movement.seq)
        });
        self.effects.see_movement(&mut self.i2, movement);
        let currency = self.retainers.get(&movement.retainer).map(Retainer::currency);
        self.i1.check(currency.is_none_or(|own| own == movement.amount.currency()), || {
            format!("movement seq {} is in another currency than its retainer", movement.seq)
        });
        let moved = self.moved.entry(movement.retainer).or_default();
        let amount = i128::from(movement.amount.minor());
        if moved.count == 0 {
            moved.first = amount;
        }
        moved.last = Some(movement.kind);
        moved.count = moved.count.saturating_add(1);
        let signed = match movement.kind {
            MovementKind::Deposit => {
                moved.deposits = moved.deposits.saturating_add(amount);
                amount
            }
            MovementKind::Consumption => {
                moved.consumptions = moved.consumptions.saturating_add(amount);
                amount.saturating_neg()
            }
            MovementKind::Refund => {
                moved.refunds = moved.refunds.saturating_add(amount);
                amount.saturating_neg()
            }
        };
        moved.balance = moved.balance.saturating_add(signed);
        let day = moved.days.entry(movement.day).or_default();
        *day = day.saturating_add(signed);
        let holds = moved.count == movement.n
            && moved.balance == i128::from(movement.balance_after.minor())
            && moved.balance >= 0
            && amount > 0;
        let balance = moved.balance;
        self.i1.check(holds, || {
            format!(
                "retainer {} movement {}: says {} after it, the journal adds up to {balance}",
                movement.retainer,
                movement.n,
                movement.balance_after.minor()
            )
        });
        if let Some(payment) = movement.payment {
            let sum = self.payment_deposits.entry(payment).or_default();
            *sum = sum.saturating_add(amount);
        }
    }

    fn see_entry(&mut self, entry: &Entry) {
        self.effects.see_entry(&mut self.i6, entry);
        let amount = i128::from(entry.posting.amount.minor());
        let currency = entry.posting.amount.currency();
        self.i6.check(amount > 0, || {
            format!("ledger line {}/{} is not positive", entry.seq, entry.line)
        });
        let mut add = |side: Side, signed: i128| {
            let sum = self.ledger.entry((side.account, side.of, currency)).or_default();
            *sum = sum.saturating_add(signed);
        };
        add(entry.posting.debit, amount);
        add(entry.posting.credit, amount.saturating_neg());
    }

    fn see_payment(&mut self, payment: Payment) {
        let known = self.clients.contains(&payment.client);
        self.i9.check(known, || format!("payment {} names no client of this firm", payment.number));
        self.see_number(Series::Payment, &payment.number, payment.created_at);
        self.payments.insert(payment.id, payment);
    }

    fn see_number(&mut self, series: Series, number: &str, at: Timestamp) {
        if let Some((period, n)) = series.parse(number) {
            self.numbers.entry(series).or_default().push((period, n, at));
        }
    }

    fn see_counter(&mut self, counter: Counter) {
        self.counters.insert((counter.series, counter.period), counter.taken);
    }

    fn see_audit(&mut self, record: &AuditRecord) {
        self.audit_count = self.audit_count.saturating_add(1);
        let hash = audit::chain(&self.audit_head, record);
        let holds = record.n == self.audit_count && record.hash == hash;
        self.i8.check(holds, || {
            format!("audit record {} does not follow from the one before", record.n)
        });
        self.audit_head = record.hash;
        if let Some(kept) = record.kept {
            self.kept.insert(record.n, (record.fingerprint, kept));
        }
        if let Some(seq) = record.seq {
            self.accepted = self.accepted.saturating_add(1);
            let dense = seq == self.accepted;
            self.i10.check(dense, || {
                format!("audit record {} has seq {seq}, due was {}", record.n, self.accepted)
            });
            self.effects.see_accepted(&mut self.i2, record, seq);
            self.objects.extend(record.object.map(|object| (record.n, object)));
        }
    }

    fn see_outcome(&mut self, outcome: &Outcome) {
        let digest = audit::kept(outcome.user, &outcome.key, &outcome.answer);
        let holds = self.kept.remove(&outcome.audit_n) == Some((outcome.fingerprint, digest));
        self.i8.check(holds, || {
            format!("the outcome under key {:?} is not what was answered", outcome.key)
        });
    }

    /// The verdicts, in order.
    pub fn finish(mut self) -> Vec<Verdict> {
        self.effects.judge_lines(&mut self.i6);
        self.effects.finish(&mut self.i2, &mut self.i6);
        self.finish_retainers();
        self.finish_retainer_rows();
        self.finish_payments();
        self.finish_numbers();
        self.finish_ledger();
        self.finish_head();
        // Invoices and proposals are not kept yet: their rules have nothing to check.
        let i3 = Verdict::new("I3", "an invoice is paid by exactly what was applied to it");
        let i7 = Verdict::new("I7", "at most one accepted proposal per job");
        vec![self.i1, self.i2, i3, self.i4, self.i5, self.i6, i7, self.i8, self.i9, self.i10]
    }

    /// What an account kept per something holds, as a credit balance.
    fn owed(&self, account: Account, of: &[u8; 12], currency: Currency) -> i128 {
        self.ledger.get(&(account, Some(*of), currency)).copied().unwrap_or(0).saturating_neg()
    }

    fn finish_retainers(&mut self) {
        let nothing = Moved::default();
        for (id, retainer) in &self.retainers {
            let moved = self.moved.get(id).unwrap_or(&nothing);
            let balance = i128::from(retainer.balance.minor());
            let holds = moved.balance == balance
                && moved.count == retainer.movements
                && moved.deposits == i128::from(retainer.deposits.minor())
                && moved.consumptions == i128::from(retainer.consumptions.minor())
                && moved.refunds == i128::from(retainer.refunds.minor());
            self.i1.check(holds, || {
                format!(
                    "retainer {}: row says {balance}, movements say {}",
                    retainer.number, moved.balance
                )
            });
            let held = self.owed(Account::ClientMoney, id.bytes(), retainer.currency());
            self.i1.check(held == balance, || {
                format!("retainer {}: row says {balance}, ledger 2130 says {held}", retainer.number)
            });
            self.i1.check(moved.days == moved.stored_days, || {
                format!("retainer {}: day nets differ from the movements", retainer.number)
            });
            let mut closing: i128 = 0;
            for (day, net) in &moved.days {
                closing = closing.saturating_add(*net);
                self.i1.check(closing >= 0, || {
                    format!("retainer {} closed {day} at {closing}", retainer.number)
                });
            }
            self.i2.check(moved.consumptions <= moved.deposits, || {
                format!("retainer {}: consumed more than was deposited", retainer.number)
            });
        }
    }

    /// What a retainer's row says of itself beyond its sums; guards rest on it.
    fn finish_retainer_rows(&mut self) {
        for (id, retainer) in &self.retainers {
            let Some(moved) = self.moved.get(id) else { continue };
            let latest = moved.days.keys().next_back();
            let is_refunded = moved.last == Some(MovementKind::Refund) && moved.balance == 0;
            let holds = latest == Some(&retainer.latest_day)
                && moved.first == i128::from(retainer.initial_amount.minor())
                && is_refunded == retainer.refunded
                && retainer.low_balance_alerted == (retainer.is_low() && !retainer.refunded);
            self.i1.check(holds, || {
                format!(
                    "retainer {}: latest day, first deposit, refund or alert differ from its movements",
                    retainer.number
                )
            });
            if let Some(request) = retainer.replenish_request {
                let asked = self.payments.get(&request).is_some_and(|payment| {
                    payment.retainer == Some(*id) && payment.status == PaymentStatus::Pending
                });
                self.i4.check(asked, || {
                    format!("retainer {} waits for a payment that is not pending", retainer.number)
                });
            }
        }
    }

    fn finish_payments(&mut self) {
        let mut credit: BTreeMap<(Id<Client>, Currency), i128> = BTreeMap::new();
        for (id, payment) in &self.payments {
            let [amount, unapplied, deposited] =
                [payment.amount, payment.unapplied, payment.deposited]
                    .map(|money| i128::from(money.minor()));
            let whole = match payment.status {
                PaymentStatus::Pending => unapplied == 0 && deposited == 0,
                PaymentStatus::Completed => {
                    unapplied.saturating_add(deposited) == amount && unapplied >= 0
                }
            };
            let moved = self.payment_deposits.remove(id).unwrap_or(0);
            self.i4.check(whole && moved == deposited, || {
                format!(
                    "payment {}: {amount} is not {unapplied} + {deposited}, retainers got {moved}",
                    payment.number
                )
            });
            let sum = credit.entry((payment.client, payment.amount.currency())).or_default();
            *sum = sum.saturating_add(unapplied);
        }
        for id in self.payment_deposits.keys() {
            self.i9.check(false, || {
                format!("a movement names payment {id}, which is not of this firm")
            });
        }
        for ((client, currency), unapplied) in credit {
            let owed = self.owed(Account::ClientCredit, client.bytes(), currency);
            self.i6.check(owed == unapplied, || {
                format!("client {client}: ledger 2140 says {owed}, payments say {unapplied}")
            });
        }
    }

    fn finish_numbers(&mut self) {
        let mut taken: BTreeMap<(Series, i32), u32> = BTreeMap::new();
        for (series, numbers) in &mut self.numbers {
            numbers.sort_unstable();
            let mut latest = Timestamp::default();
            for (period, n, at) in numbers {
                let last = taken.entry((*series, *period)).or_default();
                let dense = Some(*n) == last.checked_add(1);
                *last = *n;
                self.i5.check(dense && *at >= latest, || {
                    format!(
                        "{} is a gap, a duplicate or out of time order",
                        series.number(*period, *n)
                    )
                });
                latest = *at;
            }
        }
        let holds = taken == self.counters;
        self.i5
            .check(holds, || format!("counters say {:?}, documents say {taken:?}", self.counters));
    }

    fn finish_ledger(&mut self) {
        let mut trust: BTreeMap<Currency, i128> = BTreeMap::new();
        for ((account, of, currency), balance) in &self.ledger {
            if matches!(account, Account::TrustBank | Account::ClientMoney) {
                let sum = trust.entry(*currency).or_default();
                *sum = sum.saturating_add(*balance);
            }
            let known = match (account, of) {
                (Account::ClientMoney, Some(of)) => self.retainers.contains_key(&Id::new(*of)),
                (Account::ClientCredit, Some(of)) => self.clients.contains(&Id::new(*of)),
                (_, of) => of.is_none(),
            };
            self.i9
                .check(known, || format!("the ledger keeps {} for nobody we know", account.code()));
        }
        for (currency, sum) in trust {
            self.i6.check(sum == 0, || {
                format!("trust bank and client money differ by {sum} {}", currency.code())
            });
        }
    }

    fn finish_head(&mut self) {
        let Some(firm) = &self.firm else { return };
        for n in self.kept.keys() {
            self.i8.check(false, || format!("the outcome of audit record {n} is missing"));
        }
        for (n, object) in &self.objects {
            let there = self.clients.contains(&Id::new(*object))
                || self.retainers.contains_key(&Id::new(*object))
                || self.payments.contains_key(&Id::new(*object))
                || self.users.contains(&Id::new(*object));
            self.i10.check(there, || format!("what audit record {n} made or changed is missing"));
        }
        let holds = firm.audit_count == self.audit_count && firm.audit_head == self.audit_head;
        self.i8.check(holds, || {
            format!(
                "the head counts {} audit records, there are {}",
                firm.audit_count, self.audit_count
            )
        });
        self.i10.check(firm.seq == self.accepted, || {
            format!("the head's seq is {}, {} commands were accepted", firm.seq, self.accepted)
        });
    }
}

/// The verdicts on one firm's rows.
pub fn check(rows: impl IntoIterator<Item = Stored>) -> Vec<Verdict> {
    let mut checker = Checker::default();
    rows.into_iter().for_each(|row| checker.see(row));
    checker.finish()
}
