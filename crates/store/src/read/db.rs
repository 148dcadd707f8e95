//! The database a question is put to: one snapshot, whichever kind it is of.
//!
//! A query is written once, as SQLite takes it; [`crate::postgres`] translates what is spelled
//! otherwise there. What both understand but mean differently is written so that they mean the same:
//! sums are cast back to integers, nulls come first where they are sorted, and a search lowers what it
//! looks at itself.

use domain::{Day, Id};
use rusqlite::{Connection, params_from_iter};

use crate::{
    ReadError,
    postgres::Snapshot,
    shape::{Columns, Read},
    sqlite,
};

/// One snapshot.
pub(crate) enum Db<'c> {
    Sqlite(&'c Connection),
    Postgres(&'c Snapshot<'c>),
}

/// A row, whatever it holds.
struct There;

impl Read for There {
    fn read<C: Columns>(_: &mut C) -> Result<Self, C::Error> {
        Ok(Self)
    }
}

/// What stands in a query's place. Queries name no other bytes than ids, and never nothing.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Id([u8; 12]),
    Integer(i64),
    Text(String),
}

impl Db<'_> {
    /// The first row of a query.
    pub fn one<T: Read>(&self, sql: &str, values: &[Value]) -> Result<Option<T>, ReadError> {
        if values.iter().any(Value::is_nowhere) {
            return Ok(None);
        }
        match self {
            Self::Sqlite(connection) => Ok(sqlite::one(connection, sql, params_from_iter(values))?),
            Self::Postgres(snapshot) => {
                let mut first = None;
                snapshot.each(sql, values, |row| _ = first.get_or_insert(row))?;
                Ok(first)
            }
        }
    }

    /// Whether there is such a table.
    pub fn has_table(&self, name: &str) -> Result<bool, ReadError> {
        let listed = match self {
            Self::Sqlite(_) => "select 1 from sqlite_master where name = ?1",
            Self::Postgres(_) => {
                "select 1 from pg_tables where schemaname = current_schema() and tablename = ?1"
            }
        };
        Ok(self.one::<There>(listed, &[name.into()])?.is_some())
    }

    /// Every row of a query.
    pub fn all<T: Read>(&self, sql: &str, values: &[Value]) -> Result<Vec<T>, ReadError> {
        let mut rows = Vec::new();
        self.each(sql, values, |row| rows.push(row))?;
        Ok(rows)
    }

    /// Shows every row of a query to `visit`, and keeps none.
    pub fn each<T: Read>(
        &self,
        sql: &str,
        values: &[Value],
        visit: impl FnMut(T),
    ) -> Result<(), ReadError> {
        if values.iter().any(Value::is_nowhere) {
            return Ok(());
        }
        match self {
            Self::Sqlite(connection) => {
                Ok(sqlite::each(connection, sql, params_from_iter(values), visit)?)
            }
            Self::Postgres(snapshot) => snapshot.each(sql, values, visit),
        }
    }
}

impl Value {
    /// Whether it is a text that no row can hold: PostgreSQL refuses a NUL, SQLite ends patterns there.
    fn is_nowhere(&self) -> bool {
        matches!(self, Self::Text(text) if text.contains('\0'))
    }
}

impl<T> From<Id<T>> for Value {
    fn from(id: Id<T>) -> Self {
        Self::Id(*id.bytes())
    }
}

impl From<Day> for Value {
    fn from(day: Day) -> Self {
        Self::Integer(day.days().into())
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
