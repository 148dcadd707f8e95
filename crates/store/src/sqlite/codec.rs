//! Values as SQLite takes and gives them.

use std::borrow::Cow;

use rusqlite::{
    Error, Result, Row, Statement, ToSql,
    types::{FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::{
    read,
    shape::{Columns, Values},
};

/// Reads a row's columns from left to right, in the order the select lists them.
pub(super) struct SqliteRow<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> SqliteRow<'r> {
    pub(super) fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    fn take<T>(&mut self, as_type: fn(&ValueRef<'r>) -> FromSqlResult<T>) -> Result<T> {
        let column = self.next;
        self.next += 1;
        as_type(&self.row.get_ref(column)?).map_err(|error| match error {
            FromSqlError::InvalidType => self.broken("a value of another type"),
            other => self.broken(&other.to_string()),
        })
    }
}

impl Columns for SqliteRow<'_> {
    type Error = Error;

    fn bytes(&mut self) -> Result<Option<&[u8]>> {
        self.take(ValueRef::as_blob_or_null)
    }

    fn integer(&mut self) -> Result<Option<i64>> {
        self.take(ValueRef::as_i64_or_null)
    }

    fn text(&mut self) -> Result<Option<&str>> {
        self.take(ValueRef::as_str_or_null)
    }

    fn is_null(&self) -> bool {
        matches!(self.row.get_ref(self.next), Ok(ValueRef::Null))
    }

    fn pass(&mut self, columns: usize) {
        self.next += columns;
    }

    fn broken(&self, why: &str) -> Error {
        let column = self.next.saturating_sub(1);
        let name = self.row.as_ref().column_name(column).unwrap_or("?");
        let stored = self.row.get_ref(column).map_or(ValueRef::Null, |value| value).data_type();
        Error::FromSqlConversionFailure(column, stored, format!("{name}: {why}").into())
    }
}

/// Binds values to a statement's parameters from left to right, and then runs it.
pub(super) struct Binding<'s, 'c> {
    statement: &'s mut Statement<'c>,
    next: usize,
    failed: Result<()>,
}

impl<'s, 'c> Binding<'s, 'c> {
    pub(super) fn of(statement: &'s mut Statement<'c>) -> Self {
        Self { statement, next: 1, failed: Ok(()) }
    }

    pub(super) fn put(&mut self, value: impl ToSql) {
        if self.failed.is_ok() {
            self.failed = self.statement.raw_bind_parameter(self.next, value);
        }
        self.next += 1;
    }

    /// How many rows it has changed.
    pub(super) fn execute(self) -> Result<usize> {
        self.failed?;
        self.statement.raw_execute()
    }
}

impl<'a> Values<'a> for Binding<'_, '_> {
    fn bytes(&mut self, value: Option<&'a [u8]>) {
        self.put(value);
    }

    fn integer(&mut self, value: Option<i64>) {
        self.put(value);
    }

    fn text(&mut self, value: Option<Cow<'a, str>>) {
        self.put(value.as_deref());
    }
}

/// Whether a row was read but made no sense.
pub(super) fn is_senseless(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..)
    )
}

impl ToSql for read::Value {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Id(bytes) => ValueRef::Blob(bytes),
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}
