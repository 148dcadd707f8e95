//! Acknowledge an alert. Who was first stays: saying it again changes nothing, and is no mistake.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::Alert,
};

/// The actor has seen an alert.
#[derive(Debug, Clone)]
pub struct AcknowledgeAlert {
    /// The alert.
    pub alert: Ref<Alert>,
}

impl Decide for AcknowledgeAlert {
    const NAME: &'static str = "acknowledge_alert";
    const ACTION: Action = Action::HandleAlerts;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Alert(self.alert.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.alert)
    }

    /// Refuses: `alert_not_found`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.alert)?;

        // From here on the command succeeds.
        if found.acknowledged.is_some() {
            return Ok(Shown::Alert(found));
        }
        let acknowledged = Some((d.actor.user, d.at));
        Ok(Shown::Alert(d.update(Alert { acknowledged, ..Alert::clone(&found) })))
    }
}
