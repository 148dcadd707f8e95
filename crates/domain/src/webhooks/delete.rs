//! Delete: nothing is sent there any more, also not what is on its way.

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

/// Take a webhook away.
#[derive(Debug, Clone)]
pub struct DeleteWebhook {
    /// The webhook.
    pub webhook: Ref<Webhook>,
}

impl Decide for DeleteWebhook {
    const NAME: &'static str = "delete_webhook";
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
        let gone = d.update(Webhook { deleted: true, active: false, ..Webhook::clone(&found) });
        Ok(Shown::Deleted(vec![*gone.id.bytes()]))
    }
}
