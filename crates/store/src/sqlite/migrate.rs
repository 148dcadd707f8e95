//! Brings a file's schema up to date, each migration in its own transaction.

use std::fmt::Display;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::migrate::{self, Migration, Remembered, SchemaError};

/// Applies what is missing.
///
/// # Errors
/// [`SchemaError`]
pub fn run(connection: &mut Connection, migrations: &[Migration]) -> Result<(), SchemaError> {
    let remembered = remembered(connection)?;
    for migration in migrate::missing(&remembered, migrations)? {
        apply(connection, migration).map_err(|error| migration.failed(&error))?;
        tracing::info!(number = migration.number, name = migration.name, "migration applied");
    }
    Ok(())
}

/// Refuses a database that is not exactly at this version, without touching it.
///
/// # Errors
/// [`SchemaError`]
pub fn check(connection: &Connection, migrations: &[Migration]) -> Result<(), SchemaError> {
    migrate::complete(&remembered(connection)?, migrations)
}

fn remembered(connection: &Connection) -> Result<Vec<Remembered>, SchemaError> {
    let listed = connection
        .query_row("select 1 from sqlite_master where name = 'schema_migrations'", [], |_| Ok(()))
        .optional()
        .map_err(unreadable)?;
    if listed.is_none() {
        return Ok(Vec::new());
    }
    let mut statement = connection
        .prepare("select number, name, checksum from schema_migrations order by number")
        .map_err(unreadable)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(unreadable)?;
    rows.collect::<Result<_, _>>().map_err(unreadable)
}

fn apply(connection: &mut Connection, migration: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "create table if not exists schema_migrations (
             number integer primary key, name text not null, checksum text not null
         ) strict",
    )?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "insert into schema_migrations (number, name, checksum) values (?1, ?2, ?3)",
        (migration.number, migration.name, migration.checksum()),
    )?;
    transaction.commit()
}

fn unreadable(error: impl Display) -> SchemaError {
    SchemaError::Unreadable(error.to_string())
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
