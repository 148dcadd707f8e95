//! The engine: takes commands, decides them in batches inside one database transaction, and answers
//! only once the transaction is durable.
//!
//! **No guarantee rests on the queue**: a batch locks its firms' heads in the database, and every row
//! it writes is guarded by the version it was read at. The queue only makes it fast.

mod batch;
mod clock;
mod decide;
mod group;
mod handle;
mod lane;
mod limits;
pub mod model;
mod observe;
mod once;
mod queue;
mod request;
mod retry;
mod store;

pub use clock::{Clock, Ids, SystemClock};
pub use handle::{Decide, Engine, Options};
pub use limits::Limits;
pub use observe::{BatchReport, CommandReport, Observer, SPANS, Silent};
pub use request::{
    CommandResult, GroupRefusal, GroupResult, Intent, Once, Render, Request, Settled, Trouble,
};
pub use store::{Store, StoreError, Unique};
