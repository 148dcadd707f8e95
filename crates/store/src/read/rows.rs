//! Everything that is stored of a firm, row by row, for those who check it against the rules.

use std::{panic::resume_unwind, sync::mpsc::sync_channel, thread};

use domain::{
    Id, entities,
    rows::{
        AccountNet, Alert, Application, AuditNode, AuditRecord, Case, Client, ClientNet, Counter,
        CreditNote, DayNet, Delivery, Entry, Expense, Firm, Invoice, Job, Member, Movement,
        Outcome, Payment, Proposal, Refund, Retainer, StatementLine, Stored, TimeEntry,
        Transaction, Webhook,
    },
};

use super::{Db, Pool, Reader, counted};
use crate::{
    ReadError,
    shape::{Read, Shape as _, journal::Plain},
};

/// Those that refer to nothing, so that appending to them stays cheap.
const JOURNAL_TABLES: [&str; 8] = [
    "retainer_days",
    "entries",
    "account_days",
    "statement_lines",
    "client_days",
    "audit",
    "audit_nodes",
    "outcomes",
];

/// Rows that wait to be visited.
const ROWS_WAITING_MAX: usize = 1_024;

impl Reader {
    /// Shows every row of a firm to `visit`, table by table, each in primary key order, from one
    /// snapshot and on a connection of its own: a running server changes nothing under it. Blocks the
    /// thread for as long as it takes.
    ///
    /// # Errors
    /// [`ReadError::Row`] at the first row that makes no sense; [`ReadError::Database`].
    pub fn rows(&self, firm: Id<Firm>, visit: &mut dyn FnMut(Stored)) -> Result<(), ReadError> {
        match &self.pool {
            Pool::Sqlite(pool) => pool.ask_alone(|db| walk(db, firm, visit)),
            Pool::Postgres(pool) => thread::scope(|scope| {
                // PostgreSQL is waited for on a thread that is no runtime's: this one may be.
                let (to, from) = sync_channel(ROWS_WAITING_MAX);
                let mut send = move |row| {
                    // Nobody listens any more when `visit` has panicked.
                    let _ = to.send(row);
                };
                let walking = scope.spawn(move || pool.ask_alone(|db| walk(db, firm, &mut send)));
                from.into_iter().for_each(visit);
                walking.join().unwrap_or_else(|panic| resume_unwind(panic))
            }),
        }
    }
}

/// Rows of journals that belong to no firm.
pub(crate) fn strays(db: &Db) -> Result<Vec<String>, ReadError> {
    let mut complaints = Vec::new();
    for table in JOURNAL_TABLES {
        let sql =
            format!("select count(*) from {table} where firm_id not in (select id from firms)");
        let count = counted(db, &sql, &[])?;
        if count != 0 {
            complaints.push(format!("{count} rows of {table} belong to a firm that is not there"));
        }
    }
    Ok(complaints)
}

/// Shows every row in the order of [`Stored`].
fn walk(db: &Db, firm: Id<Firm>, visit: &mut dyn FnMut(Stored)) -> Result<(), ReadError> {
    each(db, firm, &Firm::select("f.id = ?1"), Stored::Firm, visit)?;
    lines::<Member>(db, firm, Stored::Member, visit)?;
    macro_rules! each_entity {
        ($($row:ident, $table:ident, $absent:ident;)+) => {$(
            let (name, alias, columns) = ($row::TABLE.name, $row::TABLE.alias, $row::TABLE.selected());
            let sql = format!(
                "select {columns} from {name} {alias} where {alias}.firm_id = ?1 order by {alias}.id"
            );
            each(db, firm, &sql, Stored::$row, visit)?;
        )+};
    }
    entities!(each_entity);
    lines::<Movement>(db, firm, Stored::Movement, visit)?;
    lines::<DayNet>(db, firm, Stored::DayNet, visit)?;
    lines::<Application>(db, firm, Stored::Application, visit)?;
    lines::<Entry>(db, firm, Stored::Entry, visit)?;
    lines::<AccountNet>(db, firm, Stored::AccountNet, visit)?;
    lines::<StatementLine>(db, firm, Stored::StatementLine, visit)?;
    lines::<ClientNet>(db, firm, Stored::ClientNet, visit)?;
    lines::<Counter>(db, firm, Stored::Counter, visit)?;
    lines::<AuditRecord>(db, firm, Stored::Audit, visit)?;
    lines::<AuditNode>(db, firm, Stored::AuditNode, visit)?;
    lines::<Outcome>(db, firm, Stored::Outcome, visit)
}

/// Rows that are no entities.
fn lines<T: Plain>(
    db: &Db,
    firm: Id<Firm>,
    stored: fn(T) -> Stored,
    visit: &mut dyn FnMut(Stored),
) -> Result<(), ReadError> {
    each(db, firm, &T::select(&format!("{}.firm_id = ?1", T::ALIAS)), stored, visit)
}

fn each<T: Read>(
    db: &Db,
    firm: Id<Firm>,
    sql: &str,
    stored: fn(T) -> Stored,
    visit: &mut dyn FnMut(Stored),
) -> Result<(), ReadError> {
    db.each(sql, &[firm.into()], |row| visit(stored(row)))
}
