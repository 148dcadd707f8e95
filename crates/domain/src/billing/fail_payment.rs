//! Say that an expected payment did not arrive; it may still.

use std::sync::Arc;

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

use super::{shown, stop_waiting};

/// A payment did not arrive.
#[derive(Debug, Clone)]
pub struct FailPayment {
    /// The payment.
    pub payment: Ref<Payment>,
    /// Why.
    pub reason: Option<String>,
}

impl Decide for FailPayment {
    const NAME: &'static str = "fail_payment";
    const ACTION: Action = Action::ManagePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `already_completed`, `payment_not_pending`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.payment)?;
        match found.stage {
            PaymentStage::Pending => {}
            PaymentStage::Completed => return Err(Rejection::AlreadyCompleted.into()),
            PaymentStage::Failed | PaymentStage::Cancelled => {
                return Err(Rejection::PaymentNotPending.into());
            }
        }

        // From here on the command succeeds.
        let payment = fail(d, &found, self.reason.clone())?;
        shown(d, payment, None, None)
    }
}

/// Writes down that a payment has failed, as it now is.
pub(super) fn fail(
    d: &mut Decision<'_>,
    payment: &Payment,
    failure: Option<String>,
) -> Result<Arc<Payment>, Stop> {
    stop_waiting(d, payment)?;
    Ok(d.update(Payment { stage: PaymentStage::Failed, failure, ..payment.clone() }))
}
