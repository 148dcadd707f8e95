//! Entities by their shape: found, inserted and updated, whatever they are.

use std::sync::LazyLock;

use domain::{
    Id, Ref,
    change::Write,
    entities,
    rows::{
        Alert, Case, Client, CreditNote, Delivery, Expense, Firm, Invoice, Job, Payment, Proposal,
        Refund, Retainer, TimeEntry, Transaction, Webhook,
    },
};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Result};

use super::{
    codec::{Binding, SqliteRow},
    write::{Failure, Written},
};
use crate::shape::{Read, Shape, Table};

/// The statements of a table, put together once.
pub(super) struct Sql {
    insert: String,
    update: String,
    update_deleted: String,
    by_id: String,
    by_number: String,
}

impl Sql {
    fn of(table: &Table) -> Self {
        let place = |n: usize| format!("?{n}");
        let (columns, alias, name) = (table.selected(), table.alias, table.name);
        let by = |column: &str| {
            format!(
                "select {columns} from {name} {alias} \
                 where {alias}.firm_id = ?1 and {alias}.{column} = ?2"
            )
        };
        Self {
            insert: table.insert(place),
            update: table.update(place),
            update_deleted: table.update_deleted(place),
            by_id: by("id"),
            by_number: by("number"),
        }
    }
}

/// An entity that SQLite keeps.
pub(super) trait Kept: Shape {
    /// Its statements.
    fn sql() -> &'static Sql;
}

macro_rules! kept {
    ($($row:ident, $table:ident, $absent:ident;)+) => {$(
        impl Kept for $row {
            fn sql() -> &'static Sql {
                static SQL: LazyLock<Sql> = LazyLock::new(|| Sql::of(&$row::TABLE));
                &SQL
            }
        }
    )+};
}
entities!(kept);

/// The row that `by` names.
pub(super) fn find<E: Kept>(
    connection: &Connection,
    firm: Id<Firm>,
    by: &Ref<E>,
) -> Result<Option<E>> {
    let sql = E::sql();
    match by {
        Ref::Id(id) => one(connection, &sql.by_id, (firm.bytes(), id.bytes())),
        Ref::Number(_) if !E::TABLE.is_numbered() => Ok(None),
        Ref::Number(number) => one(connection, &sql.by_number, (firm.bytes(), number)),
    }
}

/// A query, prepared once a connection.
fn prepared<'c>(connection: &'c Connection, sql: &str) -> Result<CachedStatement<'c>> {
    #[cfg(test)]
    crate::read::tests::asked(sql);
    connection.prepare_cached(sql)
}

/// The first row of a query.
pub(crate) fn one<T: Read>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<T>> {
    let mut statement = prepared(connection, sql)?;
    statement.query_row(params, |row| T::read(&mut SqliteRow::of(row))).optional()
}

/// Shows every row of a query to `visit`, and keeps none.
pub(crate) fn each<T: Read>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut visit: impl FnMut(T),
) -> Result<()> {
    let mut statement = prepared(connection, sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        visit(T::read(&mut SqliteRow::of(row))?);
    }
    Ok(())
}

/// Every row of a query.
pub(super) fn all<T: Read>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<T>> {
    let mut statement = prepared(connection, sql)?;
    let rows = statement.query_map(params, |row| T::read(&mut SqliteRow::of(row)))?;
    rows.collect()
}

/// Writes each row: a new one must not be there yet, another must still have the version that was read.
pub(super) fn write<E: Kept>(
    connection: &Connection,
    firm: &Id<Firm>,
    writes: &[Write<E>],
) -> Written {
    let sql = E::sql();
    for Write { row, base } in writes {
        let text = match base {
            None => &sql.insert,
            Some(_) if row.is_deleted() => &sql.update_deleted,
            Some(_) => &sql.update,
        };
        let mut statement = connection.prepare_cached(text)?;
        let mut binding = Binding::of(&mut statement);
        binding.put(firm.bytes());
        if let Some(version) = base {
            binding.put(row.key().bytes());
            binding.put(version);
        } else {
            row.fixed(&mut binding);
        }
        row.changing(&mut binding);
        if binding.execute()? != 1 {
            let (table, id) = (E::TABLE.name, row.key());
            return Err(Failure::Conflict(format!("{table}: {id} is not as it was read")));
        }
    }
    Ok(())
}
