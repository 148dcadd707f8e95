//! Writes a batch, firm by firm, parents before children.
//!
//! Every row that changes is guarded by what it was when it was read: a guard that matches no row
//! means that somebody else was first, and the whole batch is given up.

use domain::{
    Id,
    change::{CounterWrite, FirmBatch, Write},
    entities,
    rows::{
        AccountNet, Application, AuditNode, AuditRecord, ClientNet, DayNet, Entry, Firm, Movement,
        Outcome, StatementLine,
    },
};
use rusqlite::{Connection, ToSql};

use super::{append, codec::Binding, entity, erase};
use crate::shape::append::Guarded;

/// Why a batch was not written.
#[derive(Debug)]
pub(super) enum Failure {
    /// A guard did not hold.
    Conflict(String),
    /// SQLite said no, or could not.
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

pub(super) type Written = Result<(), Failure>;

/// Writes everything of one firm, inside the open transaction.
pub(super) fn firm_batch(connection: &Connection, batch: &FirmBatch) -> Written {
    let firm = &batch.firm.id;
    guarded(connection, firm, &batch.firm, batch.base.map(|batch| batch.0))?;
    for Write { row, base } in &batch.members {
        guarded(connection, firm, &**row, *base)?;
    }
    macro_rules! write_entities {
        ($($row:ident, $table:ident, $absent:ident;)+) => {
            $(entity::write(connection, firm, &batch.$table)?;)+
        };
    }
    entities!(write_entities);
    for CounterWrite { counter, base } in &batch.counters {
        guarded(connection, firm, counter, (*base != 0).then_some(*base))?;
    }
    append::lines::<Movement>(connection, firm, &batch.movements)?;
    append::lines::<DayNet>(connection, firm, &batch.day_nets)?;
    append::lines::<Application>(connection, firm, &batch.applications)?;
    append::lines::<Entry>(connection, firm, &batch.entries)?;
    append::lines::<AccountNet>(connection, firm, &batch.account_nets)?;
    append::lines::<StatementLine>(connection, firm, &batch.statement_lines)?;
    append::lines::<ClientNet>(connection, firm, &batch.client_nets)?;
    append::lines::<AuditRecord>(connection, firm, &batch.audit)?;
    append::lines::<AuditNode>(connection, firm, &batch.audit_nodes)?;
    append::lines::<Outcome>(connection, firm, &batch.outcomes)?;
    batch.erasures.iter().try_for_each(|erasure| erase::erase(connection, firm, erasure))
}

/// Writes a row that must be new, or else as it was read.
fn guarded<T: Guarded>(
    connection: &Connection,
    firm: &Id<Firm>,
    row: &T,
    base: Option<impl ToSql>,
) -> Written {
    let place = |n| format!("?{n}");
    let sql = if base.is_none() { T::insert(place) } else { T::update(place) };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut binding = Binding::of(&mut statement);
    if T::IS_OF_FIRM {
        binding.put(firm.bytes());
    }
    row.values(&mut binding);
    if let Some(base) = base {
        binding.put(base);
    }
    if binding.execute()? == 1 {
        Ok(())
    } else {
        Err(Failure::Conflict(format!("{}: a row is not as it was read", T::TABLE)))
    }
}
