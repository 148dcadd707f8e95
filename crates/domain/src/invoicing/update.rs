//! Edit a draft: only what is named changes, under the version it was read at.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    rejection::Rejection,
    reply::Shown,
    rows::{Client, Invoice, InvoiceStage},
};

use super::{bill, create::Content, shown, unbill};

/// Edit an invoice that was not sent yet.
#[derive(Debug, Clone)]
pub struct UpdateInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// Whose it is, if the caller says so: a draft keeps its client.
    pub client: Option<Ref<Client>>,
    /// What it says from now on.
    pub content: Content,
}

impl Decide for UpdateInvoice {
    const NAME: &'static str = "update_invoice";
    const ACTION: Action = Action::WriteInvoices;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
        keys.extend(self.client.clone().map(Key::Client));
        self.content.keys(keys);
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `client_not_found`, `version_conflict`,
    /// `invoice_not_draft`, `invoice_client_mismatch`, then what a new invoice refuses.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        let client = d.find_option(self.client.as_ref())?;
        d.expect_version(&*found, self.version)?;
        if found.stage != InvoiceStage::Draft {
            return Err(Rejection::InvoiceNotDraft.into());
        }
        if client.is_some_and(|client| client.id != found.client) {
            return Err(Rejection::InvoiceClientMismatch.into());
        }
        let read = self.content.over(d, Some(&found), found.currency())?;
        if self.content.lines.is_some() {
            unbill(d, &found)?;
            bill(d, found.id, found.client, &read.lines)?;
        }

        // From here on the command succeeds.
        let invoice = d.update(Invoice {
            case: read.case,
            lines: read.lines,
            vat_rate: read.vat_rate,
            discount: read.discount,
            totals: read.totals,
            issue_day: read.issue_day,
            due_day: read.due_day,
            terms: read.terms,
            notes: read.notes,
            ..Invoice::clone(&found)
        });
        shown(d, invoice)
    }
}
