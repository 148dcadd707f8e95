//! Each row's columns and its decoder, side by side; whoever reads a row reads it through these.
//!
//! A decoder takes the columns in the order of the list above it. Lists carry the table's alias.

use std::borrow::Cow;

use domain::{
    Role,
    ledger::{Account, Posting, Side},
    number::Series,
    rows::{
        Alert, AlertKind, AuditRecord, AutoReplenish, BatchId, Client, ClientProfile, ClientType,
        Counter, DayNet, Entry, Firm, Member, Movement, MovementKind, Outcome, Payment,
        PaymentMethod, PaymentStatus, PaymentType, Retainer, RetainerTerms, RetainerType,
    },
};
use jiff::tz::TimeZone;
use rusqlite::Result;

use super::codec::Columns;

pub(super) const FIRM: &str =
    "f.id, f.name, f.currency, f.zone, f.seq, f.audit_count, f.audit_head, f.last_batch, f.last_at";

pub(super) fn firm(row: &mut Columns<'_>) -> Result<Firm> {
    Ok(Firm {
        id: row.id()?,
        name: row.get()?,
        currency: row.currency()?,
        zone: row.name(|name| TimeZone::get(name).ok())?,
        seq: row.get()?,
        audit_count: row.get()?,
        audit_head: row.get()?,
        last_batch: BatchId(row.get()?),
        last_at: row.at()?,
    })
}

pub(super) const MEMBER: &str =
    "m.user_id, m.role, m.active, m.version, m.created_at, m.updated_at";

pub(super) fn member(row: &mut Columns<'_>) -> Result<Member> {
    Ok(Member {
        user: row.id()?,
        role: row.name(Role::from_name)?,
        active: row.get()?,
        version: row.get()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    })
}

pub(super) const CLIENT: &str = "c.id, c.number, c.kind, c.full_name, c.first_name, c.last_name, c.company_name, \
     c.email, c.phone, c.national_id, c.registration_number, c.city, c.address, c.notes, c.user_id, c.created_by, \
     c.version, c.created_at, c.updated_at";

pub(super) fn client(row: &mut Columns<'_>) -> Result<Client> {
    Ok(Client {
        id: row.id()?,
        number: row.get()?,
        kind: row.name(ClientType::from_name)?,
        profile: ClientProfile {
            full_name: row.get()?,
            first_name: row.get()?,
            last_name: row.get()?,
            company_name: row.get()?,
            email: row.get()?,
            phone: row.get()?,
            national_id: row.get()?,
            registration_number: row.get()?,
            city: row.get()?,
            address: row.get()?,
            notes: row.get()?,
        },
        user: row.id_option()?,
        created_by: row.id()?,
        version: row.get()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    })
}

pub(super) const RETAINER: &str = "r.currency, r.id, r.number, r.client_id, r.kind, r.minimum_balance, r.start_day, \
     r.end_day, r.replenish_threshold, r.replenish_amount, r.case_id, r.agreement_url, r.agreement_day, r.notes, \
     r.initial_amount, r.balance, r.deposits, r.consumptions, r.refunds, r.movements, r.latest_day, \
     r.low_balance_alerted, r.replenish_request, r.refunded, r.created_by, r.version, r.created_at, r.updated_at";

pub(super) fn retainer(row: &mut Columns<'_>) -> Result<Retainer> {
    let currency = row.currency()?;
    Ok(Retainer {
        id: row.id()?,
        number: row.get()?,
        client: row.id()?,
        terms: RetainerTerms {
            kind: row.name(RetainerType::from_name)?,
            minimum_balance: row.money(currency)?,
            start: row.day()?,
            end: row.day_option()?,
            auto_replenish: {
                let (threshold, amount) =
                    (row.money_option(currency)?, row.money_option(currency)?);
                threshold.zip(amount).map(|(threshold, amount)| AutoReplenish { threshold, amount })
            },
            case: row.id_option()?,
            agreement_url: row.get()?,
            agreement_signed: row.day_option()?,
            notes: row.get()?,
        },
        initial_amount: row.money(currency)?,
        balance: row.money(currency)?,
        deposits: row.money(currency)?,
        consumptions: row.money(currency)?,
        refunds: row.money(currency)?,
        movements: row.get()?,
        latest_day: row.day()?,
        low_balance_alerted: row.get()?,
        replenish_request: row.id_option()?,
        refunded: row.get()?,
        created_by: row.id()?,
        version: row.get()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    })
}

pub(super) const MOVEMENT: &str = "j.currency, j.id, j.retainer_id, j.n, j.seq, j.kind, j.amount, j.balance_after, \
     j.day, j.at, j.description, j.invoice_id, j.payment_id, j.user_id";

pub(super) fn movement(row: &mut Columns<'_>) -> Result<Movement> {
    let currency = row.currency()?;
    Ok(Movement {
        id: row.id()?,
        retainer: row.id()?,
        n: row.get()?,
        seq: row.get()?,
        kind: row.name(MovementKind::from_name)?,
        amount: row.money(currency)?,
        balance_after: row.money(currency)?,
        day: row.day()?,
        at: row.at()?,
        description: row.get()?,
        invoice: row.id_option()?,
        payment: row.id_option()?,
        by: row.id()?,
    })
}

pub(super) const DAY_NET: &str = "d.retainer_id, d.day, d.net";

pub(super) fn day_net(row: &mut Columns<'_>) -> Result<DayNet> {
    Ok(DayNet { retainer: row.id()?, day: row.day()?, net_minor: row.get()? })
}

pub(super) const ENTRY: &str =
    "e.currency, e.seq, e.line, e.debit, e.debit_of, e.credit, e.credit_of, e.amount, e.day";

pub(super) fn entry(row: &mut Columns<'_>) -> Result<Entry> {
    let currency = row.currency()?;
    Ok(Entry {
        seq: row.get()?,
        line: row.get()?,
        posting: Posting {
            debit: Side { account: row.code(Account::from_code)?, of: row.get()? },
            credit: Side { account: row.code(Account::from_code)?, of: row.get()? },
            amount: row.money(currency)?,
        },
        day: row.day()?,
    })
}

pub(super) const PAYMENT: &str = "p.currency, p.id, p.number, p.client_id, p.kind, p.method, p.status, p.amount, \
     p.unapplied, p.deposited, p.retainer_id, p.reference, p.notes, p.day, p.created_by, p.version, p.created_at, \
     p.updated_at";

pub(super) fn payment(row: &mut Columns<'_>) -> Result<Payment> {
    let currency = row.currency()?;
    Ok(Payment {
        id: row.id()?,
        number: row.get()?,
        client: row.id()?,
        kind: row.name(PaymentType::from_name)?,
        method: row.name(PaymentMethod::from_name)?,
        status: row.name(PaymentStatus::from_name)?,
        amount: row.money(currency)?,
        unapplied: row.money(currency)?,
        deposited: row.money(currency)?,
        retainer: row.id_option()?,
        reference: row.get()?,
        notes: row.get()?,
        day: row.day()?,
        created_by: row.id()?,
        version: row.get()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    })
}

pub(super) const COUNTER: &str = "n.series, n.period, n.taken";

pub(super) fn counter(row: &mut Columns<'_>) -> Result<Counter> {
    Ok(Counter { series: row.name(Series::from_prefix)?, period: row.get()?, taken: row.get()? })
}

pub(super) const ALERT: &str = "a.id, a.kind, a.retainer_id, a.seq, a.at";

pub(super) fn alert(row: &mut Columns<'_>) -> Result<Alert> {
    Ok(Alert {
        id: row.id()?,
        kind: row.name(AlertKind::from_name)?,
        retainer: row.id()?,
        seq: row.get()?,
        at: row.at()?,
    })
}

pub(super) const AUDIT: &str = "a.n, a.seq, a.at, a.user_id, a.role, a.command, a.outcome, a.object, a.origin, \
     a.request_id, a.fingerprint, a.kept, a.hash";

pub(super) fn audit(row: &mut Columns<'_>) -> Result<AuditRecord> {
    Ok(AuditRecord {
        n: row.get()?,
        seq: row.get()?,
        at: row.at()?,
        user: row.id()?,
        role: row.name(Role::from_name)?,
        command: row.get().map(Cow::Owned)?,
        outcome: row.get().map(Cow::Owned)?,
        object: row.get()?,
        origin: row.get()?,
        request_id: row.get()?,
        fingerprint: row.get()?,
        kept: row.get()?,
        hash: row.get()?,
    })
}

pub(super) const OUTCOME: &str = "o.user_id, o.key, o.fingerprint, o.audit_n, o.at, o.answer";

pub(super) fn outcome(row: &mut Columns<'_>) -> Result<Outcome> {
    Ok(Outcome {
        user: row.id()?,
        key: row.get()?,
        fingerprint: row.get()?,
        audit_n: row.get()?,
        at: row.at()?,
        answer: row.get()?,
    })
}
