//! Whether answers can be explained by *some* order of the requests that respects real time.
//!
//! Three checkers, one answer: [`given`] where the server tells its order, [`search`] where it does not,
//! [`cycles`] across accounts. **A search that gave up is inconclusive, never clean.**

pub mod cycles;
pub mod given;
pub mod search;
pub mod thing;

pub use thing::{Act, Event, Said, Stage, State, Thing};

/// What a checker came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order that explains every answer.
    Ok,
    /// There is none; in words, and the operations it hangs on.
    Violated {
        /// Why.
        why: String,
        /// Their ids.
        ops: Vec<usize>,
    },
    /// Nobody knows.
    Inconclusive {
        /// Why not.
        why: String,
    },
}

impl Verdict {
    /// Shorthand of the checkers and their tests.
    pub fn is_violated(&self) -> bool {
        matches!(self, Self::Violated { .. })
    }
}

/// How many states a search may look at; about a second's worth.
pub const NODES_MAX: usize = 400_000;

/// Checks one object's events: in the order that the server gave, where it gave one, else by search.
pub fn linearizable(thing: Thing, start: State, version: Option<u64>, events: &[Event]) -> Verdict {
    given::check(thing, start, version, events)
        .unwrap_or_else(|| search::check(thing, start, events, NODES_MAX))
}
