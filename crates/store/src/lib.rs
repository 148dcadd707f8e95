//! The firms' database: one writer that implements [`engine::Store`], and a [`Reader`] beside it.
//!
//! Nothing here decides anything. The writer takes rows the domain made and refuses what breaks a
//! constraint; the reader shows committed rows from one snapshot per question. **No read ever waits
//! for a write, and no file of the database is opened but by SQLite itself.**

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod fixture;
mod lock;
mod migrate;
mod postgres;
mod read;
#[cfg(test)]
mod samples;
mod shape;
mod sqlite;
mod views;

use std::path::PathBuf;

use domain::{Batch, Id, Key, Loaded, rows::Firm};
use engine::{Store, StoreError};

pub use postgres::{ConnectError, PostgresStore, UrlError};
pub use read::Reader;
pub use sqlite::SqliteStore;
pub use views::{
    AGE_COUNT, AccountBalance, Ageing, AlertFilter, ApplicationView, Applications,
    AuditConsistency, AuditInclusion, AuditTree, Balance, CaseFilter, CaseView, CategorySum,
    ClientAccount, ClientAge, ClientFilter, ClientRevenue, ClientStats, ClientSum,
    CreditNoteFilter, CreditNoteView, Days, DeliveryFilter, Direction, DueDelivery,
    EXPORT_ROWS_MAX, EndingRetainer, Event, Events, ExpenseFilter, ExpenseView, Field, History,
    InvoiceFilter, InvoiceSort, InvoiceStats, InvoiceSum, InvoiceView, JobFilter, Listed, MonthSum,
    Order, OutboxCount, PAGE_ROWS_MAX, Page, PaymentFilter, PaymentSort, PaymentStats, PaymentSum,
    PaymentView, Person, ProposalFilter, ProposalView, Reconciliation, Record, RefundView,
    RetainerFilter, RetainerSum, RetainerView, Rows, Standbys, Statement, StatusSum,
    TimeEntryFilter, TimeEntryView, TransactionFilter, TransactionView, TrustBalance, TrustFilter,
    TrustLedger, Vitals,
};

/// An open database.
#[derive(Debug)]
pub struct Database {
    /// The writers, one per lane; on SQLite exactly one.
    pub stores: Vec<Writer>,
    /// The read side.
    pub reader: Reader,
}

/// A writer of either database.
#[derive(Debug)]
pub enum Writer {
    /// The only writer of a file.
    Sqlite(SqliteStore),
    /// One of many.
    Postgres(PostgresStore),
}

macro_rules! either {
    ($self:ident, $store:ident => $call:expr) => {
        match $self {
            Self::Sqlite($store) => $call,
            Self::Postgres($store) => $call,
        }
    };
}

impl Store for Writer {
    async fn begin(&mut self, firms: &[Id<Firm>]) -> Result<Vec<Option<Firm>>, StoreError> {
        either!(self, store => store.begin(firms).await)
    }

    async fn load(&mut self, firm: Id<Firm>, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
        either!(self, store => store.load(firm, keys).await)
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        either!(self, store => store.commit(batch).await)
    }

    async fn rollback(&mut self) {
        either!(self, store => store.rollback().await);
    }

    fn outlives_unknown(&self) -> bool {
        either!(self, store => store.outlives_unknown())
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL's scheme is none of ours.
    #[error("{0} is no database URL; write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Scheme(String),
    /// A file has no standby.
    #[error("a standby is a PostgreSQL; write postgres://USER@HOST/DATABASE")]
    NoStandby,
    /// PostgreSQL's URL can't be used.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// PostgreSQL can't be reached, or can't be trusted with money.
    #[error("the database can't be used: {0}")]
    Connect(#[from] ConnectError),
    /// The path can't be a database file.
    #[error("{} can't be the database file: {reason}", .path.display())]
    Path {
        /// As given.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process serves this file.
    #[error(
        "{} is being served by another process; stop that one first, or give this one its own database file",
        .0.display()
    )]
    Served(PathBuf),
    /// The schema is not the one this version was built for.
    #[error(transparent)]
    Schema(#[from] migrate::SchemaError),
    /// The linked SQLite corrupts a database when its write-ahead log is reset.
    #[error("the linked SQLite is {0}; this program needs 3.51.3 or later")]
    TooOld(&'static str),
    /// The operating system refuses a thread or a socket.
    #[error("the database can't be opened: {0}")]
    System(#[from] std::io::Error),
    /// SQLite could not open it.
    #[error("the database can't be opened: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Why a read gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The cursor is not one that this list gave.
    #[error("the cursor is not one that this list gave")]
    BadCursor,
    /// A stored row makes no sense: a name, length or currency that is not known.
    #[error("a stored row can't be understood: {0}")]
    Row(String),
    /// The database is away.
    #[error("the database can't be read: {0}")]
    Database(String),
    /// A backup's file could not be written.
    #[error("the backup {} can't be written: {reason}", .path.display())]
    Backup {
        /// Where it should have gone.
        path: PathBuf,
        /// What stood in the way.
        reason: String,
    },
}

/// How a server opens its database.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// Lanes, each with a writer of its own; on SQLite there is one.
    pub lane_count: usize,
    /// Whether to bring the schema up to date. If not, a file whose schema is not is refused, and on
    /// PostgreSQL nothing is carried out until somebody else has.
    pub migrates: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self { lane_count: LANE_COUNT_DEFAULT, migrates: true }
    }
}

/// More lanes commit side by side; all of one firm's commands are on one.
pub const LANE_COUNT_DEFAULT: usize = 4;

/// Opens a database to serve it, and brings its schema up to date.
///
/// `sqlite:PATH` is made if it is not there, and held against every other serving process until the
/// writer is dropped. A PostgreSQL database has to be there; any number of processes may serve it.
///
/// # Errors
/// [`OpenError`]; each says what to do.
pub fn open(url: &str, opening: Opening) -> Result<Database, OpenError> {
    if is_postgres(url) {
        let (stores, pool) = postgres::open(url, opening)?;
        let stores = stores.into_iter().map(Writer::Postgres).collect();
        return Ok(Database { stores, reader: pool.into() });
    }
    let (store, reader) = sqlite::open(&path_in(url)?, opening)?;
    Ok(Database { stores: vec![Writer::Sqlite(store)], reader })
}

/// Brings a database's schema up to date. Of a file, no other process may serve it meanwhile.
///
/// # Errors
/// [`OpenError`]; each says what to do.
pub fn migrate(url: &str) -> Result<(), OpenError> {
    open(url, Opening { lane_count: 0, migrates: true }).map(drop)
}

/// The file of an SQLite database; `None` for any other.
pub fn file_of(url: &str) -> Option<PathBuf> {
    path_in(url).ok()
}

fn is_postgres(url: &str) -> bool {
    matches!(url.split_once(':'), Some(("postgres" | "postgresql", _)))
}

/// Opens a database only to read, beside a server or without one: `sqlite:PATH`, or a PostgreSQL, which
/// may be a standby. Makes and changes nothing: a missing file and a database without the current schema
/// are refused.
///
/// # Errors
/// [`OpenError`]; each says what to do.
pub fn open_reader(url: &str) -> Result<Reader, OpenError> {
    if is_postgres(url) {
        return postgres::open_reader(url).map(Reader::from);
    }
    sqlite::open_reader(&path_in(url)?)
}

/// Opens a standby of PostgreSQL to read what may be some moments old. It may still lack migrations that
/// its primary has.
///
/// # Errors
/// [`OpenError`]; each says what to do.
pub fn open_standby(url: &str) -> Result<Reader, OpenError> {
    if is_postgres(url) {
        return postgres::open_standby(url).map(Reader::from);
    }
    Err(OpenError::NoStandby)
}

/// The path in `sqlite:PATH` or `sqlite://PATH`.
fn path_in(url: &str) -> Result<PathBuf, OpenError> {
    let Some(rest) = url.strip_prefix("sqlite:") else {
        // What follows the scheme may hold a password.
        let scheme = url.split_once(':').map_or("the text given", |(scheme, _)| scheme);
        return Err(OpenError::Scheme(scheme.to_owned()));
    };
    let path = PathBuf::from(rest.strip_prefix("//").unwrap_or(rest));
    if path.as_os_str().is_empty() || rest == ":memory:" {
        return Err(OpenError::Path { path, reason: "a database is a file on disk".to_owned() });
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sqlite_files_are_opened() {
        assert_eq!(path_in("sqlite:a/b.db").unwrap(), PathBuf::from("a/b.db"));
        assert_eq!(path_in("sqlite:///a/b.db").unwrap(), PathBuf::from("/a/b.db"));
        for url in ["postgres://u:secret@h/d", "a.db", "sqlite:", "sqlite::memory:"] {
            let error = path_in(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
