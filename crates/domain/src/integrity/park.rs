//! Park: a check has found something wrong with an account. Somebody is told, once, and from then on
//! no command changes it. All else goes on.
//!
//! It looks at no row of the account: that one may be broken in any way.

use super::{PARKED_COUNT_MAX, found_about};
use crate::{
    actor::Action,
    book::Book,
    change::{Change, Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    invariant::{Account, AccountKind, Finding},
    rejection::Rejection,
    reply::Shown,
    rows::{Alert, AlertKind, Found},
};

/// Longest counterexample that is kept, in characters.
const TEXT_CHARS_MAX: usize = 500;

/// Park an account.
#[derive(Debug, Clone)]
pub struct ParkAccount {
    /// The account.
    pub account: Account,
    /// What was found.
    pub found: Found,
}

impl ParkAccount {
    /// One for each account that something was found about. `findings`: in the order of the rules;
    /// the first about an account is the smallest counterexample.
    pub fn all_of(findings: &[Finding]) -> Vec<Self> {
        let mut parks: Vec<(Self, Vec<String>)> = Vec::new();
        for finding in findings {
            let sign = finding.sign.to_string();
            if let Some((_, signs)) =
                parks.iter_mut().find(|(park, _)| park.account == finding.account)
            {
                signs.push(sign);
                continue;
            }
            let found = Found {
                kind: finding.account.kind,
                rule: finding.sign.rule.to_owned(),
                signs: String::new(),
                text: finding.text.chars().take(TEXT_CHARS_MAX).collect(),
            };
            parks.push((Self { account: finding.account, found }, vec![sign]));
        }
        let joined = |(mut park, mut signs): (Self, Vec<String>)| {
            signs.sort_unstable();
            signs.dedup();
            park.found.signs = signs.join(" ");
            park
        };
        parks.into_iter().map(joined).collect()
    }

    /// Whether nobody has to be told any more: it is parked already, or an owner has released it knowing
    /// all of this.
    pub fn is_told_by(&self, alert: &Alert) -> bool {
        let knows = |found: &Found| {
            let same = (alert.about, found.kind) == (self.account.id, self.account.kind);
            same && (alert.released.is_none() || found.covers(&self.found.signs))
        };
        alert.found.as_ref().is_some_and(knows)
    }

    /// Why somebody should look.
    fn alert(&self) -> AlertKind {
        match (self.account.kind, self.found.rule.as_str()) {
            (AccountKind::Retainer, "I1") => AlertKind::BalanceBelowZero,
            (AccountKind::Invoice, "I3") => AlertKind::AmountPaidDiffers,
            _ => AlertKind::Discrepancy,
        }
    }
}

impl Decide for ParkAccount {
    const NAME: &'static str = "park_account";
    const ACTION: Action = Action::RunJobs;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Set(Set::FoundAbout(self.account.id)));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        Some(self.account.id)
    }

    /// Refuses, in this order: `nothing_to_tell` (it is parked already, or an owner has released it
    /// knowing all that was found), `too_many_parked`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let Account { kind, id } = self.account;
        if found_about(d, id)?.iter().any(|alert| self.is_told_by(alert)) {
            return Err(Rejection::NothingToTell.into());
        }
        let mut parked = d.book.firm.parked.clone();
        if kind.can_be_parked() && !parked.contains(&id) {
            if parked.len() >= PARKED_COUNT_MAX {
                return Err(Rejection::TooManyParked.into());
            }
            parked.push(id);
        }

        // From here on the command succeeds.
        d.push(Change::Parked(parked));
        Ok(Shown::Alert(d.alert_found(self.alert(), id, Some(self.found.clone()))))
    }
}
