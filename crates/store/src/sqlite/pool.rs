//! Connections that read: a few, taken in turn. A read that its caller has given up runs to its end and
//! hands its connection back.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{codec::is_senseless, connect};
use crate::{ReadError, read::Db};

/// Connections that read at the same time.
const READERS_COUNT: usize = 2;

#[derive(Debug)]
pub(crate) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// As many permits as connections: who holds one finds one idle.
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let idle =
            (0..READERS_COUNT).map(|_| connect::reader(path)).collect::<rusqlite::Result<_>>()?;
        let permits = Arc::new(Semaphore::new(READERS_COUNT));
        Ok(Self { path: path.to_owned(), idle: Mutex::new(idle), permits })
    }

    /// The database file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a question to an idle connection, inside one snapshot.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl Fn(&Db) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let pool = Arc::clone(self);
        let permits = Arc::clone(&pool.permits);
        let permit =
            permits.acquire_owned().await.map_err(|_| gone("its connections are closed"))?;
        let answer = spawn_blocking(move || {
            let lent = Lent { connection: pool.take(), pool };
            let connection =
                lent.connection.as_ref().ok_or_else(|| gone("no connection is idle"))?;
            let answer = question(&Db::Sqlite(&*connection.unchecked_transaction()?));
            // The connection is back before the next reader may look for one.
            drop(lent);
            drop(permit);
            answer
        });
        answer.await.map_err(|_| gone("the read panicked"))?
    }

    /// Puts a question that may take long to a connection of its own, inside one snapshot. Blocks the
    /// thread. While it lasts the write-ahead log can't be reset: it grows with what the server writes.
    pub(crate) fn ask_alone<T>(
        &self,
        question: impl FnOnce(&Db) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let connection = connect::reader(&self.path)?;
        let snapshot = connection.unchecked_transaction()?;
        question(&Db::Sqlite(&snapshot))
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A connection that finds its way back, also out of a panic.
struct Lent {
    connection: Option<Connection>,
    pool: Arc<Pool>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let connection = self.connection.take();
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
    }
}

fn gone(reason: &str) -> ReadError {
    ReadError::Database(reason.to_owned())
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        if is_senseless(&error) {
            Self::Row(error.to_string())
        } else {
            Self::Database(error.to_string())
        }
    }
}
