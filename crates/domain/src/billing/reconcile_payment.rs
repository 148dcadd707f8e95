//! Say that a payment was found in the books of the bank; once.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Payment, PaymentStage},
};

use super::shown;

/// A payment was found at the bank.
#[derive(Debug, Clone)]
pub struct ReconcilePayment {
    /// The payment.
    pub payment: Ref<Payment>,
}

impl Decide for ReconcilePayment {
    const NAME: &'static str = "reconcile_payment";
    const ACTION: Action = Action::ManagePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `payment_not_completed`, `already_reconciled`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.payment)?;
        if found.stage != PaymentStage::Completed {
            return Err(Rejection::PaymentNotCompleted.into());
        }
        if found.reconciled_at.is_some() {
            return Err(Rejection::AlreadyReconciled.into());
        }

        // From here on the command succeeds.
        let reconciled_at = Some(d.at);
        let payment = d.update(Payment { reconciled_at, ..Payment::clone(&found) });
        shown(d, payment, None, None)
    }
}
