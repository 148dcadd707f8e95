//! Everything that is kept about one person.

use domain::{Day, Money, Rate, Timestamp, rows::Client};

/// Most rows in one export; who has more is exported list by list.
pub const EXPORT_ROWS_MAX: usize = 100_000;

/// What is kept about a client, as one moment had it.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Who, archived or not.
    pub client: Client,
    /// The firm's journal up to here is in it.
    pub seq: i64,
    /// Table by table, empty ones too; `None`: more than [`EXPORT_ROWS_MAX`] rows.
    pub tables: Option<Vec<Rows>>,
}

/// The rows of a table that are about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The table.
    pub table: &'static str,
    /// By primary key.
    pub rows: Vec<Record>,
}

/// A row: every column under its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Record(pub Vec<(&'static str, Field)>);

/// A column's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// None.
    Nothing,
    /// A count, or minor units of the row's currency.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// A row or a user.
    Id([u8; 12]),
    /// Any other bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list, as JSON.
    Json(String),
    /// An amount.
    Money(Money),
    /// A part of a whole.
    Rate(Rate),
    /// A day.
    Day(Day),
    /// A moment.
    At(Timestamp),
}
