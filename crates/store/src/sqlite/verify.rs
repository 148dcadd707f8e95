//! Everything that is stored of a firm, row by row, for those who check it against the rules.
//!
//! On a connection of its own and from one snapshot, so that a running server changes nothing under
//! it. While it lasts the write-ahead log can't be reset: it grows with what the server writes.

use domain::{
    Id, entities,
    rows::{
        Alert, Case, Client, CreditNote, Expense, Firm, Invoice, Job, Payment, Proposal, Refund,
        Retainer, Stored, TimeEntry, Transaction,
    },
};
use rusqlite::{Connection, Result};

use super::{codec::SqliteRow, connect, entity::Kept as _, load};
use crate::{
    ReadError, Reader,
    shape::{Read, Shape as _, journal::Plain},
};

/// Those that refer to nothing, so that appending to them stays cheap.
const JOURNAL_TABLES: [&str; 7] = [
    "retainer_days",
    "entries",
    "account_days",
    "statement_lines",
    "client_days",
    "audit",
    "outcomes",
];

impl Reader {
    /// Shows every row of a firm to `visit`, table by table, each in primary key order, from one
    /// snapshot. Blocks the thread for as long as it takes.
    ///
    /// # Errors
    /// [`ReadError::Row`] at the first row that makes no sense; [`ReadError::Database`].
    pub fn rows(
        &self,
        firm: Id<Firm>,
        visit: &mut dyn FnMut(Stored),
    ) -> std::result::Result<(), ReadError> {
        let connection = connect::reader(self.path())?;
        let snapshot = connection.unchecked_transaction()?;
        walk(&snapshot, firm, visit)?;
        Ok(())
    }

    /// What SQLite itself finds wrong with the file and with references between rows; empty: nothing.
    /// Reads the whole file and blocks the thread.
    ///
    /// # Errors
    /// [`ReadError::Database`]
    pub fn integrity(&self) -> std::result::Result<Vec<String>, ReadError> {
        let connection = connect::reader(self.path())?;
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
        for table in JOURNAL_TABLES {
            let strays =
                format!("select count(*) from {table} where firm_id not in (select id from firms)");
            let strays: i64 = connection.query_row(&strays, [], |row| row.get(0))?;
            if strays != 0 {
                complaints
                    .push(format!("{strays} rows of {table} belong to a firm that is not there"));
            }
        }
        Ok(complaints)
    }
}

/// Shows every row in the order of [`Stored`].
fn walk(db: &Connection, firm: Id<Firm>, visit: &mut dyn FnMut(Stored)) -> Result<()> {
    each(db, firm, &load::select::<Firm>("f.id = ?1"), Stored::Firm, visit)?;
    lines(db, firm, Stored::Member, visit)?;
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            let (name, alias, columns) = ($row::TABLE.name, $row::TABLE.alias, &$row::sql().columns);
            let sql = format!(
                "select {columns} from {name} {alias} where {alias}.firm_id = ?1 order by {alias}.id"
            );
            each(db, firm, &sql, Stored::$row, visit)?;
        )+};
    }
    entities!(each_entity);
    lines(db, firm, Stored::Movement, visit)?;
    lines(db, firm, Stored::DayNet, visit)?;
    lines(db, firm, Stored::Application, visit)?;
    lines(db, firm, Stored::Entry, visit)?;
    lines(db, firm, Stored::AccountNet, visit)?;
    lines(db, firm, Stored::StatementLine, visit)?;
    lines(db, firm, Stored::ClientNet, visit)?;
    lines(db, firm, Stored::Counter, visit)?;
    lines(db, firm, Stored::Audit, visit)?;
    lines(db, firm, Stored::Outcome, visit)
}

/// Rows that are no entities.
fn lines<T: Plain>(
    db: &Connection,
    firm: Id<Firm>,
    stored: fn(T) -> Stored,
    visit: &mut dyn FnMut(Stored),
) -> Result<()> {
    let sql = load::select::<T>(&format!("{}.firm_id = ?1", T::ALIAS));
    each(db, firm, &sql, stored, visit)
}

fn each<T: Read>(
    db: &Connection,
    firm: Id<Firm>,
    sql: &str,
    stored: fn(T) -> Stored,
    visit: &mut dyn FnMut(Stored),
) -> Result<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([firm.bytes()])?;
    while let Some(row) = rows.next()? {
        visit(stored(T::read(&mut SqliteRow::of(row))?));
    }
    Ok(())
}
