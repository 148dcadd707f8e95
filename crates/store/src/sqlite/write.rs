//! Writes a batch, firm by firm, parents before children.
//!
//! Every row that changes is guarded by what it was when it was read: a guard that matches no row
//! means that somebody else was first, and the whole batch is given up. One list of parameters serves
//! a table's insert and its update; the last one is the guard, `null` for a row that must be new.

use std::fmt::Display;

use domain::{
    Day, Id,
    change::{CounterWrite, FirmBatch, Write},
    rows::{Alert, BatchId, Client, Firm, Member, Payment, Retainer},
};
use rusqlite::{Connection, params};

use super::{append, codec::bytes};

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
    clients(connection, firm, &batch.clients)?;
    retainers(connection, firm, &batch.retainers)?;
    payments(connection, firm, &batch.payments)?;
    counters(connection, firm, &batch.counters)?;
    append::movements(connection, firm, &batch.movements)?;
    append::day_nets(connection, firm, &batch.day_nets)?;
    append::entries(connection, firm, &batch.entries)?;
    alerts(connection, firm, &batch.alerts)?;
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

fn clients(connection: &Connection, firm: &Id<Firm>, writes: &[Write<Client>]) -> Written {
    const INSERT: &str = "insert into clients
             (firm_id, id, number, kind, full_name, first_name, last_name, company_name, email, phone,
             national_id, registration_number, city, address, notes, user_id, created_by, version,
             created_at, updated_at)
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
             ?20
             where ?21 is null";
    const UPDATE: &str = "update clients set
             kind = ?4, full_name = ?5, first_name = ?6, last_name = ?7, company_name = ?8,
             email = ?9, phone = ?10, national_id = ?11, registration_number = ?12, city = ?13,
             address = ?14, notes = ?15, user_id = ?16, version = ?18, updated_at = ?20
             where firm_id = ?1 and id = ?2 and version = ?21";
    for Write { row, base } in writes {
        let sql = if base.is_none() { INSERT } else { UPDATE };
        let changed = connection.prepare_cached(sql)?.execute(params![
            firm.bytes(),
            row.id.bytes(),
            row.number,
            row.kind.name(),
            row.profile.full_name,
            row.profile.first_name,
            row.profile.last_name,
            row.profile.company_name,
            row.profile.email,
            row.profile.phone,
            row.profile.national_id,
            row.profile.registration_number,
            row.profile.city,
            row.profile.address,
            row.profile.notes,
            bytes(row.user.as_ref()),
            row.created_by.bytes(),
            row.version,
            row.created_at.micros(),
            row.updated_at.micros(),
            base,
        ])?;
        guarded(changed, "client", row.id)?;
    }
    Ok(())
}

fn retainers(connection: &Connection, firm: &Id<Firm>, writes: &[Write<Retainer>]) -> Written {
    const INSERT: &str = "insert into retainers
             (firm_id, id, number, client_id, kind, currency, minimum_balance, start_day, end_day,
             replenish_threshold, replenish_amount, case_id, agreement_url, agreement_day, notes,
             initial_amount, balance, deposits, consumptions, refunds, movements, latest_day,
             low_balance_alerted, replenish_request, refunded, created_by, version, created_at,
             updated_at)
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
             ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29
             where ?30 is null";
    const UPDATE: &str = "update retainers set
             kind = ?5, minimum_balance = ?7, start_day = ?8, end_day = ?9,
             replenish_threshold = ?10, replenish_amount = ?11, case_id = ?12,
             agreement_url = ?13, agreement_day = ?14, notes = ?15, balance = ?17, deposits = ?18,
             consumptions = ?19, refunds = ?20, movements = ?21, latest_day = ?22,
             low_balance_alerted = ?23, replenish_request = ?24, refunded = ?25, version = ?27,
             updated_at = ?29
             where firm_id = ?1 and id = ?2 and version = ?30";
    for Write { row, base } in writes {
        let sql = if base.is_none() { INSERT } else { UPDATE };
        let changed = connection.prepare_cached(sql)?.execute(params![
            firm.bytes(),
            row.id.bytes(),
            row.number,
            row.client.bytes(),
            row.terms.kind.name(),
            row.currency().code(),
            row.terms.minimum_balance.minor(),
            row.terms.start.days(),
            row.terms.end.map(Day::days),
            row.terms.auto_replenish.map(|ask| ask.threshold.minor()),
            row.terms.auto_replenish.map(|ask| ask.amount.minor()),
            bytes(row.terms.case.as_ref()),
            row.terms.agreement_url,
            row.terms.agreement_signed.map(Day::days),
            row.terms.notes,
            row.initial_amount.minor(),
            row.balance.minor(),
            row.deposits.minor(),
            row.consumptions.minor(),
            row.refunds.minor(),
            row.movements,
            row.latest_day.days(),
            row.low_balance_alerted,
            bytes(row.replenish_request.as_ref()),
            row.refunded,
            row.created_by.bytes(),
            row.version,
            row.created_at.micros(),
            row.updated_at.micros(),
            base,
        ])?;
        guarded(changed, "retainer", row.id)?;
    }
    Ok(())
}

fn payments(connection: &Connection, firm: &Id<Firm>, writes: &[Write<Payment>]) -> Written {
    const INSERT: &str = "insert into payments
             (firm_id, id, number, client_id, kind, method, status, currency, amount, unapplied, deposited,
             retainer_id, reference, notes, day, created_by, version, created_at, updated_at)
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19
             where ?20 is null";
    const UPDATE: &str = "update payments set
             kind = ?5, method = ?6, status = ?7, amount = ?9, unapplied = ?10, deposited = ?11,
             retainer_id = ?12, reference = ?13, notes = ?14, day = ?15, version = ?17,
             updated_at = ?19
             where firm_id = ?1 and id = ?2 and version = ?20";
    for Write { row, base } in writes {
        let sql = if base.is_none() { INSERT } else { UPDATE };
        let changed = connection.prepare_cached(sql)?.execute(params![
            firm.bytes(),
            row.id.bytes(),
            row.number,
            row.client.bytes(),
            row.kind.name(),
            row.method.name(),
            row.status.name(),
            row.amount.currency().code(),
            row.amount.minor(),
            row.unapplied.minor(),
            row.deposited.minor(),
            bytes(row.retainer.as_ref()),
            row.reference,
            row.notes,
            row.day.days(),
            row.created_by.bytes(),
            row.version,
            row.created_at.micros(),
            row.updated_at.micros(),
            base,
        ])?;
        guarded(changed, "payment", row.id)?;
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

fn alerts(connection: &Connection, firm: &Id<Firm>, alerts: &[Alert]) -> Written {
    for alert in alerts {
        let sql = "insert into alerts (firm_id, id, kind, retainer_id, seq, at) values (?1, ?2, ?3, ?4, ?5, ?6)";
        connection.prepare_cached(sql)?.execute(params![
            firm.bytes(),
            alert.id.bytes(),
            alert.kind.name(),
            alert.retainer.bytes(),
            alert.seq,
            alert.at.micros(),
        ])?;
    }
    Ok(())
}
