//! What SQLite itself finds wrong.

use rusqlite::Result;

use super::{connect, pool::Pool};
use crate::{
    ReadError,
    read::{self, Db},
};

/// What is wrong with the file and with references between rows; empty: nothing. Reads the whole file.
pub(crate) fn integrity(pool: &Pool) -> std::result::Result<Vec<String>, ReadError> {
    let connection = connect::reader(pool.path())?;
    let mut complaints: Vec<String> = connection
        .prepare("pragma integrity_check")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_>>()?;
    complaints.retain(|complaint| complaint != "ok");
    let mut statement = connection.prepare("pragma foreign_key_check")?;
    let orphans = statement.query_map([], |row| {
        let (table, parent): (String, String) = (row.get("table")?, row.get("parent")?);
        Ok(format!("a row of {table} names a row of {parent} that is not there"))
    })?;
    for orphan in orphans {
        complaints.push(orphan?);
    }
    complaints.extend(read::strays(&Db::Sqlite(&connection))?);
    Ok(complaints)
}
