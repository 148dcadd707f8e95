//! Test: a delivery of nothing, to see whether it arrives.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::Webhook,
};

/// Send a test.
#[derive(Debug, Clone)]
pub struct TestWebhook {
    /// Where to.
    pub webhook: Ref<Webhook>,
}

impl Decide for TestWebhook {
    const NAME: &'static str = "test_webhook";
    const ACTION: Action = Action::ManageWebhooks;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Webhook(self.webhook.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.webhook)
    }

    /// Refuses, in this order: `webhook_not_found`, `webhook_inactive`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.webhook)?;
        if !found.active {
            return Err(Rejection::WebhookInactive.into());
        }

        // From here on the command succeeds.
        Ok(Shown::Delivery(d.deliver(found.id, None)))
    }
}
