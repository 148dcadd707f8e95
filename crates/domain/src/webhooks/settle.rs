//! Settle: what came of an attempt. A failed one is tried again later, until there were too many or
//! the webhook has gone.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, Ref},
    rejection::Rejection,
    reply::Shown,
    rows::{Delivery, DeliveryStage},
};

/// Attempts after which a delivery is given up.
pub const ATTEMPTS_MAX: i64 = 12;

/// End an attempt.
#[derive(Debug, Clone)]
pub struct SettleDelivery {
    /// At this.
    pub delivery: Id<Delivery>,
    /// Which attempt, from 1.
    pub attempt: i64,
    /// What the receiver answered, if it did.
    pub status: Option<i64>,
    /// What stood in the way; `None`: it has arrived.
    pub error: Option<String>,
    /// How long to wait before the next attempt.
    pub pause_micros: i64,
}

impl Decide for SettleDelivery {
    const NAME: &'static str = "settle_delivery";
    const ACTION: Action = Action::RunJobs;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Delivery(Ref::Id(self.delivery)));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        Some(*self.delivery.bytes())
    }

    /// Refuses, in this order: `delivery_not_found`, `delivery_not_due`: it was settled meanwhile, or
    /// another attempt has begun and this one failed.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.get(self.delivery)?;
        let is_latest = found.attempts == self.attempt;
        let is_last = found.attempts >= ATTEMPTS_MAX || d.get(found.webhook)?.deleted;
        if found.stage != DeliveryStage::Pending || (self.error.is_some() && !is_latest) {
            return Err(Rejection::DeliveryNotDue.into());
        }

        // From here on the command succeeds.
        let (status, error) = (self.status, self.error.clone());
        let stage = match &self.error {
            None => DeliveryStage::Delivered,
            Some(_) if is_last => DeliveryStage::Dead,
            Some(_) => DeliveryStage::Pending,
        };
        let next_at = d.at.plus_micros(self.pause_micros);
        let settled = Delivery { stage, next_at, status, error, ..Delivery::clone(&found) };
        Ok(Shown::Delivery(d.update(settled)))
    }
}
