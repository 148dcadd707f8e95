//! Values as PostgreSQL takes and gives them.

use std::borrow::Cow;

use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

use crate::{
    read::Value,
    shape::{Columns, Values},
};

/// Reads a row's columns from left to right, in the order the select lists them.
pub(crate) struct PgRow<'r> {
    row: &'r Row,
    next: usize,
}

/// A stored value that makes no sense, and its column.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Senseless(pub String);

impl<'r> PgRow<'r> {
    pub const fn of(row: &'r Row) -> Self {
        Self { row, next: 0 }
    }

    fn take<T: FromSql<'r>>(&mut self) -> Result<Option<T>, Senseless> {
        let column = self.next;
        self.next += 1;
        self.row.try_get(column).map_err(|_| self.broken("a value of another type"))
    }
}

impl Columns for PgRow<'_> {
    type Error = Senseless;

    fn bytes(&mut self) -> Result<Option<&[u8]>, Senseless> {
        self.take()
    }

    fn integer(&mut self) -> Result<Option<i64>, Senseless> {
        // Constants in a query are of the smaller type.
        if self.row.columns().get(self.next).is_some_and(|column| *column.type_() == Type::INT4) {
            return Ok(self.take::<i32>()?.map(i64::from));
        }
        self.take()
    }

    fn text(&mut self) -> Result<Option<&str>, Senseless> {
        self.take()
    }

    fn is_null(&self) -> bool {
        self.row.try_get::<_, Option<Anything>>(self.next).is_ok_and(|value| value.is_none())
    }

    fn pass(&mut self, columns: usize) {
        self.next += columns;
    }

    fn broken(&self, why: &str) -> Senseless {
        let column = self.row.columns().get(self.next.saturating_sub(1));
        Senseless(format!("{}: {why}", column.map_or("?", |column| column.name())))
    }
}

/// A value of whatever type.
struct Anything;

impl FromSql<'_> for Anything {
    fn from_sql(_: &Type, _: &[u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Value {
    pub(super) const fn sql_type(&self) -> Type {
        match self {
            Self::Id(_) => Type::BYTEA,
            Self::Integer(_) => Type::INT8,
            Self::Text(_) => Type::TEXT,
        }
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Id(bytes) => bytes.as_slice().to_sql(of, out),
            Self::Integer(integer) => integer.to_sql(of, out),
            Self::Text(text) => text.to_sql(of, out),
        }
    }

    fn accepts(of: &Type) -> bool {
        [Type::BYTEA, Type::INT8, Type::TEXT].contains(of)
    }

    to_sql_checked!();
}

/// Rows of one table on their way into the database, column by column: one array a column.
#[derive(Default)]
pub(super) struct Arrays<'a> {
    columns: Vec<Array<'a>>,
    next: usize,
    rows: usize,
}

enum Array<'a> {
    Bytes(Vec<Option<&'a [u8]>>),
    Integer(Vec<Option<i64>>),
    Text(Vec<Option<Cow<'a, str>>>),
}

impl<'a> Arrays<'a> {
    /// Begins the next row.
    pub const fn row(&mut self) {
        self.rows += 1;
        self.next = 0;
    }

    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The arrays' types.
    pub fn types(&self) -> impl Iterator<Item = Type> {
        self.columns.iter().map(|column| match column {
            Array::Bytes(_) => Type::BYTEA_ARRAY,
            Array::Integer(_) => Type::INT8_ARRAY,
            Array::Text(_) => Type::TEXT_ARRAY,
        })
    }

    /// The arrays, as parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &(dyn ToSql + Sync)> {
        self.columns.iter().map(|column| -> &(dyn ToSql + Sync) {
            match column {
                Array::Bytes(values) => values,
                Array::Integer(values) => values,
                Array::Text(values) => values,
            }
        })
    }

    /// The next column, made with the first row.
    fn column(&mut self, new: fn() -> Array<'a>) -> &mut Array<'a> {
        if self.next == self.columns.len() {
            self.columns.push(new());
        }
        self.next += 1;
        &mut self.columns[self.next - 1]
    }
}

/// A column that is of one type in one row and of another in the next is a defect of its shape.
const MIXED: &str = "a column holds values of one type";

impl<'a> Values<'a> for Arrays<'a> {
    fn bytes(&mut self, value: Option<&'a [u8]>) {
        match self.column(|| Array::Bytes(Vec::new())) {
            Array::Bytes(values) => values.push(value),
            _ => unreachable!("{MIXED}"),
        }
    }

    fn integer(&mut self, value: Option<i64>) {
        match self.column(|| Array::Integer(Vec::new())) {
            Array::Integer(values) => values.push(value),
            _ => unreachable!("{MIXED}"),
        }
    }

    fn text(&mut self, value: Option<Cow<'a, str>>) {
        match self.column(|| Array::Text(Vec::new())) {
            Array::Text(values) => values.push(value),
            _ => unreachable!("{MIXED}"),
        }
    }
}
