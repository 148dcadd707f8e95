//! Claim: one process begins an attempt at a delivery. Whoever else wants to is refused until the claim
//! has run out; a process that dies has claimed in vain, and another goes on.

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

/// How long an attempt may take; longer than its sender waits for the receiver.
pub const CLAIM_MICROS: i64 = 60_000_000;

/// Begin an attempt.
#[derive(Debug, Clone, Copy)]
pub struct ClaimDelivery {
    /// At this.
    pub delivery: Id<Delivery>,
}

impl Decide for ClaimDelivery {
    const NAME: &'static str = "claim_delivery";
    const ACTION: Action = Action::RunJobs;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Delivery(Ref::Id(self.delivery)));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        Some(*self.delivery.bytes())
    }

    /// Refuses, in this order: `delivery_not_found`, `delivery_not_due`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.get(self.delivery)?;
        if found.stage != DeliveryStage::Pending || found.next_at > d.at {
            return Err(Rejection::DeliveryNotDue.into());
        }

        // From here on the command succeeds.
        let (attempts, next_at) =
            (found.attempts.saturating_add(1), d.at.plus_micros(CLAIM_MICROS));
        Ok(Shown::Delivery(d.update(Delivery { attempts, next_at, ..Delivery::clone(&found) })))
    }
}
