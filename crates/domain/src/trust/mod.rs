//! Client money held in trust: retainers. **No balance moves but through [`move_money`].**

pub mod consume;
pub mod open;
pub mod refund;
pub mod replenish;
#[cfg(test)]
mod tests;
pub mod transfer;
pub mod update;

use std::sync::Arc;

use crate::{
    billing::new_payment,
    change::{Change, Key},
    decision::{Decision, Stop},
    id::Id,
    money::{AMOUNT_MINOR_MAX, Money, MoneyError},
    rejection::Rejection,
    reply::Shown,
    rows::{
        AlertKind, DayNet, Invoice, Movement, MovementKind, Payment, PaymentMethod, PaymentType,
        Retainer,
    },
    time::{Day, Moment},
};

/// What a movement is, before it has a place in the journal.
pub(crate) struct Moving {
    pub kind: MovementKind,
    pub amount: Money,
    pub day: Day,
    pub description: Option<String>,
    pub invoice: Option<Id<Invoice>>,
    pub payment: Option<Id<Payment>>,
}

/// Moves money in or out of `retainer`: balance and totals, the journal line, the day's net, and the
/// alert or the request for more that follows. The caller has checked status and balance, and posts
/// the ledger lines.
pub(crate) fn move_money(
    d: &mut Decision<'_>,
    mut retainer: Retainer,
    moving: Moving,
) -> Result<(Arc<Retainer>, Arc<Movement>), Stop> {
    let Moving { kind, amount, day, .. } = moving;
    let is_deposit = kind.counts_as() == MovementKind::Deposit;
    let sum = match kind.counts_as() {
        MovementKind::Consumption => &mut retainer.consumptions,
        MovementKind::Refund => &mut retainer.refunds,
        _ => &mut retainer.deposits,
    };
    *sum = sum.plus(amount)?;
    retainer.balance =
        if is_deposit { retainer.balance.plus(amount)? } else { retainer.balance.minus(amount)? };
    let signed = if is_deposit { amount } else { amount.negated() };
    retainer.movements = retainer.movements.saturating_add(1);
    retainer.latest_day = retainer.latest_day.max(day);
    let movement = Arc::new(Movement {
        id: d.id(),
        retainer: retainer.id,
        n: retainer.movements,
        seq: d.seq,
        kind,
        amount,
        balance_after: retainer.balance,
        day,
        at: d.at,
        description: moving.description,
        invoice: moving.invoice,
        payment: moving.payment,
        by: d.actor.user,
    });
    d.push(Change::Movement(Arc::clone(&movement)));
    d.push(Change::DayNet(DayNet { retainer: retainer.id, day, net_minor: signed.minor() }));
    watch_balance(d, &mut retainer);
    if matches!(kind, MovementKind::Consumption | MovementKind::TransferOut) {
        ask_for_more(d, &mut retainer)?;
    }
    let retainer = if retainer.movements == 1 { d.insert(retainer) } else { d.update(retainer) };
    Ok((retainer, movement))
}

/// One alert when the balance gets low, taken back by whatever lifts it again.
pub(crate) fn watch_balance(d: &mut Decision<'_>, retainer: &mut Retainer) {
    let low = retainer.is_low() && !retainer.refunded;
    if low && !retainer.low_balance_alerted {
        d.alert(AlertKind::LowBalance, *retainer.id.bytes());
    }
    retainer.low_balance_alerted = low;
}

/// One pending payment at a time asks for the agreed amount once the threshold is reached.
fn ask_for_more(d: &mut Decision<'_>, retainer: &mut Retainer) -> Result<(), Stop> {
    let Some(terms) = retainer.terms.auto_replenish else { return Ok(()) };
    if retainer.balance > terms.threshold || retainer.replenish_request.is_some() {
        return Ok(());
    }
    let mut request = new_payment(d, terms.amount, PaymentMethod::Other)?;
    request.kind = PaymentType::Retainer;
    request.client = Some(retainer.client);
    request.retainer = Some(retainer.id);
    request.fills_retainer = true;
    request.case = retainer.terms.case;
    retainer.replenish_request = Some(d.insert(request).id);
    Ok(())
}

/// The day something takes effect: today unless the caller names an earlier one.
///
/// # Errors
/// [`Rejection::DateInFuture`]
pub(crate) fn past_day(d: &Decision<'_>, date: Option<Moment>) -> Result<Day, Rejection> {
    let day = date.map_or(d.today, |moment| moment.day_in(&d.book.firm.zone));
    if day > d.today { Err(Rejection::DateInFuture) } else { Ok(day) }
}

/// The day a movement of `retainer` takes effect: never before there was a retainer.
///
/// # Errors
/// [`Rejection::DateInFuture`], [`Rejection::DateTooEarly`]
pub(crate) fn effective_day(
    d: &Decision<'_>,
    retainer: &Retainer,
    date: Option<Moment>,
) -> Result<Day, Rejection> {
    let day = past_day(d, date)?;
    if day < opened(d, retainer) { Err(Rejection::DateTooEarly) } else { Ok(day) }
}

/// The day on which the retainer was opened.
pub(crate) fn opened(d: &Decision<'_>, retainer: &Retainer) -> Day {
    retainer.created_at.day_in(&d.book.firm.zone)
}

/// Refuses a deposit that would bring a retainer's balance or deposits beyond what one may hold.
///
/// # Errors
/// [`Rejection::Amount`]
pub(crate) fn takes(retainer: &Retainer, amount: Money) -> Result<(), Rejection> {
    let deposits = retainer.deposits.plus(amount)?;
    if deposits.minor() > AMOUNT_MINOR_MAX {
        return Err(MoneyError::TooLarge.into());
    }
    Ok(())
}

/// Refuses to take `amount` out on `day` if the retainer would then have closed that day or a later
/// one below zero.
///
/// # Errors
/// [`Rejection::InsufficientBalance`], [`Rejection::InsufficientBalanceOnDate`], or the days are not loaded.
pub(crate) fn covers(
    d: &Decision<'_>,
    retainer: &Retainer,
    day: Day,
    amount: Money,
) -> Result<(), Stop> {
    if !retainer.balance.covers(amount) {
        return Err(Rejection::InsufficientBalance.into());
    }
    if day >= retainer.latest_day {
        return Ok(());
    }
    let key = Key::DaysFrom(retainer.id, day);
    let days = d
        .book
        .days(retainer.id)
        .filter(|_| d.book.holds(&key))
        .ok_or_else(|| Stop::missing(key.clone()))?;
    let mut closing = retainer.balance.minor();
    for (_, net) in days.nets.range(day..).rev().take_while(|(later, _)| **later > day) {
        closing = closing.saturating_sub(*net);
        if closing < amount.minor() {
            return Err(Rejection::InsufficientBalanceOnDate.into());
        }
    }
    Ok(())
}

/// The answer about a retainer.
pub(crate) fn shown(
    d: &Decision<'_>,
    retainer: Arc<Retainer>,
    movement: Option<Arc<Movement>>,
) -> Result<Shown, Stop> {
    let client = d.get(retainer.client)?;
    let case = d.get_option(retainer.terms.case)?;
    Ok(Shown::Retainer { retainer, client, case, movement, invoice: None, to: None })
}
