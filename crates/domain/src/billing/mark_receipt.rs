//! Say that the payer was given a receipt.

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

/// A receipt was given.
#[derive(Debug, Clone)]
pub struct MarkReceipt {
    /// The payment.
    pub payment: Ref<Payment>,
}

impl Decide for MarkReceipt {
    const NAME: &'static str = "mark_receipt";
    const ACTION: Action = Action::TakePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `payment_not_completed`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.payment)?;
        if found.stage != PaymentStage::Completed {
            return Err(Rejection::PaymentNotCompleted.into());
        }

        // From here on the command succeeds.
        let payment = d.update(Payment { receipt_sent: true, ..Payment::clone(&found) });
        shown(d, payment, None, None)
    }
}
