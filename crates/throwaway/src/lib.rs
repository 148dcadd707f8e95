//! Throw-away PostgreSQL for tests: a cluster of one's own, real faults, and a proxy that cuts.
//!
//! ```no_run
//! let cluster = throwaway::Cluster::shared(); // one per test process
//! let database = cluster.fresh_database();
//! // … connect to `database.url` …
//! ```
//!
//! A [`Cluster`] keeps its promises (`fsync` is on, `wal_level` is `replica`), so what a test sees of
//! durability is what production would see. It is gone when it is dropped, and also when the test process
//! dies in any way: see `watchdog.sh`.
//!
//! * **Everything here panics when it can't be done**, with what to do about it. A test that has no
//!   database can say nothing, and must not be green.
//! * **Every call of [`Cluster`] blocks its thread.** They may be made inside a tokio runtime; where
//!   other tasks of a one-threaded runtime must go on meanwhile, use `tokio::task::spawn_blocking`.

mod cluster;
mod faults;
mod folder;
mod installed;
mod proxy;
mod sql;
mod standby;
mod template;

pub use cluster::{Cluster, Database, USER};
pub use proxy::{Cut, Proxy};
pub use standby::Replication;
