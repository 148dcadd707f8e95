//! What goes into the engine and what comes out of it.

use std::{sync::Arc, time::Instant};

use domain::{Actor, Command, Rejection, Reply};

/// A command with everything that is recorded about it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub actor: Actor,
    /// What is asked.
    pub command: Command,
    /// Whether it is to be done.
    pub intent: Intent,
    /// From where: the peer's address, for the audit record.
    pub origin: Arc<str>,
    /// The request's id, for logs and the audit record.
    pub request_id: Arc<str>,
    /// SHA-256 of what was asked: method, path and body.
    pub fingerprint: [u8; 32],
    /// The idempotency key, with the language of the answer to keep.
    pub once: Option<Once>,
    /// After this instant the command is dropped, if it has not been decided.
    pub deadline: Instant,
}

/// Whether a command is to be done, or only to be answered as if.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Do it, and record what came of it.
    CarryOut,
    /// Decide it as it would be decided now, seeing the commands before it, and record nothing: no
    /// row, no number, no audit record; its idempotency key is neither looked up nor kept.
    DryRun,
}

/// An idempotency key, and how to write down the answer that is kept under it.
#[derive(Debug, Clone)]
pub struct Once {
    /// 1–255 printable characters; scope: firm and user.
    pub key: Arc<str>,
    /// Writes the answer as it will be replayed.
    pub render: Render,
}

/// Writes an answer down. Called once, inside the commit, for commands with a key.
#[derive(Clone)]
pub struct Render(pub Arc<WriteDown>);

/// From an outcome to the bytes that are kept.
pub type WriteDown = dyn Fn(&Result<Reply, Rejection>) -> Arc<[u8]> + Send + Sync;

impl std::fmt::Debug for Render {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Render")
    }
}

/// A command's outcome, durable when the caller sees it; a dry run's is nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// Decided now.
    Decided {
        /// Accepted or refused.
        result: Result<Reply, Rejection>,
        /// The answer as kept under the request's key, if it had one.
        kept: Option<Arc<[u8]>>,
    },
    /// The same request was decided before under the same key: the answer kept then.
    Replayed(Arc<[u8]>),
    /// The key was used before for something else. Nothing was done.
    KeyReused,
}

/// Why there is no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The queue is full. Nothing was done; try again later.
    #[error("overloaded")]
    Overloaded,
    /// The deadline passed before the command was decided. Nothing was done.
    #[error("not executed: its time ran out in the queue")]
    Expired,
    /// The database is away, or other processes were always first. Nothing was done.
    #[error("the store is away: {0}")]
    Unavailable(String),
    /// The engine is shutting down. Nothing was done.
    #[error("shutting down")]
    Stopping,
    /// The commit's fate is not known: ask again with the same key.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// Deciding or storing this one command fails: a defect of ours. Nothing was done.
    #[error("defect: {0}")]
    Defect(String),
}
