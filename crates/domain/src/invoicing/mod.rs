//! Invoices: what clients owe. **Nothing is set against an invoice or taken off it but through
//! [`set_against`].**

pub mod apply_retainer;
pub mod approve;
pub mod create;
pub mod credit;
pub mod delete;
pub mod duplicate;
pub mod lines;
pub mod reject;
pub mod send;
pub mod submit;
#[cfg(test)]
mod tests;
pub mod update;
pub mod viewed;
pub mod void;
pub mod write_off;

use std::sync::Arc;

use crate::{
    billing::parties,
    change::{Change, Key},
    decision::{Decision, Owed, Stop},
    id::{Id, Ref},
    money::Money,
    rejection::Rejection,
    reply::Shown,
    rows::{
        AlertKind, Application, ApplicationKind, Client, Expense, Invoice, InvoiceStage, Line,
        Payment, Review, Source, StatementKind, TimeEntry,
    },
    time::{Day, Timestamp},
};

/// Something that is set against an invoice, or taken off it.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub source: Source,
    pub kind: ApplicationKind,
    /// Always positive.
    pub amount: Money,
    pub day: Day,
}

/// Sets money against `invoice` or takes it off: its sums, its journal, and when it was paid. The
/// caller has checked what is due, and posts the ledger lines.
pub(crate) fn set_against(
    d: &mut Decision<'_>,
    invoice: &Invoice,
    setting: Setting,
) -> Result<Arc<Invoice>, Stop> {
    let Setting { source, kind, amount, day } = setting;
    let mut invoice = invoice.clone();
    let sum = match source {
        Source::Payment(_) => &mut invoice.paid,
        Source::Retainer(_) => &mut invoice.retainer_applied,
    };
    *sum = match kind {
        ApplicationKind::Applied => sum.plus(amount)?,
        _ => sum.minus(amount)?,
    };
    if let (Source::Payment(payment), ApplicationKind::Applied) = (source, kind) {
        watch_payments(d, &mut invoice, payment);
    }
    invoice.applications = invoice.applications.saturating_add(1);
    d.push(Change::Application(Application {
        invoice: invoice.id,
        n: invoice.applications,
        seq: d.seq,
        source,
        kind,
        amount,
        day,
        at: d.at,
        by: d.actor.user,
    }));
    Ok(settle(d, invoice))
}

/// Two payments closer to each other than this look like one that was recorded twice.
const PAID_TWICE_MICROS: i64 = 1_000_000;

/// An alert when another payment is set against an invoice at almost the same time.
fn watch_payments(d: &mut Decision<'_>, invoice: &mut Invoice, payment: Id<Payment>) {
    let is_twice = |(last, at): (Id<Payment>, Timestamp)| {
        last != payment && d.at.micros().saturating_sub(at.micros()) <= PAID_TWICE_MICROS
    };
    if invoice.last_payment.is_some_and(is_twice) {
        d.alert(AlertKind::InvoicePaidTwice, *invoice.id.bytes());
    }
    invoice.last_payment = Some((payment, d.at));
}

/// Writes an invoice whose sums have changed: when nothing is due any more, it is paid from now on.
pub(crate) fn settle(d: &mut Decision<'_>, mut invoice: Invoice) -> Arc<Invoice> {
    invoice.paid_at = if invoice.due().is_zero() { invoice.paid_at.or(Some(d.at)) } else { None };
    d.update(invoice)
}

/// Refuses money for an invoice that is not owed, by another client, in another currency or beyond
/// what is due.
///
/// # Errors
/// [`Rejection::InvoiceClientMismatch`], [`Rejection::InvoiceNotIssued`], [`Rejection::Amount`],
/// [`Rejection::AmountExceedsDue`]
pub(crate) fn takes(invoice: &Invoice, client: Id<Client>, amount: Money) -> Result<(), Rejection> {
    if invoice.client != client {
        return Err(Rejection::InvoiceClientMismatch);
    }
    if invoice.stage != InvoiceStage::Issued {
        return Err(Rejection::InvoiceNotIssued);
    }
    invoice.due().minus(amount)?;
    if invoice.due().covers(amount) { Ok(()) } else { Err(Rejection::AmountExceedsDue) }
}

/// The answer about an invoice.
pub(crate) fn shown(d: &Decision<'_>, invoice: Arc<Invoice>) -> Result<Shown, Stop> {
    let parties = parties(d, Some(invoice.client), invoice.case)?;
    Ok(Shown::Invoice { invoice, parties, retainer: None })
}

/// Writes into the client's account that what is owed on `invoice` has changed.
pub(crate) fn state_invoice(
    d: &mut Decision<'_>,
    kind: StatementKind,
    invoice: &Invoice,
    day: Day,
    amount: Money,
) {
    let document = *invoice.id.bytes();
    d.state(invoice.client, day, Owed { kind, document, number: &invoice.number, amount });
}

/// Says that the work on these lines is billed by `invoice`.
///
/// # Errors
/// `time_entry_not_found`, `expense_not_found`, [`Rejection::NotBillable`],
/// [`Rejection::AlreadyBilled`], [`Rejection::InvoiceClientMismatch`]
pub(crate) fn bill(
    d: &mut Decision<'_>,
    invoice: Id<Invoice>,
    client: Id<Client>,
    lines: &[Line],
) -> Result<(), Stop> {
    for line in lines {
        if let Some(id) = line.time_entry {
            let entry = d.find(&Ref::Id(id))?;
            let stands = entry.review != Review::Rejected && entry.started_at.is_none();
            may_bill(entry.billable && stands, entry.invoice, entry.client, client)?;
            d.update(TimeEntry { invoice: Some(invoice), ..TimeEntry::clone(&entry) });
        }
        if let Some(id) = line.expense {
            let expense = d.find(&Ref::Id(id))?;
            let stands = expense.review != Review::Rejected;
            may_bill(expense.billable && stands, expense.invoice, expense.client, client)?;
            d.update(Expense { invoice: Some(invoice), ..Expense::clone(&expense) });
        }
    }
    Ok(())
}

fn may_bill(
    billable: bool,
    billed_by: Option<Id<Invoice>>,
    of: Option<Id<Client>>,
    client: Id<Client>,
) -> Result<(), Rejection> {
    if of.is_some_and(|of| of != client) {
        return Err(Rejection::InvoiceClientMismatch);
    }
    if !billable {
        return Err(Rejection::NotBillable);
    }
    if billed_by.is_some() { Err(Rejection::AlreadyBilled) } else { Ok(()) }
}

/// Gives the work on the invoice's lines free: it may be billed again.
pub(crate) fn unbill(d: &mut Decision<'_>, invoice: &Invoice) -> Result<(), Stop> {
    d.need(invoice.lines.iter().flat_map(|line| {
        let entry = line.time_entry.map(|id| Key::TimeEntry(Ref::Id(id)));
        entry.into_iter().chain(line.expense.map(|id| Key::Expense(Ref::Id(id))))
    }))?;
    for line in invoice.lines.iter() {
        if let Some(id) = line.time_entry {
            let entry = d.get(id)?;
            if entry.invoice == Some(invoice.id) {
                d.update(TimeEntry { invoice: None, ..TimeEntry::clone(&entry) });
            }
        }
        if let Some(id) = line.expense {
            let expense = d.get(id)?;
            if expense.invoice == Some(invoice.id) {
                d.update(Expense { invoice: None, ..Expense::clone(&expense) });
            }
        }
    }
    Ok(())
}
