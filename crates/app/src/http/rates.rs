//! How many requests a second one user of a firm may send. Off unless it is set.
//!
//! It is asked once the caller is known and before anything else is done, so that what is refused here
//! has left no trace. Each process counts for itself. **No guarantee rests on it.**

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use domain::{Actor, Id, id::User, rows::Firm};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};

/// After so many requests, those users are forgotten who could send a whole burst again.
const REQUESTS_BETWEEN_SWEEPS: u32 = 4_096;

/// What one user may send.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Requests a second, on average.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

/// Who is counted: a user in a firm.
type Counted = (Id<Firm>, Id<User>);

/// Counts every user's requests.
pub(crate) struct Rates<C: Clock = MonotonicClock> {
    limiter: RateLimiter<Counted, DashMapStateStore<Counted>, C, NoOpMiddleware<C::Instant>>,
    since_sweep: AtomicU32,
}

impl Rates {
    pub fn new(rate: Rate) -> Self {
        Self::by(rate, MonotonicClock)
    }
}

impl<C: Clock> Rates<C> {
    /// By a clock that never goes back: one that does would lock everybody out.
    fn by(rate: Rate, clock: C) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock);
        Self { limiter, since_sweep: AtomicU32::new(0) }
    }

    /// Admits one request, or tells how many whole seconds to wait.
    pub fn admit(&self, actor: &Actor) -> Result<(), u32> {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= REQUESTS_BETWEEN_SWEEPS {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
        }
        let admitted = self.limiter.check_key(&(actor.firm, actor.user));
        admitted.map_err(|not_until| seconds(not_until.wait_time_from(self.limiter.clock().now())))
    }
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u32 {
    let more = u64::from(wait.subsec_nanos() > 0);
    u32::try_from(wait.as_secs().saturating_add(more)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use domain::Role;
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn user(user: u8, firm: u8) -> Actor {
        Actor { user: Id::new([user; 12]), firm: Id::new([firm; 12]), claimed: Role::Owner }
    }

    fn rates(per_second: u32, burst: u32) -> (Rates<FakeRelativeClock>, FakeRelativeClock) {
        let [per_second, burst] = [per_second, burst].map(|n| NonZeroU32::new(n).unwrap());
        let clock = FakeRelativeClock::default();
        (Rates::by(Rate { per_second, burst }, clock.clone()), clock)
    }

    #[test]
    fn each_user_has_a_burst_and_then_an_average() {
        let (rates, clock) = rates(2, 3);
        let (noura, omar) = (user(1, 1), user(2, 1));
        let sent = |actor: &Actor| (0..10).filter(|_| rates.admit(actor).is_ok()).count();
        assert_eq!((sent(&noura), sent(&omar), sent(&user(1, 2))), (3, 3, 3));
        assert_eq!(rates.admit(&noura), Err(1));
        clock.advance(Duration::from_millis(500));
        assert_eq!((sent(&noura), sent(&noura)), (1, 0));
        clock.advance(Duration::from_secs(60));
        assert_eq!(sent(&noura), 3);
    }

    #[test]
    fn who_could_send_a_whole_burst_again_is_forgotten() {
        let (rates, clock) = rates(1, 1);
        for n in 0..100 {
            rates.admit(&user(n, 1)).unwrap();
        }
        clock.advance(Duration::from_secs(10));
        for _ in 0..REQUESTS_BETWEEN_SWEEPS + 1 {
            let _ = rates.admit(&user(200, 1));
        }
        assert_eq!(rates.limiter.len(), 1);
    }

    #[test]
    fn waits_are_told_in_whole_seconds() {
        for (millis, told) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_500, 60)] {
            assert_eq!(seconds(Duration::from_millis(millis)), told);
        }
    }
}
