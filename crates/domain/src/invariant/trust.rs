//! I1 and I2: what retainers hold is what their movements say, day by day.

use std::collections::BTreeMap;

use super::{Known, finding::Account, verdict::Verdicts};
use crate::{
    id::Id,
    rows::{DayNet, Movement, MovementKind, Payment, PaymentStage, Retainer},
    time::Day,
};

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

/// Retainers by what moved in them.
#[derive(Default)]
pub(super) struct Trust {
    moved: BTreeMap<Id<Retainer>, Moved>,
    /// What payments put into retainers, less what their refunds took back.
    from_payments: BTreeMap<(Id<Payment>, Id<Retainer>), i128>,
}

impl Trust {
    pub fn see_movement(&mut self, v: &mut Verdicts, known: &Known, movement: &Movement) {
        let retainer = known.retainers.get(&movement.retainer);
        let account = Account::from(movement.retainer);
        v.i9.check(retainer.is_some(), || {
            account.says(format!("movement seq {} names no retainer of this firm", movement.seq))
        });
        let currency = retainer.map(Retainer::currency);
        v.i1.check(currency.is_none_or(|own| own == movement.amount.currency()), || {
            let text =
                format!("movement seq {} is in another currency than its retainer", movement.seq);
            account.says(text)
        });
        let moved = self.moved.entry(movement.retainer).or_default();
        let amount = i128::from(movement.amount.minor());
        if moved.count == 0 {
            moved.first = amount;
        }
        moved.last = Some(movement.kind);
        moved.count = moved.count.saturating_add(1);
        let sum = match movement.kind.counts_as() {
            MovementKind::Consumption => &mut moved.consumptions,
            MovementKind::Refund => &mut moved.refunds,
            _ => &mut moved.deposits,
        };
        *sum = sum.saturating_add(amount);
        let signed = i128::from(movement.signed_minor());
        moved.balance = moved.balance.saturating_add(signed);
        let day = moved.days.entry(movement.day).or_default();
        *day = day.saturating_add(signed);
        let holds = moved.count == movement.n
            && moved.balance == i128::from(movement.balance_after.minor())
            && moved.balance >= 0
            && amount > 0;
        let (balance, said) = (moved.balance, i128::from(movement.balance_after.minor()));
        v.i1.check(holds, || {
            let text = format!(
                "movement {} (seq {}) says {said} after it, the journal adds up to {balance}",
                movement.n, movement.seq
            );
            account.off(said.saturating_sub(balance), text)
        });
        if let Some(payment) = movement.payment {
            let sum = self.from_payments.entry((payment, movement.retainer)).or_default();
            *sum = sum.saturating_add(signed);
        }
    }

    pub fn see_day_net(&mut self, net: DayNet) {
        let days = &mut self.moved.entry(net.retainer).or_default().stored_days;
        days.insert(net.day, i128::from(net.net_minor));
    }

    /// What a payment still has in a retainer; asked once each.
    pub fn take_deposit(&mut self, payment: Id<Payment>, retainer: Id<Retainer>) -> i128 {
        self.from_payments.remove(&(payment, retainer)).unwrap_or(0)
    }

    /// What payments put into retainers and nobody asked about.
    pub fn unclaimed(&self, v: &mut Verdicts, known: &Known) {
        for ((payment, retainer), sum) in &self.from_payments {
            let there = known.payments.contains_key(payment);
            v.i9.check(there, || {
                let text = format!("a movement names payment {payment}, which is not of this firm");
                Account::from(*retainer).says(text)
            });
            v.i4.check(*sum == 0, || {
                let text = format!("has {sum} in retainer {retainer} and does not say so");
                Account::from(*payment).off(sum.saturating_neg(), text)
            });
        }
    }

    pub fn judge(&self, v: &mut Verdicts, known: &Known) {
        let nothing = Moved::default();
        for (id, retainer) in &known.retainers {
            let moved = self.moved.get(id).unwrap_or(&nothing);
            judge_sums(v, known, retainer, moved);
            judge_row(v, known, retainer, moved);
        }
    }
}

fn judge_sums(v: &mut Verdicts, known: &Known, retainer: &Retainer, moved: &Moved) {
    let balance = i128::from(retainer.balance.minor());
    let holds = moved.balance == balance
        && moved.count == retainer.movements
        && moved.deposits == i128::from(retainer.deposits.minor())
        && moved.consumptions == i128::from(retainer.consumptions.minor())
        && moved.refunds == i128::from(retainer.refunds.minor());
    let account = Account::from(retainer.id);
    v.i1.check(holds, || {
        let text = format!(
            "{}: the row says {balance} after {} movements, {} movements add up to {}",
            retainer.number, retainer.movements, moved.count, moved.balance
        );
        account.off(balance.saturating_sub(moved.balance), text)
    });
    let held = known.ledger.held(retainer);
    v.i1.check(held == balance, || {
        let text = format!("{}: the row says {balance}, ledger 2130 says {held}", retainer.number);
        account.off(balance.saturating_sub(held), text)
    });
    v.i1.check(moved.days == moved.stored_days, || {
        let net = |days: &BTreeMap<Day, i128>, day| days.get(&day).copied().unwrap_or(0);
        let differs = |day: &Day| moved.days.get(day) != moved.stored_days.get(day);
        let days = moved.days.keys().chain(moved.stored_days.keys()).copied();
        let first = days.filter(differs).min();
        let (stored, summed) =
            first.map_or((0, 0), |day| (net(&moved.stored_days, day), net(&moved.days, day)));
        let day = first.map(|day| day.to_string()).unwrap_or_default();
        let text = format!("{}: {day} says net {stored}, its movements {summed}", retainer.number);
        account.off(stored.saturating_sub(summed), text)
    });
    let mut closing: i128 = 0;
    for (day, net) in &moved.days {
        closing = closing.saturating_add(*net);
        v.i1.check(closing >= 0, || {
            account.says(format!("{} closed {day} at {closing}", retainer.number))
        });
    }
    v.i2.check(moved.consumptions <= moved.deposits, || {
        account.says(format!("{}: consumed more than was deposited", retainer.number))
    });
}

/// What a retainer's row says of itself beyond its sums; guards rest on it.
fn judge_row(v: &mut Verdicts, known: &Known, retainer: &Retainer, moved: &Moved) {
    let latest = moved.days.keys().next_back();
    let is_refunded = moved.last == Some(MovementKind::Refund) && moved.balance == 0;
    let holds = latest == Some(&retainer.latest_day)
        && moved.first == i128::from(retainer.initial_amount.minor())
        && is_refunded == retainer.refunded
        && retainer.low_balance_alerted == (retainer.is_low() && !retainer.refunded);
    v.i1.check(holds, || {
        Account::from(retainer.id).says(format!(
            "{}: latest day, first deposit, refund or alert differ from its movements",
            retainer.number
        ))
    });
    if let Some(request) = retainer.replenish_request {
        let asked = known.payments.get(&request).is_some_and(|payment| {
            payment.retainer == Some(retainer.id)
                && payment.stage == PaymentStage::Pending
                && !payment.deleted
        });
        v.i4.check(asked, || {
            let text = format!("{} waits for a payment that is not pending", retainer.number);
            Account::from(retainer.id).says(text)
        });
    }
}
