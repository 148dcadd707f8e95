//! Every limit of the engine, by name.

use std::time::Duration;

/// What bounds the engine; all of it can be set, none of it can be absent.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most commands in one commit; a group that is done as a whole is one commit whatever its size.
    /// 1 is a supported mode: one command, one commit.
    pub batch_count_max: usize,
    /// Most commands in one commit when those beyond `batch_count_max` all came in bulk.
    pub bulk_batch_count_max: usize,
    /// Longest time a batch spends deciding before it commits what it has.
    pub batch_decide_max: Duration,
    /// Most commands that have no outcome yet; one more is answered "overloaded" at once.
    pub queue_count_max: usize,
    /// Most of them that are one firm's, so that no firm can fill the queue alone.
    pub firm_queue_count_max: usize,
    /// Most commands that are submitted together.
    pub bulk_count_max: usize,
    /// Most attempts at one batch when other processes keep being first.
    pub conflict_attempts_max: u32,
    /// Longest pause between two attempts (exponential from 1 ms, full jitter).
    pub conflict_backoff_max: Duration,
    /// Most rounds of loading rows that a decision asked for.
    pub missing_rounds_max: u32,
    /// Most rows kept in memory between batches; beyond it they are forgotten and read again.
    pub book_rows_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_count_max: 128,
            bulk_batch_count_max: 256,
            batch_decide_max: Duration::from_millis(50),
            queue_count_max: 65_536,
            firm_queue_count_max: 32_768,
            bulk_count_max: 8_192,
            conflict_attempts_max: 8,
            conflict_backoff_max: Duration::from_millis(250),
            missing_rounds_max: 8,
            book_rows_max: 100_000,
        }
    }
}
