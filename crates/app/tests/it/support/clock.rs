//! A clock that a test sets by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use engine::Clock as _;

/// Stands where it was last put; every reading moves it on by one microsecond.
#[derive(Debug)]
pub struct HandClock {
    micros: AtomicI64,
    is_obeyed: bool,
}

/// 2026-06-01T09:00:00Z
pub const JUNE: i64 = 1_780_304_400_000_000;

impl Default for HandClock {
    fn default() -> Self {
        Self { micros: AtomicI64::new(JUNE), is_obeyed: true }
    }
}

impl HandClock {
    /// One that nobody looks at: a process has the machine's.
    pub fn of_processes() -> Self {
        Self { is_obeyed: false, ..Self::default() }
    }

    /// Puts the clock at an RFC 3339 instant.
    pub fn set(&self, instant: &str) {
        assert!(self.is_obeyed, "processes have a clock of their own: say `in_this_process`");
        let at: jiff::Timestamp = instant.parse().expect("an instant");
        self.micros.store(at.as_microsecond(), Ordering::SeqCst);
    }

    pub fn micros(&self) -> i64 {
        self.micros.fetch_add(1, Ordering::SeqCst)
    }

    /// The month in Riyadh, as it stands in numbers: `202606`.
    pub fn month(&self) -> String {
        let now = if self.is_obeyed { self.now() } else { engine::SystemClock.now() };
        let now = jiff::Timestamp::from_microsecond(now.micros()).expect("an instant");
        let zone = jiff::tz::TimeZone::get("Asia/Riyadh").expect("a zone");
        let day = zone.to_datetime(now).date();
        format!("{}{:02}", day.year(), day.month())
    }
}

impl engine::Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros())
    }
}
