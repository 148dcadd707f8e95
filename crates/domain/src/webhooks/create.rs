//! Create: somewhere alerts are sent to from now on.

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    rejection::Rejection,
    reply::Shown,
    rows::{AlertKind, Webhook},
};

use super::{WEBHOOKS_MAX, check_url};

/// Send alerts somewhere.
#[derive(Debug, Clone)]
pub struct CreateWebhook {
    /// Where.
    pub url: String,
    /// Of which kinds; none: all.
    pub kinds: Vec<AlertKind>,
    /// What deliveries are signed with; made by whoever sends the command.
    pub secret: String,
}

impl Decide for CreateWebhook {
    const NAME: &'static str = "create_webhook";
    const ACTION: Action = Action::ManageWebhooks;

    fn keys(&self, _: &mut Vec<Key>) {}

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `webhook_url_invalid`, `too_many_webhooks`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        check_url(&self.url)?;
        if d.all::<Webhook>(Set::WebhooksOf(d.book.firm.id))?.len() >= WEBHOOKS_MAX {
            return Err(Rejection::TooManyWebhooks.into());
        }

        // From here on the command succeeds.
        let webhook = Webhook {
            id: d.id(),
            url: self.url.clone(),
            kinds: self.kinds.clone(),
            secret: self.secret.clone(),
            previous: None,
            active: true,
            deleted: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        Ok(Shown::Webhook(d.insert(webhook)))
    }
}
