//! Rotate: a new secret. For a day deliveries are signed with the old one too, so that a receiver may
//! change over whenever it likes.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::Webhook,
};

/// How long the secret before is good for.
pub const ROTATION_MICROS: i64 = 86_400_000_000;

/// Give a webhook a new secret.
#[derive(Debug, Clone)]
pub struct RotateWebhook {
    /// The webhook.
    pub webhook: Ref<Webhook>,
    /// The new one; made by whoever sends the command.
    pub secret: String,
}

impl Decide for RotateWebhook {
    const NAME: &'static str = "rotate_webhook";
    const ACTION: Action = Action::ManageWebhooks;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Webhook(self.webhook.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.webhook)
    }

    /// Refuses: `webhook_not_found`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.webhook)?;

        // From here on the command succeeds.
        let previous = Some((found.secret.clone(), d.at.plus_micros(ROTATION_MICROS)));
        let secret = self.secret.clone();
        Ok(Shown::Webhook(d.update(Webhook { secret, previous, ..Webhook::clone(&found) })))
    }
}
