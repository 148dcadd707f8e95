//! The hot half of a batch: rows that are only ever added. Each table's statement is prepared once a
//! batch and run once a row; a row is bound by reference and written at the end of its table.

use std::sync::Arc;

use domain::{
    Id,
    rows::{AuditRecord, DayNet, Entry, Firm, Movement, Outcome},
};
use rusqlite::{Connection, params};

use super::{codec::bytes, write::Written};

pub(super) fn movements(
    connection: &Connection,
    firm: &Id<Firm>,
    movements: &[Arc<Movement>],
) -> Written {
    let mut insert = connection.prepare_cached(
        "insert into movements (firm_id, retainer_id, n, id, seq, kind, currency, amount, balance_after, day, at,
             description, invoice_id, payment_id, user_id)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    for movement in movements {
        insert.execute(params![
            firm.bytes(),
            movement.retainer.bytes(),
            movement.n,
            movement.id.bytes(),
            movement.seq,
            movement.kind.name(),
            movement.amount.currency().code(),
            movement.amount.minor(),
            movement.balance_after.minor(),
            movement.day.days(),
            movement.at.micros(),
            movement.description,
            bytes(movement.invoice.as_ref()),
            bytes(movement.payment.as_ref()),
            movement.by.bytes(),
        ])?;
    }
    Ok(())
}

pub(super) fn day_nets(connection: &Connection, firm: &Id<Firm>, nets: &[DayNet]) -> Written {
    let mut add = connection.prepare_cached(
        "insert into retainer_days (firm_id, retainer_id, day, net) values (?1, ?2, ?3, ?4)
         on conflict (firm_id, retainer_id, day) do update set net = net + excluded.net",
    )?;
    for net in nets {
        add.execute(params![firm.bytes(), net.retainer.bytes(), net.day.days(), net.net_minor])?;
    }
    Ok(())
}

pub(super) fn entries(connection: &Connection, firm: &Id<Firm>, entries: &[Entry]) -> Written {
    let mut insert = connection.prepare_cached(
        "insert into entries (firm_id, seq, line, debit, debit_of, credit, credit_of, currency, amount, day)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for Entry { seq, line, posting, day } in entries {
        insert.execute(params![
            firm.bytes(),
            seq,
            line,
            posting.debit.account.code(),
            posting.debit.of,
            posting.credit.account.code(),
            posting.credit.of,
            posting.amount.currency().code(),
            posting.amount.minor(),
            day.days(),
        ])?;
    }
    Ok(())
}

pub(super) fn audit(connection: &Connection, firm: &Id<Firm>, records: &[AuditRecord]) -> Written {
    let mut insert = connection.prepare_cached(
        "insert into audit (firm_id, n, seq, at, user_id, role, command, outcome, object, origin, request_id,
             fingerprint, kept, hash)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for record in records {
        insert.execute(params![
            firm.bytes(),
            record.n,
            record.seq,
            record.at.micros(),
            record.user.bytes(),
            record.role.name(),
            record.command,
            record.outcome,
            record.object,
            record.origin,
            record.request_id,
            record.fingerprint,
            record.kept,
            record.hash,
        ])?;
    }
    Ok(())
}

pub(super) fn outcomes(
    connection: &Connection,
    firm: &Id<Firm>,
    outcomes: &[Arc<Outcome>],
) -> Written {
    let mut insert = connection.prepare_cached(
        "insert into outcomes (firm_id, user_id, key, fingerprint, audit_n, at, answer)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for outcome in outcomes {
        insert.execute(params![
            firm.bytes(),
            outcome.user.bytes(),
            outcome.key,
            outcome.fingerprint,
            outcome.audit_n,
            outcome.at.micros(),
            outcome.answer,
        ])?;
    }
    Ok(())
}
