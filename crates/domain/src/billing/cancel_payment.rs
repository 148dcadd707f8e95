//! Cancel a payment that has not arrived.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::{Payment, PaymentStage},
};

use super::{is_open, shown, stop_waiting};

/// A payment will not arrive.
#[derive(Debug, Clone)]
pub struct CancelPayment {
    /// The payment.
    pub payment: Ref<Payment>,
    /// Why.
    pub reason: Option<String>,
}

impl Decide for CancelPayment {
    const NAME: &'static str = "cancel_payment";
    const ACTION: Action = Action::ManagePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `payment_settled`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.payment)?;
        is_open(&found)?;

        // From here on the command succeeds.
        stop_waiting(d, &found)?;
        let (stage, failure) = (PaymentStage::Cancelled, self.reason.clone());
        let payment = d.update(Payment { stage, failure, ..Payment::clone(&found) });
        shown(d, payment, None, None)
    }
}
