//! Connections that read, each question in a transaction that sees one snapshot and can't write. The
//! server may be a standby.
//!
//! They live on a runtime of their own: those who ask come from several, or from none.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fmt::{self, Debug},
    io,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use futures_util::TryStreamExt as _;
use tokio::{
    runtime::{Builder, Handle, Runtime},
    time::timeout,
};
use tokio_postgres::{Error, Statement, error::SqlState};

use super::{
    codec::PgRow,
    limits,
    session::{ConnectError, Session, said},
    sql::translated,
    target::Target,
};
use crate::{
    ReadError,
    read::{Db, Value},
    shape::Read,
};

/// The connections; they are made when they are needed.
pub(crate) struct Pool {
    target: Target,
    sessions: managed::Pool<Target>,
    handle: Handle,
    /// Taken when the pool is dropped.
    runtime: Option<Runtime>,
}

/// A connection that reads.
pub(crate) struct Reading {
    session: Session,
    statements: RefCell<HashMap<String, Statement>>,
    /// Whether it is outside any transaction. One that is not, after its question, is given up.
    is_idle: Cell<bool>,
}

/// A transaction that sees one snapshot.
pub(crate) struct Snapshot<'r> {
    reading: &'r Reading,
    handle: &'r Handle,
    wait_max: Duration,
    /// The connection broke, or the server ended it: another one may know the answer.
    is_lost: Cell<bool>,
}

/// How long an answer is waited for, here and by the server.
#[derive(Clone, Copy)]
struct Patience {
    begin: &'static str,
    wait_max: Duration,
}

const USUAL: Patience = Patience {
    begin: "begin isolation level repeatable read read only",
    wait_max: limits::ANSWER_WAIT_MAX,
};

const ENDLESS: Patience = Patience {
    begin: "begin isolation level repeatable read read only; set local statement_timeout = 0",
    wait_max: Duration::MAX,
};

impl Pool {
    pub fn new(target: Target) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).thread_name("reads").enable_all().build()?;
        let sessions = managed::Pool::builder(target.clone())
            .max_size(limits::READERS_COUNT)
            .wait_timeout(Some(limits::READER_WAIT_MAX))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(io::Error::other)?;
        let handle = runtime.handle().clone();
        Ok(Self { target, sessions, handle, runtime: Some(runtime) })
    }

    /// Puts a question to one snapshot; once more to another, on a fresh connection, if the first broke.
    pub async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl Fn(&Db) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let sessions = self.sessions.clone();
        let lent = self.handle.spawn(async move { sessions.get().await });
        let lent = lent.await.map_err(|error| failed(&error))?.map_err(unreachable)?;
        let pool = Arc::clone(self);
        let answer = self.handle.spawn_blocking(move || pool.answer(lent, question));
        answer.await.map_err(|error| failed(&error))?
    }

    fn answer<T>(
        &self,
        lent: Object<Target>,
        question: impl Fn(&Db) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let (answer, is_lost) = self.in_snapshot(&lent, USUAL, &question);
        if answer.is_ok() || !is_lost {
            return answer;
        }
        // Those that were idle meanwhile went the same way.
        drop(lent);
        self.sessions.retain(|_, _| false);
        let fresh = self.handle.block_on(self.sessions.get()).map_err(unreachable)?;
        self.in_snapshot(&fresh, USUAL, &question).0
    }

    /// Puts a question that may take as long as it needs to a connection of its own. Blocks the thread,
    /// **which must not be a runtime's**.
    pub fn ask_alone<T>(
        &self,
        question: impl FnOnce(&Db) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let session = self.handle.block_on(self.target.connect_to_read());
        let alone = Reading::of(session.map_err(|error| away(&error))?);
        self.in_snapshot(&alone, ENDLESS, question).0
    }

    /// The answer, and whether the connection was lost over it.
    fn in_snapshot<T>(
        &self,
        reading: &Reading,
        patience: Patience,
        question: impl FnOnce(&Db) -> Result<T, ReadError>,
    ) -> (Result<T, ReadError>, bool) {
        let is_lost = Cell::new(false);
        let wait_max = patience.wait_max;
        let snapshot = Snapshot { reading, handle: &self.handle, wait_max, is_lost };
        let client = &reading.session.client;
        reading.is_idle.set(false);
        let begun = snapshot.wait(client.batch_execute(patience.begin));
        let answer = begun.and_then(|()| question(&Db::Postgres(&snapshot)));
        let is_over =
            !snapshot.is_lost.get() && snapshot.wait(client.batch_execute("rollback")).is_ok();
        reading.is_idle.set(is_over);
        (answer, snapshot.is_lost.get())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Also where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Reading {
    fn of(session: Session) -> Self {
        Self { session, statements: RefCell::default(), is_idle: Cell::new(true) }
    }
}

impl managed::Manager for Target {
    type Type = Reading;
    type Error = ConnectError;

    async fn create(&self) -> Result<Reading, ConnectError> {
        self.connect_to_read().await.map(Reading::of)
    }

    async fn recycle(&self, reading: &mut Reading, _: &Metrics) -> RecycleResult<ConnectError> {
        let session = &reading.session;
        if reading.is_idle.get() && !session.client.is_closed() && self.is_newest(session) {
            Ok(())
        } else {
            Err(RecycleError::message("it broke, or its server was replaced"))
        }
    }
}

impl Snapshot<'_> {
    /// Shows every row of a query to `visit`, and keeps none.
    pub fn each<T: Read>(
        &self,
        sql: &str,
        values: &[Value],
        mut visit: impl FnMut(T),
    ) -> Result<(), ReadError> {
        let statement = self.prepared(sql, values)?;
        let rows = self.wait(self.reading.session.client.query_raw(&statement, values))?;
        let mut rows = pin!(rows);
        while let Some(row) = self.wait(rows.try_next())? {
            let read = T::read(&mut PgRow::of(&row));
            visit(read.map_err(|senseless| ReadError::Row(senseless.to_string()))?);
        }
        Ok(())
    }

    /// A query, prepared once a connection.
    fn prepared(&self, sql: &str, values: &[Value]) -> Result<Statement, ReadError> {
        if let Some(statement) = self.reading.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let types: Vec<_> = values.iter().map(Value::sql_type).collect();
        let translated = translated(sql);
        #[cfg(test)]
        crate::read::tests::asked_of_postgres(&translated, types.iter().map(ToString::to_string));
        let client = &self.reading.session.client;
        let statement = self.wait(client.prepare_typed(&translated, &types))?;
        let mut statements = self.reading.statements.borrow_mut();
        if statements.len() == limits::STATEMENTS_MAX {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn wait<T>(&self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, ReadError> {
        let answer = self.handle.block_on(async { timeout(self.wait_max, asked).await });
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.is_lost.set(is_lost(&error));
                Err(ReadError::Database(said(&error)))
            }
            // Asked again, it would be silent for as long again.
            Err(_) => Err(ReadError::Database("it does not answer".to_owned())),
        }
    }
}

/// Whether the same question may well be answered on another connection. What the server has to say
/// against the question itself, or against its own disk, it would say again.
fn is_lost(error: &Error) -> bool {
    let Some(code) = error.code().map(SqlState::code) else { return error.is_closed() };
    !matches!(&code[..2], "22" | "42" | "53" | "54" | "58" | "XX") && code != "57014"
}

fn failed(error: &tokio::task::JoinError) -> ReadError {
    let what = if error.is_panic() { "the read panicked" } else { "its connections are closed" };
    ReadError::Database(what.to_owned())
}

fn unreachable(error: managed::PoolError<ConnectError>) -> ReadError {
    match error {
        managed::PoolError::Backend(error) => away(&error),
        managed::PoolError::Timeout(_) => {
            ReadError::Database("all of its connections are in use".to_owned())
        }
        other => ReadError::Database(other.to_string()),
    }
}

fn away(error: &ConnectError) -> ReadError {
    ReadError::Database(error.to_string())
}
