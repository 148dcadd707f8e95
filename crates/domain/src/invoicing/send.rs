//! Send an invoice: from now on the client owes it.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger,
    rejection::Rejection,
    reply::Shown,
    rows::{Invoice, InvoiceStage, Issued, StatementKind},
};

use super::{shown, state_invoice};

/// Send a draft, or an approved invoice.
#[derive(Debug, Clone)]
pub struct SendInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
}

impl Decide for SendInvoice {
    const NAME: &'static str = "send_invoice";
    const ACTION: Action = Action::WriteInvoices;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `invoice_not_draft`, `client_not_found` (archived).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        if !matches!(found.stage, InvoiceStage::Draft | InvoiceStage::Approved) {
            return Err(Rejection::InvoiceNotDraft.into());
        }
        // Nobody starts to owe after having been archived.
        d.find(&Ref::Id(found.client))?;

        // From here on the command succeeds.
        let (total, vat, day) = (found.totals.total, found.totals.vat, found.issue_day);
        d.post(day, ledger::issue(found.id, total.minus(vat)?, vat));
        state_invoice(d, StatementKind::Invoice, &found, day, total);
        let invoice = d.update(Invoice {
            stage: InvoiceStage::Issued,
            issued: Some(Issued { seq: d.seq, at: d.at }),
            ..Invoice::clone(&found)
        });
        shown(d, invoice)
    }
}
