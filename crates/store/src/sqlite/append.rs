//! The hot half of a batch: rows that are only ever added. Each table's statement is prepared once a
//! batch and run once a row; a row is bound by reference and written at the end of its table.

use std::{borrow::Borrow, sync::LazyLock};

use domain::{
    Id,
    rows::{
        AccountNet, Application, AuditNode, AuditRecord, ClientNet, DayNet, Entry, Firm, Movement,
        Outcome, StatementLine,
    },
};
use rusqlite::Connection;

use super::{codec::Binding, write::Written};
use crate::shape::append::Appended;

/// What SQLite appends.
pub(super) trait Line: Appended {
    /// Its statement.
    fn insert() -> &'static str;
}

macro_rules! lines {
    ($($row:ident),+) => {$(
        impl Line for $row {
            fn insert() -> &'static str {
                static SQL: LazyLock<String> = LazyLock::new(insert::<$row>);
                &SQL
            }
        }
    )+};
}
lines!(
    Movement,
    DayNet,
    Application,
    Entry,
    AccountNet,
    StatementLine,
    ClientNet,
    AuditRecord,
    AuditNode,
    Outcome
);

fn insert<T: Appended>() -> String {
    let columns = T::columns();
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let (table, columns, places) = (T::TABLE, columns.join(", "), places.join(", "));
    format!("insert into {table} ({columns}) values ({places}){}", T::on_conflict())
}

/// Appends rows.
pub(super) fn lines<T: Line>(
    connection: &Connection,
    firm: &Id<Firm>,
    rows: &[impl Borrow<T>],
) -> Written {
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare_cached(T::insert())?;
    for row in rows {
        let mut binding = Binding::of(&mut insert);
        binding.put(firm.bytes());
        row.borrow().values(&mut binding);
        binding.execute()?;
    }
    Ok(())
}
