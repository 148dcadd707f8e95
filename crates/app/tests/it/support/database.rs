//! The database of one test, a file or one of a PostgreSQL; gone when it is dropped.

use std::sync::OnceLock;

use tempfile::TempDir;
use throwaway::Cluster;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Databases of PostgreSQL that are served at the same time, whatever the number of tests: each costs
/// a dozen connections.
static ROOM: Semaphore = Semaphore::const_new(8);

pub enum Database {
    File(TempDir),
    Postgres { database: throwaway::Database, _room: SemaphorePermit<'static> },
}

impl Database {
    /// A place for a file.
    pub fn file() -> Self {
        Self::File(tempfile::tempdir().expect("a folder"))
    }

    /// A copy of one that was migrated once.
    pub async fn postgres() -> Self {
        static MIGRATED: OnceLock<String> = OnceLock::new();
        let room = ROOM.acquire().await.expect("it is never closed");
        let cluster = Cluster::shared();
        let template = MIGRATED.get_or_init(|| {
            let database = cluster.fresh_database();
            store::migrate(&database.url).expect("an empty database can be migrated");
            database.name
        });
        Self::Postgres { database: cluster.fresh_from(template), _room: room }
    }

    /// One of a PostgreSQL that nobody has migrated.
    pub async fn empty_postgres() -> Self {
        let room = ROOM.acquire().await.expect("it is never closed");
        Self::Postgres { database: Cluster::shared().fresh_database(), _room: room }
    }

    pub fn url(&self) -> String {
        match self {
            Self::File(folder) => format!("sqlite:{}", folder.path().join("test.db").display()),
            Self::Postgres { database, .. } => database.url.clone(),
        }
    }

    /// As [`Self::url`], with a name that PostgreSQL shows beside each session.
    pub fn url_of(&self, process: &str) -> String {
        format!("{}?application_name={process}", self.url())
    }

    /// What PostgreSQL answers.
    pub fn sql(&self, statements: &str) -> Vec<Vec<String>> {
        Cluster::shared().sql(self.name(), statements)
    }

    pub fn name(&self) -> &str {
        match self {
            Self::File(_) => panic!("a file has no name among databases"),
            Self::Postgres { database, .. } => &database.name,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { database, .. } = self {
            let drop = format!("drop database if exists {} with (force)", database.name);
            // It goes with its cluster all the same.
            let _ = Cluster::shared().try_sql("postgres", &drop);
        }
    }
}
