//! Resend: a delivery that was given up, or that the receiver has lost, goes out again under its id.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Delivery, DeliveryStage},
};

/// Send a delivery again.
#[derive(Debug, Clone)]
pub struct ResendDelivery {
    /// Which.
    pub delivery: Ref<Delivery>,
}

impl Decide for ResendDelivery {
    const NAME: &'static str = "resend_delivery";
    const ACTION: Action = Action::ManageWebhooks;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Delivery(self.delivery.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.delivery)
    }

    /// Refuses, in this order: `delivery_not_found`, `webhook_not_found`, `delivery_pending`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.delivery)?;
        d.find(&Ref::Id(found.webhook))?;
        if found.stage == DeliveryStage::Pending {
            return Err(Rejection::DeliveryPending.into());
        }

        // From here on the command succeeds.
        let (stage, attempts, next_at) = (DeliveryStage::Pending, 0, d.at);
        let again = Delivery { stage, attempts, next_at, ..Delivery::clone(&found) };
        Ok(Shown::Delivery(d.update(again)))
    }
}
