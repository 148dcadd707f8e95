//! SQLite: one file, one writer, any number of readers beside it.
//!
//! The writer owns the only connection that writes. `BEGIN IMMEDIATE`, a write-ahead log, and a sync
//! with every commit: what was answered is on the disk.

mod append;
mod backup;
mod codec;
mod connect;
mod entity;
mod erase;
mod load;
mod migrate;
mod pool;
#[cfg(test)]
mod tests;
mod verify;
mod write;

use std::{path::Path, time::Duration};

use domain::{Batch, Id, Key, Loaded, rows::Firm};
use engine::{Store, StoreError, Unique};
use rusqlite::{Connection, ErrorCode, ffi};

use crate::{OpenError, Opening, Reader, lock, lock::Lock, migrate::ALL};
use write::Failure;

pub(crate) use backup::backup;
pub(crate) use entity::{each, one};
pub(crate) use pool::Pool;
pub(crate) use verify::integrity;

/// The writer. Dropping it empties the write-ahead log into the database file and gives the file up.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    /// Whether the log may still hold what was erased: somebody was reading from it.
    owes_log: bool,
    /// Given up after the connection: fields are dropped in this order.
    _lock: Lock,
}

pub(crate) fn open(path: &Path, opening: Opening) -> Result<(SqliteStore, Reader), OpenError> {
    connect::check_version()?;
    let path = lock::canonical(path)?;
    let lock = Lock::take(&path)?;
    connect::make_private(&path)?;
    let mut connection = connect::writer(&path)?;
    if opening.migrates {
        migrate::run(&mut connection, ALL)?;
    } else {
        migrate::check(&connection, ALL)?;
    }
    let mut store = SqliteStore { connection, owes_log: false, _lock: lock };
    store.forget();
    let reader = Pool::open(&path)?.into();
    Ok((store, reader))
}

pub(crate) fn open_reader(path: &Path) -> Result<Reader, OpenError> {
    connect::check_version()?;
    if !path.exists() {
        let reason = "there is no such file".to_owned();
        return Err(OpenError::Path { path: path.to_owned(), reason });
    }
    let path = lock::canonical(path)?;
    migrate::check(&connect::reader(&path)?, ALL)?;
    Ok(Pool::open(&path)?.into())
}

impl Store for SqliteStore {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        self.connection.execute_batch("begin immediate").map_err(|error| self.give_up(&error))?;
        let heads: rusqlite::Result<Vec<_>> =
            firms.iter().map(|firm| load::firm(&self.connection, *firm)).collect();
        heads.map_err(|error| self.give_up(&error))
    }

    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        let rows: rusqlite::Result<Vec<_>> =
            keys.iter().map(|key| load::load(&self.connection, firm, key)).collect();
        rows.map_err(|error| self.give_up(&error))
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        for firm in &batch.firms {
            write::firm_batch(&self.connection, firm).map_err(|failure| match failure {
                Failure::Conflict(what) => match self.roll_back() {
                    Ok(()) => StoreError::Conflict(what),
                    Err(stuck) => stuck,
                },
                Failure::Database(error) => self.give_up(&error),
            })?;
        }
        self.connection.execute_batch("commit").map_err(|error| self.uncommitted(&error))?;
        if self.owes_log {
            // Nobody is to wait for a reader with every commit.
            self.empty_log(Duration::ZERO);
        } else if batch.firms.iter().any(|firm| !firm.erasures.is_empty()) {
            self.forget();
        }
        Ok(())
    }

    async fn rollback(&mut self) {
        if let Err(stuck) = self.roll_back() {
            tracing::error!(error = %stuck, "the transaction can't be rolled back; the next batch will be refused");
        }
    }
}

impl SqliteStore {
    /// Sees to it that nothing that was erased is left in the file. The erasure is committed whatever
    /// comes of this; what could not be done is done when the file is next opened, or erased from.
    fn forget(&mut self) {
        match erase::is_owed(&self.connection) {
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => return tracing::warn!(%error, "the file can't tell what it still holds"),
        }
        match erase::rewrite(&self.connection) {
            Ok(()) => self.empty_log(connect::BUSY_WAIT),
            Err(error) => {
                tracing::warn!(%error, "what was erased may still be in the file: it can't be rewritten");
            }
        }
    }

    /// Empties the log after an erasure; while somebody reads from it, after each commit again.
    fn empty_log(&mut self, wait_max: Duration) {
        let emptied = erase::empty_log(&self.connection, wait_max);
        self.owes_log = !matches!(emptied, Ok(true));
        if self.owes_log {
            tracing::info!(?emptied, "what was erased is still in the log: somebody reads from it");
        } else if let Err(error) = erase::settle(&self.connection) {
            tracing::warn!(%error, "the file will be rewritten again when it is next opened");
        }
    }

    /// Ends the transaction after a failure before COMMIT: nothing of it was written.
    fn give_up(&self, error: &rusqlite::Error) -> StoreError {
        match self.roll_back() {
            Ok(()) => before_commit(error),
            Err(stuck) => stuck,
        }
    }

    /// What a failed COMMIT means. Only a full disk is known to have kept the commit out: the record
    /// that makes a transaction count is the last one written, and it found no room. After a failed
    /// sync it may be on the disk all the same.
    fn uncommitted(&self, error: &rusqlite::Error) -> StoreError {
        let fate = StoreError::Unknown(error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => self.roll_back().map_or(fate, |()| before_commit(error)),
            _ => fate,
        }
    }

    /// Leaves the connection outside any transaction, and makes sure of it.
    fn roll_back(&self) -> Result<(), StoreError> {
        // SQLite ends the transaction itself after some errors; then there is nothing to roll back.
        if self.connection.is_autocommit() {
            return Ok(());
        }
        match self.connection.execute_batch("rollback") {
            _ if self.connection.is_autocommit() => Ok(()),
            Ok(()) => {
                Err(StoreError::Unknown("the transaction did not end with its rollback".to_owned()))
            }
            Err(error) => Err(StoreError::Unknown(format!("the rollback failed: {error}"))),
        }
    }
}

/// What an error means while nothing has been committed and the transaction is over.
fn before_commit(error: &rusqlite::Error) -> StoreError {
    let text = error.to_string();
    let extended = error.sqlite_error().map(|error| error.extended_code);
    if matches!(extended, Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY)) {
        return StoreError::Duplicate { of: Unique::of_constraint(&text), reason: text };
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Conflict(text),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            StoreError::Refused(text)
        }
        Some(_) => StoreError::Unavailable(text),
        // Not SQLite's but ours: a value that can't be stored, or a stored one that makes no sense.
        // It comes with one row, so with one command.
        None => StoreError::Refused(text),
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        let emptied = self
            .connection
            .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, bool>(0));
        match emptied {
            Ok(false) => {}
            // Nothing is lost: the log is read again when the database is next opened.
            Ok(true) => {
                tracing::warn!("the write-ahead log was left in place: somebody is still reading");
            }
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be emptied"),
        }
    }
}
