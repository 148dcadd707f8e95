//! Delete a draft: it keeps its number and is cancelled for good.

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

use super::unbill;

/// Throw a draft away.
#[derive(Debug, Clone)]
pub struct DeleteInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
}

impl Decide for DeleteInvoice {
    const NAME: &'static str = "delete_invoice";
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
        if found.issued.is_some() {
            return Err(Rejection::InvoiceNotDraft.into());
        }
        unbill(d, &found)?;

        // From here on the command succeeds.
        let stage = InvoiceStage::Cancelled;
        let invoice = d.update(Invoice { stage, deleted: true, ..Invoice::clone(&found) });
        Ok(Shown::Deleted(vec![*invoice.id.bytes()]))
    }
}
