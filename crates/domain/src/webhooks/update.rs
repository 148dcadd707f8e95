//! Update: another address, other kinds, on or off. Only the fields that are named change.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::{AlertKind, Webhook},
};

use super::check_url;

/// Edit a webhook.
#[derive(Debug, Clone)]
pub struct UpdateWebhook {
    /// The webhook.
    pub webhook: Ref<Webhook>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// Where.
    pub url: Option<String>,
    /// Of which kinds; an empty list: all.
    pub kinds: Option<Vec<AlertKind>>,
    /// Whether anything new is sent there.
    pub active: Option<bool>,
}

impl Decide for UpdateWebhook {
    const NAME: &'static str = "update_webhook";
    const ACTION: Action = Action::ManageWebhooks;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Webhook(self.webhook.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.webhook)
    }

    /// Refuses, in this order: `webhook_not_found`, `version_conflict`, `webhook_url_invalid`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.webhook)?;
        d.expect_version(&*found, self.version)?;
        self.url.as_deref().map_or(Ok(()), check_url)?;

        // From here on the command succeeds.
        let mut webhook = Webhook::clone(&found);
        webhook.url = self.url.clone().unwrap_or(webhook.url);
        webhook.kinds = self.kinds.clone().unwrap_or(webhook.kinds);
        webhook.active = self.active.unwrap_or(webhook.active);
        Ok(Shown::Webhook(d.update(webhook)))
    }
}
