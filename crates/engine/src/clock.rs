//! Time and ids from outside: the only place in the product that reads the clock.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::{
    IdRun, Timestamp,
    audit::{self, Salt},
    id::IDS_PER_COMMAND_MAX,
};

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
    /// What salts are made of, beside an id.
    secret: [u8; 32],
    next: AtomicU32,
}

impl Ids {
    /// Ids of a process with these random bytes, whose salts anybody can guess. Tests hand in fixed
    /// ones.
    pub const fn new(process: [u8; 4]) -> Self {
        Self { process, secret: [0; 32], next: AtomicU32::new(0) }
    }

    /// Ids of this process.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let (mut process, mut secret) = ([0; 4], [0; 32]);
        getrandom::fill(&mut process)?;
        getrandom::fill(&mut secret)?;
        Ok(Self { secret, ..Self::new(process) })
    }

    /// The ids for one command received at `at`.
    pub fn run(&self, at: Timestamp) -> IdRun {
        let seconds = u32::try_from(at.micros() / 1_000_000).unwrap_or(u32::MAX);
        let first = self.next.fetch_add(IDS_PER_COMMAND_MAX, Ordering::Relaxed);
        let [a, b, c, d] = seconds.to_be_bytes();
        let [e, f, g, h] = self.process;
        IdRun::new([a, b, c, d, e, f, g, h], first)
    }

    /// The salt of the command that these ids were reserved for: nobody can guess it who does not know
    /// what this process has drawn, and it is the same when the command is decided again.
    pub fn salt(&self, mut ids: IdRun) -> Salt {
        let hash = audit::fingerprint(&[&self.secret, ids.take::<Salt>().bytes()]);
        *hash.first_chunk().expect("a hash is longer than a salt")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salts_differ_by_command_and_process() {
        let (one, other) = (Ids::random().unwrap(), Ids::random().unwrap());
        let (first, second) = (one.run(Timestamp::default()), one.run(Timestamp::default()));
        assert_eq!(one.salt(first), one.salt(first));
        assert_ne!(one.salt(first), one.salt(second));
        assert_ne!(one.salt(first), other.salt(first));
    }
}
