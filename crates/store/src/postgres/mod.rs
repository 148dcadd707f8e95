//! PostgreSQL: any number of processes beside each other, each lane with one connection that writes.
//!
//! A firm's head is locked before anything of the firm is read, so all that its rows go through is one
//! transaction after the other, whoever carries it out. What was read stays true until the commit;
//! versions, counts of changed rows and constraints stand behind that all the same.

mod advice;
mod codec;
mod erase;
mod limits;
mod load;
mod migrate;
mod read;
mod session;
mod settle;
mod sql;
mod target;
#[cfg(test)]
mod tests;
mod write;

use std::time::Duration;

use domain::{Batch, Id, Key, Loaded, rows::Firm};
use engine::{Store, StoreError, Unique};
use tokio::time::{Instant, timeout};
use tokio_postgres::{Error, error::SqlState};

use self::{
    codec::Senseless,
    session::{Session, said},
    target::Target,
};
use crate::{
    OpenError, Opening,
    migrate::{ALL, Migration, SchemaError},
};

pub(crate) use self::read::{Pool, Snapshot};
pub use self::{session::ConnectError, target::UrlError};

/// Connects once, to say at once what is wrong, and makes the writers and the readers. They know the same
/// primary.
pub(crate) fn open(url: &str, opening: Opening) -> Result<(Vec<PostgresStore>, Pool), OpenError> {
    open_knowing(url, opening, ALL)
}

/// As [`open`], by a version that knows these migrations.
fn open_knowing(
    url: &str,
    opening: Opening,
    known: &'static [Migration],
) -> Result<(Vec<PostgresStore>, Pool), OpenError> {
    let target = Target::parse(url)?;
    blocking(async {
        let mut session = target.connect().await?;
        if opening.migrates {
            migrate::run(&mut session.client, known).await?;
        }
        Ok(())
    })?;
    let stores =
        (0..opening.lane_count).map(|_| PostgresStore::new(target.clone(), known)).collect();
    Ok((stores, Pool::new(target)?))
}

/// Connects once, to say at once what is wrong; the schema must be up to date already.
pub(crate) fn open_reader(url: &str) -> Result<Pool, OpenError> {
    let target = Target::parse(url)?;
    blocking(async {
        let session = target.connect_to_read().await?;
        Ok(migrate::check(&session.client, ALL).await?)
    })?;
    Ok(Pool::new(target)?)
}

/// Connects once, to say at once what is wrong.
pub(crate) fn open_standby(url: &str) -> Result<Pool, OpenError> {
    let target = Target::parse(url)?;
    blocking(async { Ok(target.connect_to_read().await.map(drop)?) })?;
    Ok(Pool::new(target)?)
}

/// Runs `work` to its end wherever it is called from, also inside a runtime.
fn blocking<T: Send>(
    work: impl Future<Output = Result<T, OpenError>> + Send,
) -> Result<T, OpenError> {
    std::thread::scope(|scope| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let done = scope.spawn(move || runtime.block_on(work)).join();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A writing connection, and how to make the next one.
pub struct PostgresStore {
    target: Target,
    /// Nothing is carried out while one of them is missing.
    known: &'static [Migration],
    /// Made when a lane first needs one, and given up after everything that may have broken it.
    session: Option<Session>,
}

impl PostgresStore {
    const fn new(target: Target, known: &'static [Migration]) -> Self {
        Self { target, known, session: None }
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

/// Why a step before the commit came to nothing.
#[derive(Debug)]
enum Failure {
    /// A guard did not hold.
    Conflict(String),
    /// A stored value makes no sense.
    Senseless(Senseless),
    /// PostgreSQL said no, or could not.
    Database(Error),
    /// It did not answer in time.
    Silent,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<Senseless> for Failure {
    fn from(error: Senseless) -> Self {
        Self::Senseless(error)
    }
}

impl Store for PostgresStore {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        let session = self.connected().await?;
        let heads = in_time(load::heads(session, firms)).await;
        self.before_commit(heads)
    }

    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        let rows = in_time(load::load(self.open()?, firm, keys)).await;
        self.before_commit(rows)
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let written = in_time(write::batch(self.open()?, batch)).await;
        self.before_commit(written)?;
        let session = self.open()?;
        session.take_warning();
        // The point of no return. From here on nothing but an answer without a warning means that the
        // batch is durable, and nothing but the database's own word that it is not.
        let answer = timeout(limits::COMMIT_WAIT_MAX, session.client.batch_execute("commit")).await;
        let why = match (answer, session.take_warning()) {
            (Ok(Ok(())), None) if self.is_current() => return Ok(()),
            (Ok(Ok(())), None) => {
                "the server that confirmed it has gone, or been replaced".to_owned()
            }
            (Ok(Ok(())), Some(warning)) => warning,
            (Ok(Err(error)), _) => said(&error),
            (Err(_), _) => format!("no answer in {:?}", limits::COMMIT_WAIT_MAX),
        };
        tracing::warn!(reason = why, "a commit was not confirmed; asking what became of it");
        // Closed, never cancelled: a wait for the standby that is cancelled is a commit without one.
        self.session = None;
        self.settle(batch, why).await
    }

    async fn rollback(&mut self) {
        let Some(session) = &self.session else { return };
        let over = in_time(async { Ok(session.client.batch_execute("rollback").await?) }).await;
        if over.is_err() {
            // PostgreSQL rolls back what its client left open.
            self.session = None;
        }
    }

    fn outlives_unknown(&self) -> bool {
        // The next batch asks the database anew, on another connection and under the firm's lock.
        true
    }
}

impl PostgresStore {
    /// The connection; a new one if there is none. A database that has gone is given some time to come
    /// back: it restarts, or another takes its place.
    async fn connected(&mut self) -> Result<&mut Session, StoreError> {
        if !self.is_current() {
            self.session = None;
            let until = Instant::now() + limits::RECONNECT_WAIT_MAX;
            self.session = Some(self.connect(until).await.map_err(|error| unavailable(&error))?);
        }
        self.open()
    }

    /// Whether there is a connection, and its server has not been replaced.
    fn is_current(&self) -> bool {
        let session = self.session.as_ref();
        session.is_some_and(|open| !open.client.is_closed() && self.target.is_newest(open))
    }

    /// Looks for the primary until then.
    async fn connect(&self, until: Instant) -> Result<Session, ConnectError> {
        let mut pause = limits::RECONNECT_PAUSE;
        loop {
            match self.connect_once().await {
                Err(
                    error @ (ConnectError::Away { .. }
                    | ConnectError::Fenced { .. }
                    | ConnectError::Schema(SchemaError::Unreadable(_))),
                ) if Instant::now() < until => {
                    tracing::debug!(%error, "looking for the database");
                    tokio::time::sleep(jittered(pause)).await;
                    pause = limits::RECONNECT_PAUSE_MAX.min(pause * 2);
                }
                done => return done,
            }
        }
    }

    /// The schema may be somebody else's to bring up to date, and this primary another than the last.
    async fn connect_once(&self) -> Result<Session, ConnectError> {
        let session = self.target.connect().await?;
        let present = migrate::present(&session.client, self.known);
        let silent = |_| SchemaError::Unreadable("no answer".to_owned());
        timeout(limits::CONNECT_WAIT_MAX, present).await.map_err(silent)??;
        Ok(session)
    }

    /// The connection that a transaction is open on.
    fn open(&mut self) -> Result<&mut Session, StoreError> {
        let gone = || StoreError::Conflict("the connection is gone".to_owned());
        self.session.as_mut().ok_or_else(gone)
    }

    /// What an outcome means while nothing has been committed.
    fn before_commit<T>(&mut self, outcome: Result<T, Failure>) -> Result<T, StoreError> {
        outcome.map_err(|failure| match failure {
            Failure::Conflict(what) => StoreError::Conflict(what),
            Failure::Senseless(what) => StoreError::Refused(what.to_string()),
            Failure::Silent => {
                self.session = None;
                StoreError::Conflict("the database does not answer".to_owned())
            }
            Failure::Database(error) => {
                let meaning = meaning(&error);
                if !matches!(meaning, StoreError::Refused(_) | StoreError::Duplicate { .. }) {
                    // Also a session that is well: another host may be the primary by now.
                    self.session = None;
                }
                meaning
            }
        })
    }
}

/// What PostgreSQL's error means before a commit: it is decided again, or told to the caller.
fn meaning(error: &Error) -> StoreError {
    let text = said(error);
    let Some(code) = error.code().map(SqlState::code) else {
        // Not the server's words: the connection broke, or a value of ours can't be sent.
        let is_ours = !error.is_closed()
            && std::error::Error::source(error).is_some_and(|cause| !cause.is::<std::io::Error>());
        return if is_ours { StoreError::Refused(text) } else { StoreError::Conflict(text) };
    };
    if code == SqlState::UNIQUE_VIOLATION.code() {
        let constraint = error.as_db_error().and_then(|db| db.constraint()).unwrap_or_default();
        return StoreError::Duplicate { of: Unique::of_constraint(constraint), reason: text };
    }
    match (&code[..2], code) {
        // Full, out of memory, broken disks and files.
        ("53" | "58" | "XX", _) => StoreError::Unavailable(text),
        // Values and constraints, and statements that are wrong.
        ("22" | "23" | "42", _) => StoreError::Refused(text),
        // Locks, deadlocks, shutdowns, ended sessions, a primary that is one no more, statements that a
        // migration or a pooler has made void.
        _ => StoreError::Conflict(text),
    }
}

fn unavailable(error: &ConnectError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

async fn in_time<T>(step: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(limits::STATEMENT_WAIT_MAX, step).await.unwrap_or(Err(Failure::Silent))
}

/// Somewhere between nothing and `pause`; without randomness there is no jitter, which is only slower.
fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX);
    pause.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
