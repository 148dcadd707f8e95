//! Work and outlays: what can be billed later, on one live invoice at most. **Nothing here moves money.**

pub mod create_expense;
pub mod delete_expense;
pub mod delete_time;
pub mod log_time;
pub mod review_expense;
pub mod review_time;
pub mod start_timer;
pub mod stop_timer;
#[cfg(test)]
mod tests;
pub mod update_expense;
pub mod update_time;

use std::sync::Arc;

use crate::{
    actor::{Action, Reach},
    billing::parties,
    decision::{Decision, Stop},
    id::{Id, User},
    money::{AMOUNT_MINOR_MAX, Currency, Decimal, Money, MoneyError},
    rejection::Rejection,
    reply::Shown,
    rows::{Expense, Review, TimeEntry},
};

/// The longest time entry: a day.
pub const MINUTES_MAX: i64 = 1_440;

/// What somebody who has looked at time or an expense says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It stands.
    Approve,
    /// It does not.
    Reject,
}

impl Verdict {
    const fn review(self) -> Review {
        match self {
            Self::Approve => Review::Approved,
            Self::Reject => Review::Rejected,
        }
    }
}

/// The price of an hour: zero allowed, and never so high that a day's work can't be added up, so that
/// a timer can be stopped however long it has run.
fn hourly_rate(rate: Decimal, currency: Currency) -> Result<Money, Rejection> {
    let rate = rate.money(currency)?;
    let day = worth(MINUTES_MAX, rate)?;
    if day.minor() > AMOUNT_MINOR_MAX { Err(MoneyError::TooLarge.into()) } else { Ok(rate) }
}

/// What so many minutes are worth, rounded half up.
fn worth(minutes: i64, hourly_rate: Money) -> Result<Money, Rejection> {
    Ok(hourly_rate.part_of(minutes, 60)?)
}

/// Refuses a length of no minute, or of more than a day.
fn length(minutes: i64) -> Result<i64, Rejection> {
    if (1..=MINUTES_MAX).contains(&minutes) { Ok(minutes) } else { Err(Rejection::MinutesRequired) }
}

/// Refuses the work of another, unless the actor may review it.
fn may_change(d: &Decision<'_>, worker: Id<User>) -> Result<(), Rejection> {
    if worker == d.actor.user || d.role.reach(Action::ReviewWork) == Reach::Firm {
        Ok(())
    } else {
        Err(Rejection::Forbidden)
    }
}

/// Refuses a second verdict.
fn is_undecided(review: Review) -> Result<(), Rejection> {
    match review {
        Review::Pending => Ok(()),
        Review::Approved | Review::Rejected => Err(Rejection::AlreadyDecided),
    }
}

/// The answer about a time entry.
fn shown_time(d: &Decision<'_>, entry: Arc<TimeEntry>) -> Result<Shown, Stop> {
    let parties = parties(d, entry.client, entry.case)?;
    Ok(Shown::TimeEntry { entry, parties })
}

/// The answer about an expense.
fn shown_expense(d: &Decision<'_>, expense: Arc<Expense>) -> Result<Shown, Stop> {
    let parties = parties(d, expense.client, expense.case)?;
    Ok(Shown::Expense { expense, parties })
}
