//! How the database is, beside what it holds.

use super::OutboxCount;

/// What an operator watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vitals {
    /// Room left on the disk of a database file; `None` of a server, which has exporters of its own.
    pub free_bytes: Option<u64>,
    /// Of a server: its standbys.
    pub standbys: Standbys,
    /// What is not delivered.
    pub outbox: OutboxCount,
}

/// The standbys of a server, as it knows them; without the right to look, it shows none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standbys {
    /// Whether a commit waits for one.
    pub are_required: bool,
    /// How many are streaming.
    pub streaming: i64,
    /// How much of the log the slowest has yet to replay.
    pub lag_bytes_max: i64,
}
