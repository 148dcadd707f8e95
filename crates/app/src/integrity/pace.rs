//! How much of the machine a walk may take: it works a little and naps in proportion, so that those who
//! wait for an answer do not notice it.
//!
//! A walk reads one snapshot, and what a snapshot sees can't be tidied up by the database: SQLite's
//! write-ahead log grows meanwhile, and PostgreSQL keeps dead rows. So a walk naps only while its
//! snapshot is young; then it hurries, and **what it owes is slept off when the snapshot is gone**.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// How long is worked between two naps.
const SLICE: Duration = Duration::from_millis(5);
/// Longest nap at once: whoever waits for the walk to hurry waits no longer.
const NAP_MAX: Duration = Duration::from_millis(250);
/// A snapshot older than this is not napped on.
const SNAPSHOT_AGE_MAX: Duration = Duration::from_secs(10);
/// The clock is looked at once in so many rows.
const ROWS_PER_LOOK: u32 = 64;
/// Longest rest that is owed for one walk, however little of the machine may be taken.
const OWED_MAX: Duration = Duration::from_secs(24 * 3_600);

/// The share of one core that may be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(f64);

impl Pace {
    /// What is taken where nothing else was said.
    pub const SHARE_DEFAULT: f64 = 0.02;
    /// Nothing is done but what somebody asks for.
    pub const OFF: Self = Self(0.0);
    /// Without rest.
    pub const FULL: Self = Self(1.0);

    /// A share between 0 and 1; 0 is [`Self::OFF`].
    pub fn of(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }

    /// Whether there is anything to be done.
    pub fn is_on(self) -> bool {
        self.0 > 0.0
    }

    /// The rest that follows on so much work.
    fn rest(self, worked: Duration) -> Duration {
        let seconds = worked.as_secs_f64() * (1.0 / self.0 - 1.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(OWED_MAX).min(OWED_MAX)
    }
}

/// One walk's working and resting.
pub(super) struct Breath {
    pace: Pace,
    /// How many wait for the walk to end.
    waiting: Arc<AtomicUsize>,
    started: Instant,
    slice: Instant,
    worked: Duration,
    napped: Duration,
    rows: u32,
}

impl Breath {
    pub fn new(pace: Pace, waiting: Arc<AtomicUsize>) -> Self {
        let now = Instant::now();
        let (worked, napped) = (Duration::ZERO, Duration::ZERO);
        Self { pace, waiting, started: now, slice: now, worked, napped, rows: 0 }
    }

    /// One more row was looked at.
    pub fn row(&mut self) {
        self.rows = self.rows.wrapping_add(1);
        if self.rows.is_multiple_of(ROWS_PER_LOOK) && self.slice.elapsed() >= SLICE {
            self.pause();
        }
    }

    fn pause(&mut self) {
        let worked = self.slice.elapsed();
        self.worked += worked;
        let young = SNAPSHOT_AGE_MAX.saturating_sub(self.started.elapsed());
        let nap = self.pace.rest(worked).min(NAP_MAX).min(young);
        if !nap.is_zero() && self.waiting.load(Relaxed) == 0 {
            std::thread::sleep(nap);
            self.napped += nap;
        }
        self.slice = Instant::now();
    }

    /// The rest that is left when the walk has ended.
    pub fn owed(mut self) -> Duration {
        self.worked += self.slice.elapsed();
        self.pace.rest(self.worked).saturating_sub(self.napped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_is_in_proportion_to_work() {
        let second = Duration::from_secs(1);
        assert_eq!(Pace::of(0.02).rest(second), Duration::from_secs(49));
        assert_eq!(Pace::FULL.rest(second), Duration::ZERO);
        assert_eq!(Pace::of(1e-9).rest(second), OWED_MAX);
        assert!(!Pace::OFF.is_on() && !Pace::of(-1.0).is_on() && Pace::of(2.0) == Pace::FULL);
    }

    #[test]
    fn a_walk_naps_while_nobody_waits() {
        for (waiting, naps) in [(0, true), (1, false)] {
            let mut breath = Breath::new(Pace::of(0.2), Arc::new(AtomicUsize::new(waiting)));
            std::thread::sleep(SLICE);
            for _ in 0..ROWS_PER_LOOK {
                breath.row();
            }
            assert_eq!(breath.napped > Duration::ZERO, naps);
            let (worked, napped) = (breath.worked, breath.napped);
            let owed = breath.owed();
            assert!(owed + napped >= worked * 4, "{owed:?} is owed for {worked:?} and {napped:?}");
        }
    }
}
