//! Complete a payment: the money is here. First the invoices it is meant for, each up to what is due;
//! then a retainer, if it is meant for one; what is left is client credit. Never is one riyal counted
//! twice.

use std::sync::Arc;

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, Ref},
    invoicing::{self, Setting},
    ledger,
    money::Money,
    rejection::Rejection,
    reply::Shown,
    rows::{
        AlertKind, ApplicationKind, Arrival, CheckState, Client, Invoice, InvoiceStage,
        MovementKind, Overpayment, Payment, PaymentStage, Retainer, RetainerStatus, Source,
        StatementKind, Target,
    },
    time::Day,
};

use super::{claim, payer, shown, state_payment, stop_waiting};
use crate::trust::{Moving, move_money, opened, takes};

/// Say that a payment has arrived.
#[derive(Debug, Clone)]
pub struct CompletePayment {
    /// The payment.
    pub payment: Ref<Payment>,
}

impl Decide for CompletePayment {
    const NAME: &'static str = "complete_payment";
    const ACTION: Action = Action::TakePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `already_completed`, `payment_not_pending`,
    /// `overpayment`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let payment = d.find(&self.payment)?;
        match payment.stage {
            // What failed may still arrive.
            PaymentStage::Pending | PaymentStage::Failed => complete(d, &payment, d.today),
            PaymentStage::Completed => Err(Rejection::AlreadyCompleted.into()),
            PaymentStage::Cancelled => Err(Rejection::PaymentNotPending.into()),
        }
    }
}

/// The effects of completing `payment` on `day`. Money that has arrived is never refused, unless the
/// payer wanted an overpayment refused.
pub(super) fn complete(d: &mut Decision<'_>, payment: &Payment, day: Day) -> Result<Shown, Stop> {
    let mut completed = payment.clone();
    completed.stage = PaymentStage::Completed;
    completed.arrived = Some(Arrival { seq: d.seq, at: d.at });
    completed.failure = None;
    completed.wanted = Vec::new();
    if let Some(check) = &mut completed.check {
        check.state = CheckState::Cleared;
    }
    let Ok(client) = payer(payment) else {
        // Recorded, and nothing more: it is not a client's money.
        let payment = d.update(completed);
        return shown(d, payment, None, None);
    };
    let meant_for = meant_for(payment);
    d.need(meant_for.iter().map(|(invoice, _)| Key::Invoice(Ref::Id(*invoice))))?;
    let mut left = payment.amount;
    let mut paid = None;
    for (invoice, most) in meant_for {
        let invoice = d.get(invoice)?;
        let part = most.at_most(invoice.due())?.at_most(left)?;
        if invoice.stage == InvoiceStage::Issued && !part.is_zero() {
            left = left.minus(part)?;
            paid = Some(set_against(d, &mut completed, &invoice, part, day)?);
        }
    }
    let names_invoice = payment.invoice.is_some() || !payment.wanted.is_empty();
    if names_invoice && !left.is_zero() && payment.overpayment == Overpayment::Reject {
        return Err(Rejection::Overpayment.into());
    }
    let target = if payment.fills_retainer && !left.is_zero() {
        retainer_for(d, client, payment, left)?
    } else {
        None
    };

    // From here on the command succeeds.
    let mut received = payment.amount;
    let retainer = match target {
        Some(retainer) => {
            received = received.minus(left)?;
            claim(&mut completed, Target::Retainer(retainer.id), left)?;
            Some(fill(d, &retainer, payment, left, day)?)
        }
        None => {
            stop_waiting(d, payment)?;
            completed.unapplied = left;
            d.post(day, ledger::credit(client, left));
            if names_invoice && !left.is_zero() {
                d.alert(AlertKind::PossibleDuplicatePayment, *payment.id.bytes());
            }
            None
        }
    };
    state_payment(d, StatementKind::Payment, payment, day, received.negated());
    let payment = d.update(completed);
    shown(d, payment, paid, retainer)
}

/// The invoices that a payment is meant for, and at most how much of it each.
fn meant_for(payment: &Payment) -> Vec<(Id<Invoice>, Money)> {
    if payment.wanted.is_empty() {
        payment.invoice.iter().map(|invoice| (*invoice, payment.amount)).collect()
    } else {
        payment.wanted.clone()
    }
}

/// Sets a part of a payment that has just arrived against an invoice.
fn set_against(
    d: &mut Decision<'_>,
    payment: &mut Payment,
    invoice: &Invoice,
    amount: Money,
    day: Day,
) -> Result<Arc<Invoice>, Stop> {
    claim(payment, Target::Invoice(invoice.id), amount)?;
    d.post(day, ledger::pay(invoice.id, amount));
    let source = Source::Payment(payment.id);
    let setting = Setting { source, kind: ApplicationKind::Applied, amount, day };
    invoicing::set_against(d, invoice, setting)
}

/// The retainer that takes what is left: the one named, else the client's newest that can.
fn retainer_for(
    d: &Decision<'_>,
    client: Id<Client>,
    payment: &Payment,
    amount: Money,
) -> Result<Option<Arc<Retainer>>, Stop> {
    let can_take = |retainer: &Arc<Retainer>| match retainer.status(d.today) {
        RetainerStatus::Active | RetainerStatus::Depleted => takes(retainer, amount).is_ok(),
        RetainerStatus::Refunded | RetainerStatus::Expired => false,
    };
    if let Some(id) = payment.retainer {
        return Ok(Some(d.get(id)?).filter(can_take));
    }
    let mut retainers = d.all::<Retainer>(Set::RetainersOf(client))?;
    retainers.retain(|retainer| retainer.client == client && can_take(retainer));
    Ok(retainers.into_iter().max_by_key(|retainer| (retainer.created_at, retainer.id)))
}

/// Deposits what is left of a payment into the retainer, and settles the request that asked for it.
fn fill(
    d: &mut Decision<'_>,
    retainer: &Retainer,
    payment: &Payment,
    amount: Money,
    day: Day,
) -> Result<Arc<Retainer>, Stop> {
    // Paid before there was a retainer: held in trust from the day there was one.
    let day = day.max(opened(d, retainer));
    d.post(day, ledger::deposit(retainer.id, amount));
    let mut retainer = retainer.clone();
    if retainer.replenish_request == Some(payment.id) {
        retainer.replenish_request = None;
    }
    let moving = Moving {
        kind: MovementKind::Deposit,
        amount,
        day,
        description: payment.notes.clone(),
        invoice: None,
        payment: Some(payment.id),
    };
    Ok(move_money(d, retainer, moving)?.0)
}
