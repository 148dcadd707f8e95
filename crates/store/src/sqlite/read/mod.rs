//! The read side: committed rows, every question answered from one snapshot.
//!
//! A few connections, taken in turn. A read that its caller has given up runs to its end and hands its
//! connection back.

mod books;
mod invoices;
mod market;
mod payments;
mod people;
mod query;
mod record;
mod reports;
mod trust;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    Id,
    id::User,
    rows::{Firm, Member, Outcome},
};
use rusqlite::Connection;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    codec::{SqliteRow, is_senseless},
    connect, entity, load,
};
use crate::{
    OpenError, ReadError,
    shape::{Columns as _, journal::Plain as _},
};

/// Connections that read at the same time.
const READERS_COUNT: usize = 2;

/// Reads the database. Cheap to clone; clones share their connections. The async methods need a tokio
/// runtime; [`Self::rows`], [`Self::integrity`] and [`Self::backup`] block their thread instead.
#[derive(Debug, Clone)]
pub struct Reader {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// As many permits as connections: who holds one finds one idle.
    permits: Arc<Semaphore>,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let idle =
            (0..READERS_COUNT).map(|_| connect::reader(path)).collect::<rusqlite::Result<_>>()?;
        let permits = Arc::new(Semaphore::new(READERS_COUNT));
        Ok(Self { pool: Arc::new(Pool { path: path.to_owned(), idle: Mutex::new(idle), permits }) })
    }

    /// The database file.
    pub(super) fn path(&self) -> &Path {
        &self.pool.path
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`ReadError::Database`]
    pub async fn ping(&self) -> Result<(), ReadError> {
        self.ask(|db| {
            Ok(db.query_row("select number from schema_migrations limit 1", [], |_| Ok(()))?)
        })
        .await
    }

    /// A firm's head.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn firm(&self, firm: Id<Firm>) -> Result<Option<Firm>, ReadError> {
        self.ask(move |db| Ok(load::firm(db, firm)?)).await
    }

    /// Every firm, in id order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn firms(&self) -> Result<Vec<Id<Firm>>, ReadError> {
        self.ask(|db| {
            let mut statement = db.prepare_cached("select id from firms order by id")?;
            let ids = statement.query_map([], |row| SqliteRow::of(row).id())?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// A user's membership.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn member(
        &self,
        firm: Id<Firm>,
        user: Id<User>,
    ) -> Result<Option<Member>, ReadError> {
        self.ask(move |db| Ok(load::member(db, firm, user)?)).await
    }

    /// Every membership, oldest first.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn members(&self, firm: Id<Firm>) -> Result<Vec<Member>, ReadError> {
        self.ask(move |db| {
            let sql = format!(
                "select {} from members m where m.firm_id = ?1 order by m.created_at, m.user_id",
                Member::COLUMNS
            );
            Ok(entity::all(db, &sql, [firm.bytes()])?)
        })
        .await
    }

    /// What was answered under a user's idempotency key.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn outcome(
        &self,
        firm: Id<Firm>,
        user: Id<User>,
        key: &str,
    ) -> Result<Option<Outcome>, ReadError> {
        let key = key.to_owned();
        self.ask(move |db| Ok(load::outcome(db, firm, user, &key)?)).await
    }

    /// Puts a question to an idle connection, inside one snapshot.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let pool = Arc::clone(&self.pool);
        let permits = Arc::clone(&pool.permits);
        let permit =
            permits.acquire_owned().await.map_err(|_| gone("its connections are closed"))?;
        let answer = spawn_blocking(move || {
            let lent = Lent { connection: pool.take(), pool };
            let connection =
                lent.connection.as_ref().ok_or_else(|| gone("no connection is idle"))?;
            let answer = question(&*connection.unchecked_transaction()?);
            // The connection is back before the next reader may look for one.
            drop(lent);
            drop(permit);
            answer
        });
        answer.await.map_err(|_| gone("the read panicked"))?
    }
}

impl Pool {
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
