//! Complete a payment: the money is here. It goes into the retainer it names, or becomes client credit;
//! never is one riyal counted twice.

use std::sync::Arc;

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger,
    rejection::Rejection,
    reply::Shown,
    rows::{MovementKind, Payment, PaymentStatus, PaymentType, Retainer, RetainerStatus},
};

use crate::trust::{Moving, move_money};

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

    /// Refuses, in this order: `payment_not_found`, `already_completed`, `retainer_not_active`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let payment = d.find(&self.payment)?;
        match payment.status {
            PaymentStatus::Pending => complete(d, &payment),
            PaymentStatus::Completed => Err(Rejection::AlreadyCompleted.into()),
        }
    }
}

/// The effects of completing `payment`.
pub(super) fn complete(d: &mut Decision<'_>, payment: &Payment) -> Result<Shown, Stop> {
    let for_retainer = matches!(payment.kind, PaymentType::Retainer | PaymentType::Advance);
    let target = payment.retainer.filter(|_| for_retainer).map(|id| d.get(id)).transpose()?;
    if let Some(retainer) = &target {
        match retainer.status(d.today) {
            RetainerStatus::Active | RetainerStatus::Depleted => {}
            RetainerStatus::Refunded | RetainerStatus::Expired => {
                return Err(Rejection::RetainerNotActive.into());
            }
        }
        retainer.balance.plus(payment.amount)?;
        retainer.deposits.plus(payment.amount)?;
    }
    let client = d.get(payment.client)?;

    // From here on the command succeeds.
    let mut completed = payment.clone();
    completed.status = PaymentStatus::Completed;
    let retainer = match target {
        Some(retainer) => {
            completed.deposited = payment.amount;
            Some(fill(d, &retainer, payment)?)
        }
        None => {
            completed.unapplied = payment.amount;
            d.post(payment.day, ledger::credit(payment.client, payment.amount));
            None
        }
    };
    let payment = d.update(completed);
    Ok(Shown::Payment { payment, client, retainer })
}

/// Deposits the whole payment into the retainer, and settles the request that asked for it.
fn fill(
    d: &mut Decision<'_>,
    retainer: &Retainer,
    payment: &Payment,
) -> Result<Arc<Retainer>, Stop> {
    d.post(payment.day, ledger::deposit(retainer.id, payment.amount));
    let mut retainer = retainer.clone();
    if retainer.replenish_request == Some(payment.id) {
        retainer.replenish_request = None;
    }
    let moving = Moving {
        kind: MovementKind::Deposit,
        amount: payment.amount,
        day: payment.day,
        description: payment.notes.clone(),
        invoice: None,
        payment: Some(payment.id),
    };
    Ok(move_money(d, retainer, moving)?.0)
}
