//! Stop the actor's timer: what has passed, rounded up to a minute and capped at a day, is the entry's
//! length.

use std::sync::Arc;

use crate::{
    actor::Action,
    book::Book,
    change::{Key, Set},
    command::Decide,
    decision::{Decision, Stop},
    rejection::Rejection,
    reply::Shown,
    rows::TimeEntry,
    time::Timestamp,
};

use super::{MINUTES_MAX, shown_time, worth};

const MINUTE_MICROS: i64 = 60_000_000;

/// The actor ends the work.
#[derive(Debug, Clone, Default)]
pub struct StopTimer {
    /// What was done; as it was said at the start when absent.
    pub description: Option<String>,
}

impl Decide for StopTimer {
    const NAME: &'static str = "stop_timer";
    const ACTION: Action = Action::LogWork;

    fn keys(&self, _: &mut Vec<Key>) {}

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses: `timer_not_running`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let (found, started_at) = running(d)?.ok_or(Rejection::TimerNotRunning)?;
        let minutes = minutes_between(started_at, d.at);
        let amount = worth(minutes, found.hourly_rate)?;

        // From here on the command succeeds.
        let entry = d.update(TimeEntry {
            minutes,
            amount,
            description: self.description.clone().or_else(|| found.description.clone()),
            started_at: None,
            ..TimeEntry::clone(&found)
        });
        shown_time(d, entry)
    }
}

/// The actor's running timer, and since when it runs.
pub(super) fn running(d: &Decision<'_>) -> Result<Option<(Arc<TimeEntry>, Timestamp)>, Stop> {
    let user = d.actor.user;
    let entries = d.all::<TimeEntry>(Set::TimerOf(user))?;
    let mut own = entries.into_iter().filter(|entry| entry.created_by == user);
    Ok(own.find_map(|entry| entry.started_at.map(|started_at| (entry, started_at))))
}

/// Begun minutes, from one to a day.
fn minutes_between(start: Timestamp, end: Timestamp) -> i64 {
    let micros = end.micros().saturating_sub(start.micros());
    let begun = micros.saturating_add(MINUTE_MICROS - 1).checked_div(MINUTE_MICROS);
    begun.unwrap_or(MINUTES_MAX).clamp(1, MINUTES_MAX)
}
