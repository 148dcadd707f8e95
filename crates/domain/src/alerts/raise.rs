//! Raise: an alert that no command causes but a check has found. While one about the same stands open,
//! nobody is told again.

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    rejection::Rejection,
    reply::Shown,
    rows::{Alert, AlertKind},
};

/// Somebody should look at a row.
#[derive(Debug, Clone, Copy)]
pub struct RaiseAlert {
    /// Why.
    pub kind: AlertKind,
    /// The row.
    pub about: [u8; 12],
}

impl Decide for RaiseAlert {
    const NAME: &'static str = "raise_alert";
    const ACTION: Action = Action::RunJobs;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Set(Set::OpenAlerts(self.about)));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses: `nothing_to_tell`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let Self { kind, about } = *self;
        let is_same = |alert: &Alert| {
            (alert.kind, alert.about) == (kind, about) && alert.acknowledged.is_none()
        };
        if d.all::<Alert>(Set::OpenAlerts(about))?.iter().any(|alert| is_same(alert)) {
            return Err(Rejection::NothingToTell.into());
        }

        // From here on the command succeeds.
        Ok(Shown::Alert(d.alert(kind, about)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ref, Role, alerts::acknowledge::AcknowledgeAlert, practice::Practice};

    #[test]
    fn what_stands_open_is_told_once() {
        let mut practice = Practice::new();
        let raise = RaiseAlert { kind: AlertKind::Discrepancy, about: [9; 12] };
        assert_eq!(practice.ask(raise), Err(Rejection::Forbidden));
        practice.role = Role::System;
        practice.user = 0;
        let Shown::Alert(alert) = practice.ask(raise).unwrap() else { panic!("no alert") };
        assert_eq!(practice.ask(raise), Err(Rejection::NothingToTell));
        practice.ask(RaiseAlert { kind: AlertKind::NumbersFail, ..raise }).unwrap();
        practice.ask(RaiseAlert { about: [8; 12], ..raise }).unwrap();
        (practice.role, practice.user) = (Role::Owner, 3);
        practice.ask(AcknowledgeAlert { alert: Ref::Id(alert.id) }).unwrap();
        (practice.role, practice.user) = (Role::System, 0);
        practice.ask(raise).unwrap();
        assert_eq!(practice.alerts(AlertKind::Discrepancy), 3);
    }
}
