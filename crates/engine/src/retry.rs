//! How long to wait before a batch is tried again: exponential from 1 ms, full jitter, bounded.

use std::time::Duration;

/// The pause before attempt `attempt + 1`; `random` is any number.
pub(crate) fn pause(attempt: u32, longest: Duration, random: u64) -> Duration {
    let ceiling = Duration::from_millis(1).saturating_mul(1 << attempt.min(16)).min(longest);
    let micros = u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX).max(1);
    Duration::from_micros(random % micros)
}

/// A random number; without randomness there is no jitter, which is only slower.
pub(crate) fn random() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_below_their_ceiling() {
        let longest = Duration::from_millis(250);
        for (attempt, ceiling_ms) in [(0, 1), (3, 8), (7, 128), (8, 250), (200, 250)] {
            let ceiling = Duration::from_millis(ceiling_ms);
            assert!(pause(attempt, longest, u64::MAX) < ceiling);
            assert_eq!(pause(attempt, longest, 0), Duration::ZERO);
            let most = u64::try_from(ceiling.as_micros()).unwrap() - 1;
            assert_eq!(pause(attempt, longest, most), Duration::from_micros(most));
        }
    }
}
