//! Moves the write-ahead log into the database file.

use rusqlite::Connection;

/// After a commit.
pub(super) fn when_due(_connection: &Connection) {}

/// Before the writer closes: everything, and an empty log.
pub(super) fn last(connection: &Connection) {
    let done = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, bool>(0));
    match done {
        Ok(false) => {}
        // Nothing is lost: the log is read again when the database is next opened.
        Ok(true) => tracing::warn!("the write-ahead log was left in place: somebody is still reading"),
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be emptied"),
    }
}
