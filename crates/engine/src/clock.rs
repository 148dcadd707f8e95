//! Time and ids from outside: the only place in the product that reads the clock.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::{IdRun, Timestamp, id::IDS_PER_COMMAND_MAX};

/// Tells the time. Tests hand in their own.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock. It may step back; the journal's order does not depend on it.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that everything else is handed"
        )]
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Hands out runs of ids: 4 bytes of seconds, 4 random bytes of this process, 4 bytes of count.
#[derive(Debug)]
pub struct Ids {
    process: [u8; 4],
    next: AtomicU32,
}

impl Ids {
    /// Ids of a process with these random bytes. Tests hand in fixed ones.
    pub const fn new(process: [u8; 4]) -> Self {
        Self { process, next: AtomicU32::new(0) }
    }

    /// Ids of this process.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut process = [0; 4];
        getrandom::fill(&mut process)?;
        Ok(Self::new(process))
    }

    /// The ids for one command received at `at`.
    pub fn run(&self, at: Timestamp) -> IdRun {
        let seconds = u32::try_from(at.micros() / 1_000_000).unwrap_or(u32::MAX);
        let first = self.next.fetch_add(IDS_PER_COMMAND_MAX, Ordering::Relaxed);
        let [a, b, c, d] = seconds.to_be_bytes();
        let [e, f, g, h] = self.process;
        IdRun::new([a, b, c, d, e, f, g, h], first)
    }
}
