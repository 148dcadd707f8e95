//! Replenish: more money into an active or depleted retainer, from outside or from a payment's rest.

use std::sync::Arc;

use crate::{
    actor::Action,
    billing::{NAMED_COUNT_MAX, claim, state_payment},
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger,
    money::{Decimal, Money},
    rejection::Rejection,
    reply::Shown,
    rows::{MovementKind, Payment, PaymentStage, Retainer, RetainerStatus, StatementKind, Target},
    time::Moment,
};

use super::{Moving, effective_day, move_money, shown, takes};

/// Deposit into a retainer.
#[derive(Debug, Clone)]
pub struct ReplenishRetainer {
    /// The retainer.
    pub retainer: Ref<Retainer>,
    /// How much.
    pub amount: Decimal,
    /// The completed payment whose unclaimed part it is, if it came as one.
    pub payment: Option<Ref<Payment>>,
    /// The day it takes effect; today when absent.
    pub date: Option<Moment>,
    /// Free text.
    pub description: Option<String>,
}

impl ReplenishRetainer {
    /// The payment to draw on, if it may be.
    fn funding(
        &self,
        d: &Decision<'_>,
        retainer: &Retainer,
        amount: Money,
    ) -> Result<Option<Arc<Payment>>, Stop> {
        let Some(by) = &self.payment else { return Ok(None) };
        let payment = d.find(by)?;
        if payment.client != Some(retainer.client) {
            return Err(Rejection::PaymentClientMismatch.into());
        }
        if payment.stage != PaymentStage::Completed {
            return Err(Rejection::PaymentNotCompleted.into());
        }
        payment.unapplied.minus(amount)?;
        if !payment.unapplied.covers(amount) {
            return Err(Rejection::PaymentInsufficient.into());
        }
        Ok(Some(payment))
    }
}

impl Decide for ReplenishRetainer {
    const NAME: &'static str = "replenish_retainer";
    const ACTION: Action = Action::ManageRetainers;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(self.retainer.clone()));
        keys.extend(self.payment.clone().map(Key::Payment));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.retainer)
    }

    /// Refuses, in this order: `retainer_not_found`, `client_not_found`, `amount_…`, `date_in_future`, `date_too_early`,
    /// `retainer_not_active`, `payment_not_found`, `payment_client_mismatch`,
    /// `payment_not_completed`, `currency_mismatch`, `payment_insufficient`, `too_many_applications`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let retainer = d.find(&self.retainer)?;
        // No money is taken for who was archived.
        d.find(&Ref::Id(retainer.client))?;
        let amount = self.amount.positive(retainer.currency())?;
        let day = effective_day(d, &retainer, self.date)?;
        match retainer.status(d.today) {
            RetainerStatus::Active | RetainerStatus::Depleted => {}
            RetainerStatus::Refunded | RetainerStatus::Expired => {
                return Err(Rejection::RetainerNotActive.into());
            }
        }
        let payment = self.funding(d, &retainer, amount)?;
        // Client credit has no history by day to judge a backdated draw by.
        if payment.is_some() && day < d.today {
            return Err(Rejection::DateTooEarly.into());
        }
        takes(&retainer, amount)?;
        if payment.as_ref().is_some_and(|payment| payment.claims.len() >= NAMED_COUNT_MAX) {
            return Err(Rejection::TooManyApplications.into());
        }

        // From here on the command succeeds.
        match &payment {
            None => d.post(day, ledger::deposit(retainer.id, amount)),
            Some(payment) => {
                let mut payment = Payment::clone(payment);
                payment.unapplied = payment.unapplied.minus(amount)?;
                claim(&mut payment, Target::Retainer(retainer.id), amount)?;
                d.post(day, ledger::credit_to_trust(retainer.client, retainer.id, amount));
                state_payment(d, StatementKind::CreditToRetainer, &payment, day, amount);
                d.update(payment);
            }
        }
        let moving = Moving {
            kind: MovementKind::Deposit,
            amount,
            day,
            description: self.description.clone(),
            invoice: None,
            payment: payment.map(|payment| payment.id),
        };
        let (retainer, movement) = move_money(d, Retainer::clone(&retainer), moving)?;
        shown(d, retainer, Some(movement))
    }
}
