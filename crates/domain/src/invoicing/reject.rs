//! Reject an invoice that waits for approval: it is a draft again.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Invoice, InvoiceStage},
};

use super::shown;

/// Send an invoice back to who wrote it.
#[derive(Debug, Clone)]
pub struct RejectInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// Why.
    pub reason: Option<String>,
}

impl Decide for RejectInvoice {
    const NAME: &'static str = "reject_invoice";
    const ACTION: Action = Action::ManageInvoices;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `invoice_not_pending_approval`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        if found.stage != InvoiceStage::PendingApproval {
            return Err(Rejection::InvoiceNotPendingApproval.into());
        }

        // From here on the command succeeds.
        let reason = self.reason.clone();
        let invoice =
            d.update(Invoice { stage: InvoiceStage::Draft, reason, ..Invoice::clone(&found) });
        shown(d, invoice)
    }
}
