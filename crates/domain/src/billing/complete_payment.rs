//! Complete a payment: the money is here. It goes into the retainer it names, on the day it is
//! completed, or becomes client credit; never is one riyal counted twice.

use std::sync::Arc;

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger,
    money::Money,
    rejection::Rejection,
    reply::Shown,
    rows::{MovementKind, Payment, PaymentStatus, PaymentType, Retainer, RetainerStatus},
    time::Day,
};

use crate::trust::{Moving, move_money, opened, takes};

/// Say that a pending payment has arrived.
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
        let id = match &self.payment {
            Ref::Id(id) => *id,
            Ref::Number(number) => book.payments.key_of(number)??,
        };
        Some(*id.bytes())
    }

    /// Refuses, in this order: `payment_not_found`, `already_completed`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let payment = d.find(&self.payment)?;
        match payment.status {
            PaymentStatus::Pending => complete(d, &payment, d.today),
            PaymentStatus::Completed => Err(Rejection::AlreadyCompleted.into()),
        }
    }
}

/// The effects of completing `payment` on `day`: the retainer it names gets it if it still can, else it
/// is client credit. Money that has arrived is never refused.
pub(super) fn complete(d: &mut Decision<'_>, payment: &Payment, day: Day) -> Result<Shown, Stop> {
    let client = d.get(payment.client)?;
    let target = match payment.retainer.filter(|_| payment.kind != PaymentType::CustomerPayment) {
        Some(id) => Some(d.get(id)?).filter(|retainer| can_take(d, retainer, payment.amount)),
        None => None,
    };

    // From here on the command succeeds.
    let mut completed = payment.clone();
    completed.status = PaymentStatus::Completed;
    let retainer = match target {
        Some(retainer) => {
            completed.deposited = payment.amount;
            Some(fill(d, &retainer, payment, day)?)
        }
        None => {
            completed.unapplied = payment.amount;
            d.post(day, ledger::credit(payment.client, payment.amount));
            None
        }
    };
    let payment = d.update(completed);
    Ok(Shown::Payment { payment, client, retainer })
}

fn can_take(d: &Decision<'_>, retainer: &Retainer, amount: Money) -> bool {
    match retainer.status(d.today) {
        RetainerStatus::Active | RetainerStatus::Depleted => takes(retainer, amount).is_ok(),
        RetainerStatus::Refunded | RetainerStatus::Expired => false,
    }
}

/// Deposits the whole payment into the retainer, and settles the request that asked for it.
fn fill(
    d: &mut Decision<'_>,
    retainer: &Retainer,
    payment: &Payment,
    day: Day,
) -> Result<Arc<Retainer>, Stop> {
    // Paid before there was a retainer: held in trust from the day there was one.
    let day = day.max(opened(d, retainer));
    d.post(day, ledger::deposit(retainer.id, payment.amount));
    let mut retainer = retainer.clone();
    if retainer.replenish_request == Some(payment.id) {
        retainer.replenish_request = None;
    }
    let moving = Moving {
        kind: MovementKind::Deposit,
        amount: payment.amount,
        day,
        description: payment.notes.clone(),
        invoice: None,
        payment: Some(payment.id),
    };
    Ok(move_money(d, retainer, moving)?.0)
}
