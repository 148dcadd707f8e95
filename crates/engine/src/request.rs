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

/// What came of one command.
pub type CommandResult = Result<Reply, Rejection>;

/// What came of an atomic group: the reply to each of its commands, or why none was carried out.
pub type GroupResult = Result<Vec<Reply>, GroupRefusal>;

/// The refusal that a whole group was given up for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRefusal {
    /// Which command was refused, from 0.
    pub n: usize,
    /// Why; the other commands are recorded as [`Rejection::AtomicRefused`].
    pub rejection: Rejection,
}

/// An idempotency key, and how to write down the answer that is kept under it.
#[derive(Debug, Clone)]
pub struct Once<R = CommandResult> {
    /// 1–255 printable characters, more where it is made of a caller's; scope: firm and user.
    pub key: Arc<str>,
    /// Writes the answer as it will be replayed.
    pub render: Render<R>,
}

/// Writes an answer down. Called before the commit, for commands with a key.
pub struct Render<R = CommandResult>(pub Arc<WriteDown<R>>);

/// From an outcome to the bytes that are kept.
pub type WriteDown<R = CommandResult> = dyn Fn(&R) -> Arc<[u8]> + Send + Sync;

impl<R> Clone for Render<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R> std::fmt::Debug for Render<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Render")
    }
}

/// A command's outcome, durable when the caller sees it; a dry run's is nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled<R = CommandResult> {
    /// Decided now.
    Decided {
        /// Accepted or refused.
        result: R,
        /// The answer as kept under the request's key, if it had one.
        kept: Option<Arc<[u8]>>,
    },
    /// The same request was decided before under the same key: the answer kept then.
    Replayed(Arc<[u8]>),
    /// The key was used before for something else. Nothing was done.
    KeyReused,
    /// The key was used before, and what was answered has been erased with the person it was about.
    /// Nothing was done.
    Erased,
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
