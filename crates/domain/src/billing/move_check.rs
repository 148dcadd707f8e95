//! The life of a cheque: received, deposited, then cleared (the money is here) or bounced.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Check, CheckState, Payment, PaymentStage},
};

use super::{complete_payment::complete, fail_payment::fail, shown};

/// A cheque has moved on.
#[derive(Debug, Clone)]
pub struct MoveCheck {
    /// The payment.
    pub payment: Ref<Payment>,
    /// Where it is now.
    pub state: CheckState,
    /// Why it bounced.
    pub reason: Option<String>,
}

impl Decide for MoveCheck {
    const NAME: &'static str = "move_check";
    const ACTION: Action = Action::TakePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `not_a_check`, `already_completed`,
    /// `payment_not_pending`, `check_not_received`, `check_not_deposited`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.payment)?;
        let check = found.check.clone().ok_or(Rejection::NotACheck)?;
        match found.stage {
            PaymentStage::Pending => {}
            PaymentStage::Completed => return Err(Rejection::AlreadyCompleted.into()),
            // One that bounced is presented again from the start.
            PaymentStage::Failed | PaymentStage::Cancelled => {
                return Err(Rejection::PaymentNotPending.into());
            }
        }
        match (check.state, self.state) {
            (CheckState::Received, CheckState::Deposited)
            | (CheckState::Deposited, CheckState::Cleared | CheckState::Bounced) => {}
            (_, CheckState::Received | CheckState::Deposited) => {
                return Err(Rejection::CheckNotReceived.into());
            }
            (_, CheckState::Cleared | CheckState::Bounced) => {
                return Err(Rejection::CheckNotDeposited.into());
            }
        }

        let moved = Some(Check { state: self.state, ..check });
        let payment = Payment { check: moved, ..Payment::clone(&found) };
        match self.state {
            CheckState::Received | CheckState::Deposited => {
                let payment = d.update(payment);
                shown(d, payment, None, None)
            }
            CheckState::Cleared => complete(d, &payment, d.today),
            CheckState::Bounced => {
                let payment = fail(d, &payment, self.reason.clone())?;
                shown(d, payment, None, None)
            }
        }
    }
}
