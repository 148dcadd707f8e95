//! Release: an owner takes a parked account back into use and says why. What was found about it is
//! accepted with that: it is not parked for it again, but for anything new.

use super::found_about;
use crate::{
    actor::Action,
    book::Book,
    change::{Change, Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    rejection::Rejection,
    reply::Shown,
    rows::{Alert, Release},
};

/// Release an account.
#[derive(Debug, Clone)]
pub struct ReleaseAccount {
    /// Its id, as the alert says it.
    pub account: [u8; 12],
    /// Why.
    pub reason: String,
}

impl Decide for ReleaseAccount {
    const NAME: &'static str = "release_account";
    const ACTION: Action = Action::ReleaseAccounts;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Set(Set::FoundAbout(self.account)));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        Some(self.account)
    }

    /// Refuses, in this order: `reason_required`, `account_not_parked`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let reason = self.reason.trim();
        if reason.is_empty() {
            return Err(Rejection::ReasonRequired.into());
        }
        let mut standing = found_about(d, self.account)?;
        standing.retain(|alert| alert.released.is_none());
        let last = standing.pop().ok_or(Rejection::AccountNotParked)?;

        // From here on the command succeeds.
        let (by, at) = (d.actor.user, d.at);
        let release = |alert: &Alert| Alert {
            released: Some(Release { by, at, reason: reason.to_owned() }),
            acknowledged: alert.acknowledged.or(Some((by, at))),
            ..alert.clone()
        };
        for alert in &standing {
            d.update(release(alert));
        }
        let mut parked = d.book.firm.parked.clone();
        parked.retain(|id| *id != self.account);
        d.push(Change::Parked(parked));
        Ok(Shown::Alert(d.update(release(&last))))
    }
}
