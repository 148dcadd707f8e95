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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Id, Rejection, Role, Timestamp,
        practice::{Practice, amount},
        rows::AlertKind,
        trust::open::{OpenRetainer, Terms},
    };

    #[test]
    fn who_has_seen_an_alert_first_stays() {
        let mut practice = Practice::new();
        let terms = Terms { minimum_balance: Some(amount("100")), ..Terms::default() };
        let (client, amount) = (Ref::parse("CLT-2026-0001"), amount("100"));
        practice.ask(OpenRetainer { client, amount, currency: None, terms }).unwrap();
        assert_eq!(practice.alerts(AlertKind::LowBalance), 1);
        let alert = practice.book.alerts.rows().next().unwrap().id;
        let acknowledge = || AcknowledgeAlert { alert: Ref::Id(alert) };
        let first = (Id::new([3; 12]), Timestamp::from_micros(practice.now));
        for (user, version) in [(3, 1), (3, 1), (4, 1)] {
            practice.user = user;
            let shown = practice.ask(acknowledge()).unwrap();
            let Shown::Alert(alert) = shown else { panic!("{shown:?}") };
            assert_eq!((alert.acknowledged, alert.version), (Some(first), version), "{user}");
            practice.now += 1;
        }
        let absent = AcknowledgeAlert { alert: Ref::Id(Id::new([9; 12])) };
        assert_eq!(practice.ask(absent), Err(Rejection::AlertNotFound));
        (practice.user, practice.role) = (5, Role::Lawyer);
        assert_eq!(practice.ask(acknowledge()), Err(Rejection::Forbidden));
    }
}
