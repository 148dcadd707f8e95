//! What was asked lately: so that the same money command, sent twice within seconds and without a key,
//! does not go unnoticed. It is carried out both times; somebody is told, once.

use crate::{Map, time::Timestamp};

/// How many of the last accepted commands a store is asked for.
pub const LATELY_COUNT_MAX: usize = 256;
/// How many fingerprints are remembered at least, while they are fresh enough; twice as many at most.
const REMEMBERED_COUNT: usize = 4_096;
/// How close to each other two equal commands look like one sent twice: a browser that has waited ten
/// seconds for an answer asks again.
const LATELY_MICROS: i64 = 30_000_000;

/// When a fingerprint was last seen, and whether somebody was told that it came twice.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Timestamp,
    told: bool,
}

/// The last fingerprints, in two generations: the older one is forgotten whole.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    young: Map<[u8; 32], Seen>,
    old: Map<[u8; 32], Seen>,
}

impl Lately {
    fn fresh(&self, fingerprint: &[u8; 32], now: Timestamp) -> Option<Seen> {
        let seen = self.young.get(fingerprint).or_else(|| self.old.get(fingerprint));
        let is_fresh =
            |seen: &&Seen| now.micros().saturating_sub(seen.at.micros()) <= LATELY_MICROS;
        seen.filter(is_fresh).copied()
    }

    /// Whether it came within the last seconds and nobody was told.
    pub fn came_untold(&self, fingerprint: &[u8; 32], now: Timestamp) -> bool {
        self.fresh(fingerprint, now).is_some_and(|seen| !seen.told)
    }

    /// Remembers what was accepted; if it is there already, somebody has just been told.
    pub fn note(&mut self, fingerprint: [u8; 32], at: Timestamp) {
        let told = self.fresh(&fingerprint, at).is_some();
        if self.young.len() >= REMEMBERED_COUNT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(fingerprint, Seen { at, told });
    }
}
