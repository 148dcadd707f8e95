//! The port to a database. The engine calls it from one lane at a time, always in the order
//! `begin`, any number of `load`, then `commit` or `rollback`.

use domain::{Batch, Id, Key, Loaded, rows::Firm};

/// What a database could not do. Not a refusal: the business has not spoken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process changed a row first. Nothing was written; decide again.
    #[error("another process was first: {0}")]
    Conflict(String),
    /// The database is away or full. Nothing was written.
    #[error("the database is away: {0}")]
    Unavailable(String),
    /// The database refuses what this batch writes (a constraint): one of its commands is poisoned.
    #[error("the database refused the batch: {0}")]
    Refused(String),
    /// As [`Self::Refused`], because there is such a row already.
    #[error("the database has this already: {reason}")]
    Duplicate {
        /// What must be there once.
        of: Unique,
        /// The database's words.
        reason: String,
    },
    /// The commit was sent and its fate is not known. **Never to be taken for "failed".**
    #[error("the commit's fate is unknown: {0}")]
    Unknown(String),
}

/// What a database lets be there once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unique {
    /// A document's number: its series gave one out that was taken.
    Number,
    /// Anything else.
    Other,
}

impl Unique {
    /// From the name of a constraint, or of the columns it is on.
    pub fn of_constraint(name: &str) -> Self {
        if name.contains("number") { Self::Number } else { Self::Other }
    }

    /// Its name in the metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Other => "other",
        }
    }
}

impl StoreError {
    /// Every name.
    pub const NAMES: [&'static str; 5] =
        ["conflict", "unavailable", "refused", "duplicate", "unknown"];

    /// Its name in the metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "conflict",
            Self::Unavailable(_) => "unavailable",
            Self::Refused(_) => "refused",
            Self::Duplicate { .. } => "duplicate",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// A database that holds the firms.
///
/// An implementation guards every row it updates by the version it was read at
/// ([`StoreError::Conflict`] when the count of changed rows is off), and backs the invariants with
/// constraints ([`StoreError::Refused`], [`StoreError::Duplicate`]).
#[expect(async_fn_in_trait, reason = "a lane runs on its own thread; its futures are never sent")]
pub trait Store: Send + 'static {
    /// Opens a transaction and reads the head of each firm, locking it against other processes.
    /// `firms` are distinct and in id order; `None` for a firm that is not there.
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError>;

    /// Reads rows of one firm, inside the transaction. Each key is answered: by its row, or by
    /// [`Loaded::Absent`].
    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError>;

    /// Writes the batch and commits. `Ok` means durable, of an empty batch: all that was read is.
    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError>;

    /// Gives the transaction up; nothing was written.
    async fn rollback(&mut self);

    /// Whether the next `begin` finds out what became of a commit whose fate was unknown. If not, only a
    /// restart can, and the lane stops.
    fn outlives_unknown(&self) -> bool {
        false
    }
}
