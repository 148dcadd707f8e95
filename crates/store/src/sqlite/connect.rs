//! Connections and their settings.

use std::{
    fs::OpenOptions, io::ErrorKind, os::unix::fs::OpenOptionsExt, path::Path, time::Duration,
};

use rusqlite::{Connection, OpenFlags, Result};

use crate::OpenError;

/// 3.51.3: before it, resetting the write-ahead log could corrupt the database.
const VERSION_MIN: i32 = 3_051_003;
/// How long a connection waits for another one's lock; only a foreign tool ever holds one.
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(2);
/// Prepared statements kept by a connection; there are fewer.
const STATEMENTS_MAX: usize = 256;
/// Larger pages were a few per cent faster for rows in order; every idempotency key, being random,
/// would rewrite a larger page.
const PAGE_BYTES: u32 = 4_096;
/// The pages the writer keeps at hand.
const CACHE_KIB: u32 = 65_536;
/// The writer moves the log into the file when it has this many pages (16 MiB). Below, a page that every
/// batch touches is copied too often; a checkpointer of its own would gain at most a tenth.
const LOG_PAGES: u32 = 4_000;
/// A log that a long read has kept from being reset is cut back to this afterwards.
const LOG_BYTES_KEPT: u32 = 64 * 1_024 * 1_024;

pub(super) fn check_version() -> std::result::Result<(), OpenError> {
    if rusqlite::version_number() < VERSION_MIN {
        Err(OpenError::TooOld(rusqlite::version()))
    } else {
        Ok(())
    }
}

/// Makes the file, readable by its owner alone, if there is none: it will hold people's names and
/// numbers. SQLite gives its log the same permissions.
pub(super) fn make_private(path: &Path) -> std::result::Result<(), OpenError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::Path { path: path.to_owned(), reason: error.to_string() }),
    }
}

/// The connection that writes; makes the file if there is none.
pub(super) fn writer(path: &Path) -> std::result::Result<Connection, OpenError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    // A page's size is settled before anything is written, and for good.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let mode: String = connection.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    if mode != "wal" {
        let reason = format!("a write-ahead log can't be kept there (SQLite chose `{mode}`)");
        return Err(OpenError::Path { path: path.to_owned(), reason });
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    connection.pragma_update(None, "cache_size", -i64::from(CACHE_KIB))?;
    Ok(connection)
}

/// A connection that only reads. It is opened for writing, because after a crash it may be the one that
/// has to recover the log; `query_only` then refuses every statement that would change a row.
pub(super) fn reader(path: &Path) -> Result<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection for copying the whole database; makes and changes nothing in it.
pub(super) fn copier(path: &Path) -> Result<Connection> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection> {
    // A connection stays on one thread at a time, so SQLite need not lock it.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}
