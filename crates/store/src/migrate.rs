//! The schema of every database: numbered SQL files, each applied once and remembered with its
//! checksum.
//!
//! A migration that has been applied never changes: a file that differs is refused, and so is a
//! database that a newer version has migrated. There is no way back but a backup.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// One numbered step.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place, from 1, without gaps.
    pub number: i64,
    /// What it does.
    pub name: &'static str,
    /// Its statements, as SQLite takes them.
    pub sql: &'static str,
}

/// Every migration, in order.
pub const ALL: &[Migration] = &[
    Migration { number: 1, name: "core", sql: include_str!("../migrations/0001_core.sql") },
    Migration { number: 2, name: "practice", sql: include_str!("../migrations/0002_practice.sql") },
    Migration { number: 3, name: "outbox", sql: include_str!("../migrations/0003_outbox.sql") },
];

/// A migration that a database remembers: number, name, checksum.
pub(crate) type Remembered = (i64, String, String);

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
        "the database is not migrated ({applied} of {known} migrations); `amanah migrate` brings it up to date, and so does starting the server"
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
        /// What the database said.
        error: String,
    },
    /// Citus is there and does not take the tables.
    #[error("the tables could not be distributed by Citus, and nothing was changed: {0}")]
    Undistributed(String),
    /// The list of applied migrations can't be read.
    #[error("the list of applied migrations can't be read: {0}")]
    Unreadable(String),
}

/// Which of `migrations` are missing; those that are remembered must be a beginning of them, unchanged.
///
/// # Errors
/// [`SchemaError::Changed`], [`SchemaError::Unknown`]
pub(crate) fn missing<'m>(
    remembered: &[Remembered],
    migrations: &'m [Migration],
) -> Result<&'m [Migration], SchemaError> {
    let mut known = migrations;
    for (number, name, stored) in remembered {
        match known.split_first() {
            Some((migration, rest)) if migration.number == *number => {
                if migration.checksum() != *stored {
                    return Err(SchemaError::Changed { number: *number, name: name.clone() });
                }
                known = rest;
            }
            _ => return Err(SchemaError::Unknown { number: *number, name: name.clone() }),
        }
    }
    Ok(known)
}

/// Which of `migrations` a database lacks that is being served; a newer version may have been there
/// since.
///
/// # Errors
/// [`SchemaError::Changed`]
pub(crate) fn lacking<'m>(
    remembered: &[Remembered],
    migrations: &'m [Migration],
) -> Result<&'m [Migration], SchemaError> {
    let known = remembered.get(..migrations.len()).unwrap_or(remembered);
    missing(known, migrations)
}

/// Refuses a database that lacks any of `migrations`, or has others.
///
/// # Errors
/// [`SchemaError`]
pub(crate) fn complete(
    remembered: &[Remembered],
    migrations: &[Migration],
) -> Result<(), SchemaError> {
    nothing(missing(remembered, migrations)?, migrations)
}

/// Refuses a database that lacks any of `migrations`. It may have more: a newer version has been there,
/// and whatever it adds leaves an older one that still runs all that it needs.
///
/// # Errors
/// [`SchemaError`]
pub(crate) fn present(
    remembered: &[Remembered],
    migrations: &[Migration],
) -> Result<(), SchemaError> {
    nothing(lacking(remembered, migrations)?, migrations)
}

fn nothing(missing: &[Migration], migrations: &[Migration]) -> Result<(), SchemaError> {
    let (known, missing) = (migrations.len(), missing.len());
    let applied = known - missing;
    if missing == 0 { Ok(()) } else { Err(SchemaError::Behind { applied, known }) }
}

impl Migration {
    /// SHA-256 in hex. Line ends don't count: a checkout may rewrite them.
    pub(crate) fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql.replace("\r\n", "\n").as_bytes());
        digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string can't fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// What it says when it could not be applied.
    pub(crate) fn failed(&self, error: &impl std::fmt::Display) -> SchemaError {
        SchemaError::Failed { number: self.number, name: self.name, error: error.to_string() }
    }
}
