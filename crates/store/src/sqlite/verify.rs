//! Everything that is stored of a firm, row by row, for those who check it against the rules.
//!
//! On a connection of its own and from one snapshot, so that a running server changes nothing under
//! it. While it lasts the write-ahead log can't be reset: it grows with what the server writes.

use domain::{
    Id,
    rows::{Firm, Stored},
};
use rusqlite::{Connection, Result};

use super::{codec::Columns, connect, rows};
use crate::{ReadError, Reader};

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
        // The journal's own tables refer to nothing, so that appending to them stays cheap.
        for table in ["entries", "audit", "outcomes", "retainer_days", "alerts"] {
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

fn walk(snapshot: &Connection, firm: Id<Firm>, visit: &mut dyn FnMut(Stored)) -> Result<()> {
    let mut table = |columns: &str, rest: &str, decode: fn(&mut Columns<'_>) -> Result<Stored>| {
        let mut statement = snapshot.prepare(&format!("select {columns} from {rest}"))?;
        let mut rows = statement.query([firm.bytes()])?;
        while let Some(row) = rows.next()? {
            visit(decode(&mut Columns::of(row))?);
        }
        Ok::<(), rusqlite::Error>(())
    };
    table(rows::FIRM, "firms f where f.id = ?1", |row| rows::firm(row).map(Stored::Firm))?;
    table(rows::MEMBER, "members m where m.firm_id = ?1 order by m.user_id", |row| {
        rows::member(row).map(Stored::Member)
    })?;
    table(rows::CLIENT, "clients c where c.firm_id = ?1 order by c.id", |row| {
        rows::client(row).map(Stored::Client)
    })?;
    table(rows::RETAINER, "retainers r where r.firm_id = ?1 order by r.id", |row| {
        rows::retainer(row).map(Stored::Retainer)
    })?;
    table(rows::MOVEMENT, "movements j where j.firm_id = ?1 order by j.retainer_id, j.n", |row| {
        rows::movement(row).map(Stored::Movement)
    })?;
    table(
        rows::DAY_NET,
        "retainer_days d where d.firm_id = ?1 order by d.retainer_id, d.day",
        |row| rows::day_net(row).map(Stored::DayNet),
    )?;
    table(rows::ENTRY, "entries e where e.firm_id = ?1 order by e.seq, e.line", |row| {
        rows::entry(row).map(Stored::Entry)
    })?;
    table(rows::PAYMENT, "payments p where p.firm_id = ?1 order by p.id", |row| {
        rows::payment(row).map(Stored::Payment)
    })?;
    table(rows::COUNTER, "counters n where n.firm_id = ?1 order by n.series, n.period", |row| {
        rows::counter(row).map(Stored::Counter)
    })?;
    table(rows::ALERT, "alerts a where a.firm_id = ?1 order by a.id", |row| {
        rows::alert(row).map(Stored::Alert)
    })?;
    table(rows::AUDIT, "audit a where a.firm_id = ?1 order by a.n", |row| {
        rows::audit(row).map(Stored::Audit)
    })?;
    table(rows::OUTCOME, "outcomes o where o.firm_id = ?1 order by o.user_id, o.key", |row| {
        rows::outcome(row).map(Stored::Outcome)
    })
}
