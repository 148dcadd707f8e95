//! Say that the client has seen an invoice; the first time counts.

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

/// Mark an invoice as seen.
#[derive(Debug, Clone)]
pub struct ViewInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
}

impl Decide for ViewInvoice {
    const NAME: &'static str = "view_invoice";
    const ACTION: Action = Action::ReadInvoices;
    const OWN: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `invoice_not_issued`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        let client = d.get(found.client)?;
        d.owns(&client, Rejection::InvoiceNotFound)?;
        if found.stage != InvoiceStage::Issued {
            // To the client there is no such invoice before it was sent.
            d.owns_all(Rejection::InvoiceNotFound)?;
            return Err(Rejection::InvoiceNotIssued.into());
        }

        // From here on the command succeeds.
        let viewed_at = found.viewed_at.or(Some(d.at));
        let invoice = d.update(Invoice { viewed_at, ..Invoice::clone(&found) });
        shown(d, invoice)
    }
}
