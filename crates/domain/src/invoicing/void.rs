//! Void an invoice that nothing was set against: the sale is taken back whole.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger::{self, Posting},
    rejection::Rejection,
    reply::Shown,
    rows::{Invoice, InvoiceStage, StatementKind},
};

use super::{shown, state_invoice, unbill};

/// Take an unpaid invoice back.
#[derive(Debug, Clone)]
pub struct VoidInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// Why.
    pub reason: Option<String>,
}

impl Decide for VoidInvoice {
    const NAME: &'static str = "void_invoice";
    const ACTION: Action = Action::ManageInvoices;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `invoice_not_issued`,
    /// `invoice_has_payments`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        let issued = found.issued.filter(|_| found.stage == InvoiceStage::Issued);
        let issued = issued.ok_or(Rejection::InvoiceNotIssued)?;
        // A credit note has its own number and stands: what is left goes by another one.
        if found.has_payments() || !found.credited.is_zero() {
            return Err(Rejection::InvoiceHasPayments.into());
        }
        unbill(d, &found)?;

        // From here on the command succeeds.
        let (total, vat, day) = (found.totals.total, found.totals.vat, d.today);
        let postings = ledger::issue(found.id, total.minus(vat)?, vat).map(Posting::reversed);
        d.reverse(Some(issued.seq), day, postings);
        state_invoice(d, StatementKind::Void, &found, day, total.negated());
        let reason = self.reason.clone();
        let invoice =
            d.update(Invoice { stage: InvoiceStage::Void, reason, ..Invoice::clone(&found) });
        shown(d, invoice)
    }
}
