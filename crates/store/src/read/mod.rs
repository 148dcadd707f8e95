//! The read side: committed rows, every question answered from one snapshot, by whichever database it
//! is.

mod audit;
mod books;
mod db;
mod invoices;
mod ledger;
mod market;
mod outbox;
mod payments;
mod people;
mod person;
mod query;
mod record;
mod reports;
mod rows;
#[cfg(test)]
pub(crate) mod tests;
mod trust;
mod vitals;

use std::{panic::resume_unwind, path::Path, sync::Arc, thread};

use domain::{
    Id,
    id::User,
    rows::{Firm, Member, Outcome},
};

pub(crate) use db::{Db, Value};
pub(crate) use rows::strays;

use crate::{
    ReadError,
    migrate::{self, Remembered},
    postgres,
    shape::{Columns, Read, journal::Plain as _},
    sqlite,
};

/// Reads the database. Cheap to clone; clones share their connections. The async methods need a tokio
/// runtime; [`Self::rows`], [`Self::integrity`] and [`Self::backup`] block their thread instead.
#[derive(Debug, Clone)]
pub struct Reader {
    pool: Pool,
}

/// Its connections.
#[derive(Debug, Clone)]
enum Pool {
    Sqlite(Arc<sqlite::Pool>),
    Postgres(Arc<postgres::Pool>),
}

impl From<sqlite::Pool> for Reader {
    fn from(pool: sqlite::Pool) -> Self {
        Self { pool: Pool::Sqlite(Arc::new(pool)) }
    }
}

impl From<postgres::Pool> for Reader {
    fn from(pool: postgres::Pool) -> Self {
        Self { pool: Pool::Postgres(Arc::new(pool)) }
    }
}

impl Reader {
    /// Which migrations the database still lacks for this version to work on it, like
    /// `0002_practice`; empty: none.
    ///
    /// # Errors
    /// [`ReadError::Database`]: it does not answer, or its schema is another one.
    pub async fn lacking(&self) -> Result<Vec<String>, ReadError> {
        self.ask(|db| {
            let remembered = if db.has_table("schema_migrations")? {
                let all = "select number, name, checksum from schema_migrations order by number";
                db.all(all, &[])?.into_iter().map(|Applied(migration)| migration).collect()
            } else {
                Vec::new()
            };
            let lacking = migrate::lacking(&remembered, migrate::ALL);
            let lacking = lacking.map_err(|error| ReadError::Database(error.to_string()))?;
            Ok(lacking.iter().map(|one| format!("{:04}_{}", one.number, one.name)).collect())
        })
        .await
    }

    /// A firm's head.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn firm(&self, firm: Id<Firm>) -> Result<Option<Firm>, ReadError> {
        self.ask(move |db| head(db, firm)).await
    }

    /// Every firm, in id order.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn firms(&self) -> Result<Vec<Id<Firm>>, ReadError> {
        self.ask(|db| {
            let ids: Vec<FirmId> = db.all("select id from firms order by id", &[])?;
            Ok(ids.into_iter().map(|FirmId(id)| id).collect())
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
        self.ask(move |db| {
            let sql = Member::select("m.firm_id = ?1 and m.user_id = ?2");
            db.one(&sql, &[firm.into(), user.into()])
        })
        .await
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
            db.all(&sql, &[firm.into()])
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
        self.ask(move |db| {
            let sql = Outcome::select("y.firm_id = ?1 and y.user_id = ?2 and y.key = ?3");
            db.one(&sql, &[firm.into(), user.into(), key.as_str().into()])
        })
        .await
    }

    /// What the database itself finds wrong with what it stores, and with references between rows;
    /// empty: nothing. May read everything, and blocks the thread.
    ///
    /// # Errors
    /// [`ReadError::Database`]
    pub fn integrity(&self) -> Result<Vec<String>, ReadError> {
        match &self.pool {
            Pool::Sqlite(pool) => sqlite::integrity(pool),
            Pool::Postgres(pool) => aside(|| pool.ask_alone(strays)),
        }
    }

    /// Writes the committed state of one moment to the new file `to`: complete and durable, or not
    /// there at all. Blocks the thread, and nobody else. SQLite only: PostgreSQL has tools of its own.
    ///
    /// # Errors
    /// [`ReadError::Backup`]: `to` exists, or can't be written. [`ReadError::Database`].
    pub fn backup(&self, to: &Path) -> Result<(), ReadError> {
        match &self.pool {
            Pool::Sqlite(pool) => sqlite::backup(pool, to),
            Pool::Postgres(_) => Err(ReadError::Backup {
                path: to.to_owned(),
                reason: "PostgreSQL is backed up by its own tools, pg_basebackup above all; \
                         docs/operations.md says how"
                    .to_owned(),
            }),
        }
    }

    /// Puts a question to one snapshot; it may be put again if the database goes away meanwhile.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl Fn(&Db) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        match &self.pool {
            Pool::Sqlite(pool) => pool.ask(question).await,
            Pool::Postgres(pool) => pool.ask(question).await,
        }
    }
}

/// Does what blocks for PostgreSQL on a thread that is no runtime's: this one may be.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let done = thread::scope(|scope| scope.spawn(work).join());
    done.unwrap_or_else(|panic| resume_unwind(panic))
}

fn head(db: &Db, firm: Id<Firm>) -> Result<Option<Firm>, ReadError> {
    db.one(&Firm::select("f.id = ?1"), &[firm.into()])
}

struct Applied(Remembered);

impl Read for Applied {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        Ok(Self((row.count()?, row.words()?, row.words()?)))
    }
}

struct FirmId(Id<Firm>);

impl Read for FirmId {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        row.id().map(Self)
    }
}

/// How many.
struct Count(i64);

impl Read for Count {
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error> {
        row.count().map(Self)
    }
}

/// How many rows a query that counts them has found.
fn counted(db: &Db, sql: &str, values: &[Value]) -> Result<u64, ReadError> {
    let count: Option<Count> = db.one(sql, values)?;
    Ok(count.map_or(0, |Count(count)| count.unsigned_abs()))
}
