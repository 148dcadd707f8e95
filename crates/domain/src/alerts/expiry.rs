//! Warn of expiry: a retainer ends soon. Time causes it, so the product sends it; once for each end.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, Ref},
    rejection::Rejection,
    reply::Shown,
    rows::{AlertKind, Retainer},
    time::Day,
};

/// How long before its end a retainer is told of.
pub const EXPIRY_WARNING_DAYS: i32 = 30;

/// Tell that a retainer ends soon.
#[derive(Debug, Clone, Copy)]
pub struct WarnOfExpiry {
    /// The retainer.
    pub retainer: Id<Retainer>,
}

/// Whether it ends within [`EXPIRY_WARNING_DAYS`], and nobody was told.
pub fn is_due(retainer: &Retainer, today: Day) -> bool {
    let last = today.days().saturating_add(EXPIRY_WARNING_DAYS);
    let ends_soon = |end: Day| today <= end && end.days() <= last;
    retainer.terms.end.is_some_and(ends_soon) && !retainer.expiry_alerted && !retainer.refunded
}

impl Decide for WarnOfExpiry {
    const NAME: &'static str = "warn_of_expiry";
    const ACTION: Action = Action::RunJobs;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(Ref::Id(self.retainer)));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        Some(*self.retainer.bytes())
    }

    /// Refuses, in this order: `retainer_not_found`, `nothing_to_tell`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.get(self.retainer)?;
        if !is_due(&found, d.today) {
            return Err(Rejection::NothingToTell.into());
        }

        // From here on the command succeeds.
        d.update(Retainer { expiry_alerted: true, ..Retainer::clone(&found) });
        Ok(Shown::Alert(d.alert(AlertKind::RetainerExpiring, *self.retainer.bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Role,
        practice::{DAY_MICROS, Practice, amount, moment},
        trust::{
            open::{OpenRetainer, Terms},
            update::UpdateRetainer,
        },
    };

    /// 2026-06-01 is today.
    fn opened(end: Option<&str>) -> (Practice, WarnOfExpiry) {
        let mut practice = Practice::new();
        let terms = Terms { end: end.map(moment), ..Terms::default() };
        let (client, amount) = (Ref::parse("CLT-2026-0001"), amount("100"));
        practice.ask(OpenRetainer { client, amount, currency: None, terms }).unwrap();
        let retainer = practice.book.retainers.rows().next().unwrap().id;
        (practice, WarnOfExpiry { retainer })
    }

    fn ask(practice: &mut Practice, warn: WarnOfExpiry) -> Result<Shown, Rejection> {
        (practice.role, practice.user) = (Role::System, 0);
        let told = practice.ask(warn);
        (practice.role, practice.user) = (Role::Owner, 3);
        told
    }

    #[test]
    fn a_retainer_is_told_of_in_the_last_thirty_days() {
        for (end, is_told) in [
            (None, false),
            (Some("2026-06-01"), true),
            (Some("2026-07-01"), true),
            (Some("2026-07-02"), false),
        ] {
            let (mut practice, warn) = opened(end);
            assert_eq!(ask(&mut practice, warn).is_ok(), is_told, "{end:?}");
        }
        let (mut practice, warn) = opened(Some("2026-06-01"));
        practice.now += DAY_MICROS;
        assert_eq!(ask(&mut practice, warn), Err(Rejection::NothingToTell), "it has ended");
    }

    #[test]
    fn each_end_is_told_of_once() {
        let (mut practice, warn) = opened(Some("2026-06-20"));
        assert_eq!(practice.ask(warn), Err(Rejection::Forbidden));
        ask(&mut practice, warn).unwrap();
        assert_eq!(ask(&mut practice, warn), Err(Rejection::NothingToTell));
        for (notes, end, is_told) in [
            (Some("n"), None, false),
            (None, Some("2026-06-20"), false),
            (None, Some("2026-06-25"), true),
        ] {
            let terms =
                Terms { end: end.map(moment), notes: notes.map(str::to_owned), ..Terms::default() };
            let retainer = Ref::Id(warn.retainer);
            practice.ask(UpdateRetainer { retainer, version: None, terms }).unwrap();
            assert_eq!(ask(&mut practice, warn).is_ok(), is_told, "{end:?}");
        }
        assert_eq!(practice.alerts(AlertKind::RetainerExpiring), 2);
    }
}
