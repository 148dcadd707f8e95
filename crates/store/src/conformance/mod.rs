//! What every store does, written once and asked of each: of the model in memory, of SQLite, of PostgreSQL,
//! and of two processes on one PostgreSQL that take turns.
//!
//! Replies and rows are compared with what was sent, so each store agrees with every other. Random
//! commands do the same from further above: `tests/properties`.

mod batches;
mod constraints;
mod erasures;
mod rows;
mod sets;
mod subject;
