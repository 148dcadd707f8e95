//! Writes a batch, firm by firm, parents before children.
//!
//! Every row that changes is guarded by what it was when it was read: a guard that matches no row
//! means that somebody else was first, and the whole batch is given up. Where one list of parameters
//! serves a table's insert and its update, the last one is the guard, `null` for a row that must be new.

use std::fmt::Display;

use domain::{
    Id,
    change::{CounterWrite, FirmBatch, Write},
    entities,
    rows::{BatchId, Firm, Member},
};
use rusqlite::{Connection, params};

use super::{append, entity};

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
    head(connection, &batch.firm, batch.base)?;
    members(connection, firm, &batch.members)?;
    macro_rules! write_entities {
        ($($row:ident, $table:ident, $absent:ident;)+) => {
            $(entity::write(connection, firm, &batch.$table)?;)+
        };
    }
    entities!(write_entities);
    counters(connection, firm, &batch.counters)?;
    append::movements(connection, firm, &batch.movements)?;
    append::day_nets(connection, firm, &batch.day_nets)?;
    append::applications(connection, firm, &batch.applications)?;
    append::entries(connection, firm, &batch.entries)?;
    append::account_nets(connection, firm, &batch.account_nets)?;
    append::statement_lines(connection, firm, &batch.statement_lines)?;
    append::client_nets(connection, firm, &batch.client_nets)?;
    append::audit(connection, firm, &batch.audit)?;
    append::outcomes(connection, firm, &batch.outcomes)
}

/// One row must have been touched.
fn guarded(changed: usize, table: &str, key: impl Display) -> Written {
    if changed == 1 {
        Ok(())
    } else {
        Err(Failure::Conflict(format!("{table} {key} is not as it was read")))
    }
}

fn head(connection: &Connection, firm: &Firm, base: Option<BatchId>) -> Written {
    const INSERT: &str = "insert into firms
             (id, name, currency, zone, seq, audit_count, audit_head, last_batch, last_at)
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
             where ?10 is null on conflict do nothing";
    const UPDATE: &str =
        "update firms set name = ?2, currency = ?3, zone = ?4, seq = ?5, audit_count = ?6,
             audit_head = ?7, last_batch = ?8, last_at = ?9
             where id = ?1 and last_batch = ?10";
    // Only a zone by name follows its country's changes.
    let unnamed = || rusqlite::Error::ToSqlConversionFailure("the firm's zone has no name".into());
    let sql = if base.is_none() { INSERT } else { UPDATE };
    let changed = connection.prepare_cached(sql)?.execute(params![
        firm.id.bytes(),
        firm.name,
        firm.currency.code(),
        firm.zone.iana_name().ok_or_else(unnamed)?,
        firm.seq,
        firm.audit_count,
        firm.audit_head,
        firm.last_batch.0,
        firm.last_at.micros(),
        base.map(|batch| batch.0),
    ])?;
    guarded(changed, "firm", firm.id)
}

fn members(connection: &Connection, firm: &Id<Firm>, writes: &[Write<Member>]) -> Written {
    const INSERT: &str =
        "insert into members (firm_id, user_id, role, active, version, created_at, updated_at)
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7
             where ?8 is null on conflict do nothing";
    const UPDATE: &str = "update members set role = ?3, active = ?4, version = ?5, updated_at = ?7
             where firm_id = ?1 and user_id = ?2 and version = ?8";
    for Write { row, base } in writes {
        let sql = if base.is_none() { INSERT } else { UPDATE };
        let changed = connection.prepare_cached(sql)?.execute(params![
            firm.bytes(),
            row.user.bytes(),
            row.role.name(),
            row.active,
            row.version,
            row.created_at.micros(),
            row.updated_at.micros(),
            base,
        ])?;
        guarded(changed, "member", row.user)?;
    }
    Ok(())
}

fn counters(connection: &Connection, firm: &Id<Firm>, writes: &[CounterWrite]) -> Written {
    const INSERT: &str = "insert into counters (firm_id, series, period, taken)
             select ?1, ?2, ?3, ?4
             where ?5 = 0 on conflict do nothing";
    const UPDATE: &str = "update counters set taken = ?4
             where firm_id = ?1 and series = ?2 and period = ?3 and taken = ?5";
    for CounterWrite { counter, base } in writes {
        let sql = if *base == 0 { INSERT } else { UPDATE };
        let changed = connection.prepare_cached(sql)?.execute(params![
            firm.bytes(),
            counter.series.prefix(),
            counter.period,
            counter.taken,
            base,
        ])?;
        guarded(changed, "counter", counter.series.prefix())?;
    }
    Ok(())
}
