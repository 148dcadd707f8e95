//! How a value is stored, and read back. A value that makes no sense is an error that names it,
//! **never a panic and never a guess**.

use domain::{Currency, Day, Id, Money, Timestamp};
use rusqlite::{
    Error, Result, Row,
    types::{FromSql, FromSqlError, Type},
};

/// Reads a row's columns from left to right, in the order the select lists them.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    fn take(&mut self) -> usize {
        let column = self.next;
        self.next += 1;
        column
    }

    /// Numbers, flags and free text.
    pub(super) fn get<T: FromSql>(&mut self) -> Result<T> {
        let column = self.take();
        self.row.get(column)
    }

    pub(super) fn id<T>(&mut self) -> Result<Id<T>> {
        self.get().map(Id::new)
    }

    pub(super) fn id_option<T>(&mut self) -> Result<Option<Id<T>>> {
        Ok(self.get::<Option<[u8; 12]>>()?.map(Id::new))
    }

    pub(super) fn money(&mut self, currency: Currency) -> Result<Money> {
        self.get().map(|minor| Money::from_minor(minor, currency))
    }

    pub(super) fn money_option(&mut self, currency: Currency) -> Result<Option<Money>> {
        Ok(self.get::<Option<i64>>()?.map(|minor| Money::from_minor(minor, currency)))
    }

    pub(super) fn day(&mut self) -> Result<Day> {
        self.get().map(Day::from_days)
    }

    pub(super) fn day_option(&mut self) -> Result<Option<Day>> {
        Ok(self.get::<Option<i32>>()?.map(Day::from_days))
    }

    pub(super) fn at(&mut self) -> Result<Timestamp> {
        self.get().map(Timestamp::from_micros)
    }

    pub(super) fn currency(&mut self) -> Result<Currency> {
        self.name(Currency::from_code)
    }

    /// A stored name, and what it means.
    pub(super) fn name<T>(&mut self, meaning: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let column = self.take();
        let name = self
            .row
            .get_ref(column)?
            .as_str()
            .map_err(|error| self.broken(column, Type::Text, &error))?;
        meaning(name)
            .ok_or_else(|| self.unknown(column, Type::Text, &format!("unknown name `{name}`")))
    }

    /// A stored number, and what it means.
    pub(super) fn code<T>(&mut self, meaning: impl FnOnce(i64) -> Option<T>) -> Result<T> {
        let code = self.get()?;
        let column = self.next.saturating_sub(1);
        meaning(code)
            .ok_or_else(|| self.unknown(column, Type::Integer, &format!("unknown code {code}")))
    }

    fn unknown(&self, column: usize, stored: Type, what: &str) -> Error {
        self.broken(column, stored, &FromSqlError::Other(what.into()))
    }

    fn broken(&self, column: usize, stored: Type, error: &FromSqlError) -> Error {
        let name = self.row.as_ref().column_name(column).unwrap_or("?");
        Error::FromSqlConversionFailure(column, stored, format!("{name}: {error}").into())
    }
}

/// The bytes of an id that may be missing.
pub(super) fn bytes<T>(id: Option<&Id<T>>) -> Option<&[u8; 12]> {
    id.map(Id::bytes)
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
