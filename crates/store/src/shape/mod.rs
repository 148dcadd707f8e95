//! What is stored of each entity, said once for every database: its table and columns, how a row
//! becomes values, and how values become a row again.
//!
//! Three types are enough for every column: bytes, integers and text. Ids are 12 bytes, money is minor
//! units beside one currency column, days and times are integers, members of closed lists are their
//! names, flags are 0 and 1. A list inside a row is JSON text in one column: kept with its row, **never
//! queried**. Columns that follow from others stand last: they are written for lists and constraints.

pub(crate) mod append;
mod books;
pub(crate) mod erase;
mod invoice;
pub(crate) mod journal;
mod json;
mod market;
mod outbox;
mod payment;
mod people;
mod retainer;
pub(crate) mod sets;
pub(crate) mod told;
mod values;

use domain::{Entity, text::folded};

pub(crate) use values::{Columns, Values};

/// A table of an entity. Its key is `firm_id` and the first of the fixed columns.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name.
    pub name: &'static str,
    /// What it is called in a query.
    pub alias: &'static str,
    /// The columns that never change, `id` first. `deleted` is among them: it is never taken back, and
    /// the update of a deleted row says so apart ([`Table::update_deleted`]). An update that names no
    /// column of an index leaves the index alone.
    pub fixed: &'static [&'static str],
    /// The columns that may change.
    pub changing: &'static [&'static str],
    /// Every column, under the alias.
    selected: &'static str,
}

/// What is read from a row's columns: an entity from its fixed columns, then its changing ones.
pub(crate) trait Read: Sized {
    /// Takes the columns from left to right.
    ///
    /// # Errors
    /// A stored value makes no sense.
    fn read<C: Columns>(row: &mut C) -> Result<Self, C::Error>;
}

/// An entity as a database keeps it.
pub(crate) trait Shape: Entity + Read {
    /// Where.
    const TABLE: Table;

    /// Hands out the values of the fixed columns, in their order.
    fn fixed<'a>(&'a self, to: &mut impl Values<'a>);

    /// Hands out the values of the changing columns, in their order.
    fn changing<'a>(&'a self, to: &mut impl Values<'a>);
}

/// Columns and their values, side by side: `column = kind(value)`, where kind is a method of
/// [`Values`].
macro_rules! columns {
    (
        $self:ident in $table:literal as $alias:literal;
        fixed { $($fixed:ident = $fixed_kind:ident($fixed_value:expr),)+ }
        changing { $($changing:ident = $changing_kind:ident($changing_value:expr),)+ }
    ) => {
        const TABLE: $crate::shape::Table = $crate::shape::Table {
            name: $table,
            alias: $alias,
            fixed: &[$(stringify!($fixed)),+],
            changing: &[$(stringify!($changing)),+],
            selected: $crate::shape::after_comma(concat!(
                $(", ", $alias, ".", stringify!($fixed),)+
                $(", ", $alias, ".", stringify!($changing),)+
            )),
        };

        fn fixed<'a>(&'a $self, to: &mut impl $crate::shape::Values<'a>) {
            $(to.$fixed_kind($fixed_value);)+
        }

        fn changing<'a>(&'a $self, to: &mut impl $crate::shape::Values<'a>) {
            $(to.$changing_kind($changing_value);)+
        }
    };
}
use columns;

const fn after_comma(list: &'static str) -> &'static str {
    list.split_at(2).1
}

impl Table {
    /// Every column, fixed ones first.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.fixed.iter().chain(self.changing).copied()
    }

    /// The columns as [`Read::read`] takes them, under the table's alias.
    pub const fn selected(&self) -> &'static str {
        self.selected
    }

    /// Whether callers may name a row by its number.
    pub fn is_numbered(&self) -> bool {
        self.columns().any(|column| column == "number")
    }

    /// Whether rows are marked as deleted.
    pub fn marks_deleted(&self) -> bool {
        self.fixed.contains(&"deleted")
    }

    /// Inserts a row: firm, then the columns in their order. `place` names the n-th parameter, from 1.
    pub fn insert(&self, place: fn(usize) -> String) -> String {
        let columns = self.columns().collect::<Vec<_>>();
        let places = (1..=columns.len() + 1).map(place).collect::<Vec<_>>().join(", ");
        format!("insert into {} (firm_id, {}) values ({places})", self.name, columns.join(", "))
    }

    /// Changes a row that still has the version it was read at: firm, id and that version, then the
    /// changing columns in their order.
    pub fn update(&self, place: fn(usize) -> String) -> String {
        self.update_with("", place)
    }

    /// As [`Self::update`], and marks the row as deleted.
    pub fn update_deleted(&self, place: fn(usize) -> String) -> String {
        self.update_with("deleted = 1, ", place)
    }

    fn update_with(&self, also: &str, place: fn(usize) -> String) -> String {
        let set = self.changing.iter().zip(4..);
        let set: Vec<String> = set.map(|(column, n)| format!("{column} = {}", place(n))).collect();
        let (name, set) = (self.name, set.join(", "));
        let (firm, id, version) = (place(1), place(2), place(3));
        format!(
            "update {name} set {also}{set} where firm_id = {firm} and id = {id} and version = {version}"
        )
    }
}

/// What a search looks at, one line each, without what searchers don't tell apart.
fn searched<const COUNT: usize>(texts: [Option<&String>; COUNT]) -> String {
    let lines: Vec<String> = texts.into_iter().flatten().map(|text| folded(text)).collect();
    lines.join("\n")
}

/// An entity that was joined, if it is there.
pub(crate) fn read_joined<E: Shape, C: Columns>(row: &mut C) -> Result<Option<E>, C::Error> {
    if row.is_null() {
        row.pass(E::TABLE.columns().count());
        Ok(None)
    } else {
        E::read(row).map(Some)
    }
}
