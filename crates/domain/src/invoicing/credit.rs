//! Credit an invoice: a credit note takes back part or all of it, however much of it was paid. What is
//! then paid too much is set free, newest first: as client credit, or back into the retainer it came from.

use std::sync::Arc;

use crate::{
    actor::Action,
    billing::{self, parties},
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Owed, Stop},
    id::{Id, Ref},
    ledger::{self, Posting},
    money::{Decimal, Money},
    number::Series,
    rejection::Rejection,
    reply::Shown,
    rows::{
        Application, ApplicationKind, CreditNote, Invoice, InvoiceStage, MovementKind, Payment,
        Retainer, RetainerStatus, Source, StatementKind, Target,
    },
    trust::{self, Moving, move_money},
};

use super::{Setting, set_against, settle, unbill};

/// Take back part of an invoice.
#[derive(Debug, Clone)]
pub struct CreditInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// How much, VAT included; all that was not credited yet when absent.
    pub amount: Option<Decimal>,
    /// Why.
    pub reason: Option<String>,
}

impl Decide for CreditInvoice {
    const NAME: &'static str = "credit_invoice";
    const ACTION: Action = Action::ManageInvoices;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `amount_…`, `invoice_not_issued`,
    /// `credit_exceeds_invoice`; `retainer_not_active` when trust money would have to go back into a
    /// retainer that takes none.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        let asked = self.amount.map(|amount| amount.positive(found.currency())).transpose()?;
        if found.stage != InvoiceStage::Issued {
            return Err(Rejection::InvoiceNotIssued.into());
        }
        let creditable = found.totals.total.minus(found.credited)?;
        let amount = asked.unwrap_or(creditable);
        if amount.is_zero() || !creditable.covers(amount) {
            return Err(Rejection::CreditExceedsInvoice.into());
        }
        let surplus = amount.minus(amount.at_most(found.due())?)?;
        let invoice = release(d, found, surplus)?;
        let number = d.take_number(Series::CreditNote)?;

        // From here on the command succeeds.
        let credited = invoice.credited.plus(amount)?;
        // Worked out on the sum of all notes, so that the last one leaves no cent of VAT behind.
        let vat_credited =
            invoice.totals.vat.part_of(credited.minor(), invoice.totals.total.minor())?;
        let vat = vat_credited.minus(invoice.vat_credited)?;
        let note = write_note(d, &invoice, number, amount, vat, self.reason.clone());
        let seq = invoice.issued.map(|issued| issued.seq);
        let postings = ledger::issue(invoice.id, amount.minus(vat)?, vat).map(Posting::reversed);
        d.reverse(seq, d.today, postings);
        let owed = Owed {
            kind: StatementKind::CreditNote,
            document: *note.id.bytes(),
            number: &note.number,
            amount: amount.negated(),
        };
        d.state(invoice.client, d.today, owed);
        let invoice = Invoice { credited, vat_credited, ..Invoice::clone(&invoice) };
        if credited == invoice.totals.total {
            unbill(d, &invoice)?;
        }
        let invoice = settle(d, invoice);
        let parties = parties(d, Some(invoice.client), invoice.case)?;
        Ok(Shown::CreditNote { note, invoice, parties })
    }
}

fn write_note(
    d: &mut Decision<'_>,
    invoice: &Invoice,
    number: String,
    amount: Money,
    vat: Money,
    reason: Option<String>,
) -> Arc<CreditNote> {
    let note = CreditNote {
        id: d.id(),
        number,
        invoice: invoice.id,
        client: invoice.client,
        amount,
        vat,
        reason,
        day: d.today,
        created_by: d.actor.user,
        version: 0,
        created_at: d.at,
        updated_at: d.at,
    };
    d.insert(note)
}

/// Sets `surplus` of what was set against the invoice free again, newest first.
fn release(
    d: &mut Decision<'_>,
    invoice: Arc<Invoice>,
    surplus: Money,
) -> Result<Arc<Invoice>, Stop> {
    if surplus.is_zero() {
        return Ok(invoice);
    }
    let key = Key::Applications(invoice.id);
    let lines = d.book.applications(invoice.id).ok_or_else(|| Stop::missing(key))?;
    let standing = standing(lines);
    d.need(standing.iter().map(|(source, _)| match *source {
        Source::Payment(id) => Key::Payment(Ref::Id(id)),
        Source::Retainer(id) => Key::Retainer(Ref::Id(id)),
    }))?;
    let (mut left, mut invoice) = (surplus, invoice);
    for (source, there) in standing {
        if left.is_zero() {
            break;
        }
        let amount = Money::from_minor(there, surplus.currency()).at_most(left)?;
        left = left.minus(amount)?;
        match source {
            Source::Payment(payment) => to_credit(d, &invoice, payment, amount)?,
            Source::Retainer(retainer) => to_trust(d, &invoice, retainer, amount)?,
        }
        let setting = Setting { source, kind: ApplicationKind::Released, amount, day: d.today };
        invoice = set_against(d, &invoice, setting)?;
    }
    Ok(invoice)
}

/// What still stands of each source, the one used last first.
fn standing(lines: &[Application]) -> Vec<(Source, i64)> {
    let mut sums: Vec<(Source, i64)> = Vec::new();
    for line in lines {
        let earlier = sums.iter().position(|(source, _)| *source == line.source);
        let (source, sum) = earlier.map_or((line.source, 0), |at| sums.remove(at));
        sums.push((source, sum.saturating_add(line.signed_minor())));
    }
    sums.retain(|(_, sum)| *sum > 0);
    sums.reverse();
    sums
}

fn to_credit(
    d: &mut Decision<'_>,
    invoice: &Invoice,
    payment: Id<Payment>,
    amount: Money,
) -> Result<(), Stop> {
    let mut payment = Payment::clone(&*d.get(payment)?);
    billing::disclaim(&mut payment, Target::Invoice(invoice.id), amount)?;
    payment.unapplied = payment.unapplied.plus(amount)?;
    let seq = payment.arrived.map(|arrived| arrived.seq);
    d.update(payment);
    let back = ledger::apply_credit(invoice.client, invoice.id, amount).map(Posting::reversed);
    d.reverse(seq, d.today, back);
    Ok(())
}

fn to_trust(
    d: &mut Decision<'_>,
    invoice: &Invoice,
    retainer: Id<Retainer>,
    amount: Money,
) -> Result<(), Stop> {
    let retainer = d.get(retainer)?;
    if !matches!(retainer.status(d.today), RetainerStatus::Active | RetainerStatus::Depleted) {
        return Err(Rejection::RetainerNotActive.into());
    }
    trust::takes(&retainer, amount)?;
    let back = ledger::apply_trust(retainer.id, invoice.id, amount).map(Posting::reversed);
    d.reverse(None, d.today, back);
    // The client owes the invoice again, until the credit note takes it off.
    super::state_invoice(d, StatementKind::RetainerApplied, invoice, d.today, amount);
    let moving = Moving {
        kind: MovementKind::Deposit,
        amount,
        day: d.today,
        description: Some(invoice.number.clone()),
        invoice: Some(invoice.id),
        payment: None,
    };
    move_money(d, Retainer::clone(&retainer), moving)?;
    Ok(())
}
