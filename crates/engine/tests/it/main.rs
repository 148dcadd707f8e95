//! The engine's own promises, on the model store: nothing here needs a database.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod atomic;
mod batches;
mod bulk;
mod dry_run;
mod support;
mod untrue;
