//! The audit log on its way to an auditor: checkpoints that are signed, records as lines of text, and
//! the check of both by somebody who has neither the server nor its database.
//!
//! A checkpoint is what an auditor keeps: a log that is rewritten later can't be shown to have begun as
//! it. **What is checked here is recomputed from the file alone.**

pub mod check;
mod checkpoint;
mod key;
pub(crate) mod line;

pub use checkpoint::{Checkpoint, NotACheckpoint, PublicKeys};
pub use key::{AuditKey, KeyError};
