//! Submit a draft for approval.

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

/// Ask somebody to approve a draft.
#[derive(Debug, Clone)]
pub struct SubmitInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
}

impl Decide for SubmitInvoice {
    const NAME: &'static str = "submit_invoice";
    const ACTION: Action = Action::WriteInvoices;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `invoice_not_draft`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        if found.stage != InvoiceStage::Draft {
            return Err(Rejection::InvoiceNotDraft.into());
        }

        // From here on the command succeeds.
        let invoice =
            d.update(Invoice { stage: InvoiceStage::PendingApproval, ..Invoice::clone(&found) });
        shown(d, invoice)
    }
}
