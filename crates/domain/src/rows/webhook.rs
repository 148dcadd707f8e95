//! Where alerts are sent to, and the outbox: what is on its way there.

use super::{Alert, AlertKind};
use crate::{
    id::{Id, User},
    named::named,
    time::Timestamp,
};

/// Somewhere that wants to hear of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Id.
    pub id: Id<Self>,
    /// Where.
    pub url: String,
    /// What it wants to hear of; nothing named: everything.
    pub kinds: Vec<AlertKind>,
    /// What deliveries are signed with.
    pub secret: String,
    /// The secret before, and until when deliveries are signed with it too.
    pub previous: Option<(String, Timestamp)>,
    /// Whether anything new is sent there.
    pub active: bool,
    /// Marked as deleted.
    pub deleted: bool,
    /// Who made it.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Webhook {
    /// Whether an alert of this kind is sent there.
    pub fn wants(&self, kind: AlertKind) -> bool {
        self.active && !self.deleted && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }

    /// What a delivery is signed with now, the newest first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let before = self.previous.as_ref().filter(|(_, until)| now <= *until);
        [self.secret.as_str()].into_iter().chain(before.map(|(secret, _)| secret.as_str()))
    }
}

named! {
    /// How far a delivery has come.
    DeliveryStage {
        /// It is on its way, or will be tried again.
        Pending = "pending",
        /// The receiver has said that it has it.
        Delivered = "delivered",
        /// Given up.
        Dead = "dead",
    }
}

/// A line of the outbox: one alert on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Id; what the receiver knows repetitions by.
    pub id: Id<Self>,
    /// Where to.
    pub webhook: Id<Webhook>,
    /// What; `None`: a test.
    pub alert: Option<Id<Alert>>,
    /// The command that put it here.
    pub seq: i64,
    /// How far it has come.
    pub stage: DeliveryStage,
    /// Attempts begun.
    pub attempts: i64,
    /// Pending: when it may be tried next.
    pub next_at: Timestamp,
    /// What the receiver answered last.
    pub status: Option<i64>,
    /// What stood in the way last.
    pub error: Option<String>,
    /// Who sent that command.
    pub created_by: Id<User>,
    /// Optimistic lock.
    pub version: i64,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
