//! The hot half of a batch: rows that are only ever added. Each table's statement is prepared once a
//! batch and run once a row; a row is bound by reference and written at the end of its table.

use std::sync::Arc;

use domain::{
    Id,
    rows::{
        AccountNet, Application, AuditRecord, ClientNet, DayNet, Entry, Firm, Movement, Outcome,
        Source, StatementLine,
    },
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
        "insert into entries (firm_id, seq, line, debit, debit_of, credit, credit_of, currency, amount, day,
             reverses)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for Entry { seq, line, posting, day, reverses } in entries {
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
            reverses,
        ])?;
    }
    Ok(())
}

pub(super) fn account_nets(
    connection: &Connection,
    firm: &Id<Firm>,
    nets: &[AccountNet],
) -> Written {
    let mut add = connection.prepare_cached(
        "insert into account_days (firm_id, account, currency, day, debit, credit)
         values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (firm_id, account, currency, day)
         do update set debit = debit + excluded.debit, credit = credit + excluded.credit",
    )?;
    for net in nets {
        add.execute(params![
            firm.bytes(),
            net.account.code(),
            net.currency.code(),
            net.day.days(),
            net.debit_minor,
            net.credit_minor,
        ])?;
    }
    Ok(())
}

pub(super) fn applications(
    connection: &Connection,
    firm: &Id<Firm>,
    lines: &[Application],
) -> Written {
    let mut insert = connection.prepare_cached(
        "insert into applications (firm_id, invoice_id, n, seq, payment_id, retainer_id, kind, currency, amount,
             day, at, user_id)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for line in lines {
        let (payment, retainer) = match &line.source {
            Source::Payment(payment) => (Some(payment.bytes()), None),
            Source::Retainer(retainer) => (None, Some(retainer.bytes())),
        };
        insert.execute(params![
            firm.bytes(),
            line.invoice.bytes(),
            line.n,
            line.seq,
            payment,
            retainer,
            line.kind.name(),
            line.amount.currency().code(),
            line.amount.minor(),
            line.day.days(),
            line.at.micros(),
            line.by.bytes(),
        ])?;
    }
    Ok(())
}

pub(super) fn statement_lines(
    connection: &Connection,
    firm: &Id<Firm>,
    lines: &[StatementLine],
) -> Written {
    let mut insert = connection.prepare_cached(
        "insert into statement_lines (firm_id, client_id, day, seq, line, kind, document_id, number, currency,
             amount)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for line in lines {
        insert.execute(params![
            firm.bytes(),
            line.client.bytes(),
            line.day.days(),
            line.seq,
            line.line,
            line.kind.name(),
            line.document,
            line.number,
            line.amount.currency().code(),
            line.amount.minor(),
        ])?;
    }
    Ok(())
}

pub(super) fn client_nets(connection: &Connection, firm: &Id<Firm>, nets: &[ClientNet]) -> Written {
    let mut add = connection.prepare_cached(
        "insert into client_days (firm_id, client_id, currency, day, net) values (?1, ?2, ?3, ?4, ?5)
         on conflict (firm_id, client_id, currency, day) do update set net = net + excluded.net",
    )?;
    for net in nets {
        add.execute(params![
            firm.bytes(),
            net.client.bytes(),
            net.currency.code(),
            net.day.days(),
            net.net_minor,
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
