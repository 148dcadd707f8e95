//! Brings a database's schema up to this version: numbered SQL files, each applied once, in its own
//! transaction, and remembered with its checksum.
//!
//! A migration that has been applied never changes: a file that differs is refused, and so is a
//! database that a newer version has migrated. There is no way back but a backup.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sha2::{Digest, Sha256};

/// One numbered step.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place, from 1, without gaps.
    pub number: i64,
    /// What it does.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// Every migration of SQLite, in order.
pub const SQLITE: &[Migration] = &[
    Migration { number: 1, name: "core", sql: include_str!("../migrations/sqlite/0001_core.sql") },
    Migration {
        number: 2,
        name: "practice",
        sql: include_str!("../migrations/sqlite/0002_practice.sql"),
    },
];

/// Why a schema is not the one this version works on.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// An applied migration's text has changed since.
    #[error(
        "migration {number} ({name}) was changed after it was applied to this database; \
         restore its text, and put the change into a new migration"
    )]
    Changed {
        /// Its place.
        number: i64,
        /// What it does.
        name: String,
    },
    /// A newer version has been here.
    #[error(
        "the database has migration {number} ({name}), which this version does not know; run the newer version"
    )]
    Unknown {
        /// Its place.
        number: i64,
        /// What it does.
        name: String,
    },
    /// Only read, and not up to date.
    #[error(
        "the database is not migrated ({applied} of {known} migrations); start the server on it once"
    )]
    Behind {
        /// Migrations applied.
        applied: usize,
        /// Migrations known.
        known: usize,
    },
    /// A migration could not be applied; nothing of it was.
    #[error("migration {number} ({name}) failed and left nothing behind: {error}")]
    Failed {
        /// Its place.
        number: i64,
        /// What it does.
        name: &'static str,
        /// What SQLite said.
        error: rusqlite::Error,
    },
    /// The list of applied migrations can't be read.
    #[error("the list of applied migrations can't be read: {0}")]
    Unreadable(#[from] rusqlite::Error),
}

/// Applies what is missing.
///
/// # Errors
/// [`SchemaError`]
pub fn run(connection: &mut Connection, migrations: &[Migration]) -> Result<(), SchemaError> {
    connection.execute_batch(
        "create table if not exists schema_migrations (
             number integer primary key, name text not null, checksum text not null
         ) strict",
    )?;
    let applied = applied(connection, migrations)?;
    for migration in migrations.iter().skip(applied) {
        apply(connection, migration).map_err(|error| SchemaError::Failed {
            number: migration.number,
            name: migration.name,
            error,
        })?;
        tracing::info!(number = migration.number, name = migration.name, "migration applied");
    }
    Ok(())
}

/// Refuses a database that is not exactly at this version, without touching it.
///
/// # Errors
/// [`SchemaError`]
pub fn check(connection: &Connection, migrations: &[Migration]) -> Result<(), SchemaError> {
    let known = migrations.len();
    let listed = connection
        .query_row("select 1 from sqlite_master where name = 'schema_migrations'", [], |_| Ok(()))
        .optional()?;
    let applied = if listed.is_some() { applied(connection, migrations)? } else { 0 };
    if applied == known { Ok(()) } else { Err(SchemaError::Behind { applied, known }) }
}

/// How many of `migrations` are applied; the applied ones must be a beginning of them, unchanged.
fn applied(connection: &Connection, migrations: &[Migration]) -> Result<usize, SchemaError> {
    let mut statement = connection
        .prepare("select number, name, checksum from schema_migrations order by number")?;
    let rows: Vec<(i64, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let mut known = migrations.iter();
    for (number, name, stored) in &rows {
        match known.next() {
            Some(migration) if migration.number == *number => {
                if checksum(migration.sql) != *stored {
                    return Err(SchemaError::Changed { number: *number, name: name.clone() });
                }
            }
            _ => return Err(SchemaError::Unknown { number: *number, name: name.clone() }),
        }
    }
    Ok(rows.len())
}

fn apply(connection: &mut Connection, migration: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "insert into schema_migrations (number, name, checksum) values (?1, ?2, ?3)",
        (migration.number, migration.name, checksum(migration.sql)),
    )?;
    transaction.commit()
}

/// SHA-256 in hex. Line ends don't count: a checkout may rewrite them.
fn checksum(sql: &str) -> String {
    let digest = Sha256::digest(sql.replace("\r\n", "\n").as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration =
        Migration { number: 1, name: "one", sql: "create table a (x integer) strict;" };
    const TWO: Migration =
        Migration { number: 2, name: "two", sql: "create table b (x integer) strict;" };

    #[test]
    fn a_database_moves_forward_only() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(matches!(
            check(&connection, &[ONE]),
            Err(SchemaError::Behind { applied: 0, known: 1 })
        ));
        run(&mut connection, &[ONE]).unwrap();
        run(&mut connection, &[ONE, TWO]).unwrap();
        run(&mut connection, &[ONE, TWO]).unwrap();
        check(&connection, &[ONE, TWO]).unwrap();
        assert!(matches!(
            run(&mut connection, &[ONE]),
            Err(SchemaError::Unknown { number: 2, .. })
        ));
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[ONE]).unwrap();
        let changed = Migration { sql: "create table a (y integer) strict;", ..ONE };
        assert!(matches!(
            run(&mut connection, &[changed]),
            Err(SchemaError::Changed { number: 1, .. })
        ));
        let crlf = Migration { sql: "create table a (x integer) strict;", ..ONE };
        run(&mut connection, &[crlf]).unwrap();
    }

    #[test]
    fn a_failed_migration_leaves_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken =
            Migration { sql: "create table a (x integer) strict; create nonsense;", ..ONE };
        assert!(matches!(
            run(&mut connection, &[broken]),
            Err(SchemaError::Failed { number: 1, .. })
        ));
        run(&mut connection, &[ONE]).unwrap();
    }
}
