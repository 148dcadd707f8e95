//! A clock that a test sets by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;

/// Stands where it was last put; every reading moves it on by one microsecond.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

/// 2026-06-01T09:00:00Z
pub const JUNE: i64 = 1_780_304_400_000_000;

impl Default for HandClock {
    fn default() -> Self {
        Self(AtomicI64::new(JUNE))
    }
}

impl HandClock {
    /// Puts the clock at an RFC 3339 instant.
    pub fn set(&self, instant: &str) {
        let at: jiff::Timestamp = instant.parse().expect("an instant");
        self.0.store(at.as_microsecond(), Ordering::SeqCst);
    }

    pub fn micros(&self) -> i64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

impl engine::Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros())
    }
}
