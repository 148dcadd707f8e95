//! How long anything may take. Looking for a database takes less than a caller waits for its answer, and so
//! do a commit and the question what became of it: a caller hears from us that nothing was done, or that
//! nobody knows yet. Only who meets one after the other hears it from the edge.

use std::time::Duration;

/// A host's address that takes no connection; the next of its addresses is tried.
pub(super) const ADDRESS_WAIT_MAX: Duration = Duration::from_secs(1);
/// A connection that is being made, from its first byte to its last setting: who takes it and then says
/// nothing is away, too.
pub(super) const CONNECT_WAIT_MAX: Duration = Duration::from_secs(2);
/// Looking for a database that has gone, before commands are told that it is away: as long as a command
/// may wait before it is decided, so that a restart is not noticed.
pub(super) const RECONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// The first pause between two looks; they double, with full jitter.
pub(super) const RECONNECT_PAUSE: Duration = Duration::from_millis(20);
/// The longest of them: a database that is back is found soon.
pub(super) const RECONNECT_PAUSE_MAX: Duration = Duration::from_millis(250);
/// Waiting for a firm that another process has locked.
pub(super) const LOCK_WAIT_MAX: Duration = Duration::from_secs(2);
/// Any one statement that writes.
pub(super) const STATEMENT_WAIT_MAX: Duration = Duration::from_secs(10);
/// A transaction in which nothing happens: PostgreSQL then ends the session, so that a process that was
/// stopped in the middle holds its firms no longer than this.
pub(super) const IDLE_IN_TRANSACTION_MAX: Duration = Duration::from_secs(2);
/// A peer that acknowledges nothing.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(10);
/// A commit; one that takes longer is asked after on a new connection. **It is never cancelled**: a
/// cancelled wait for a standby is a commit that may yet be lost.
pub(super) const COMMIT_WAIT_MAX: Duration = Duration::from_secs(3);
/// Finding out what became of a commit.
pub(super) const SETTLE_WAIT_MAX: Duration = Duration::from_secs(3);

/// Connections that read at the same time.
pub(super) const READERS_COUNT: usize = 4;
/// Waiting for one of them.
pub(super) const READER_WAIT_MAX: Duration = Duration::from_secs(10);
/// Any one query, a report included.
pub(super) const QUERY_WAIT_MAX: Duration = Duration::from_secs(60);
/// A server that says nothing at all, not even that a query has taken too long.
pub(super) const ANSWER_WAIT_MAX: Duration = Duration::from_secs(65);
/// Prepared queries kept by a connection; there are fewer.
pub(super) const STATEMENTS_MAX: usize = 512;
