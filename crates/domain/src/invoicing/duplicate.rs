//! Draft a new invoice with the lines of an old one; the work on them is not billed again.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    reply::Shown,
    rows::{Invoice, Line},
};

use super::create::{Read, draft};

/// Draft the same once more.
#[derive(Debug, Clone)]
pub struct DuplicateInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
}

impl Decide for DuplicateInvoice {
    const NAME: &'static str = "duplicate_invoice";
    const ACTION: Action = Action::WriteInvoices;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `client_not_found` (archived).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        d.find(&Ref::Id(found.client))?;
        let lines: Vec<Line> = found
            .lines
            .iter()
            .map(|line| Line { time_entry: None, expense: None, ..line.clone() })
            .collect();

        // From here on the command succeeds.
        let read = Read {
            lines: lines.into(),
            vat_rate: found.vat_rate,
            discount: found.discount,
            totals: found.totals,
            issue_day: d.today,
            due_day: d.today.plus_days(found.terms.days()),
            terms: found.terms,
            case: found.case,
            notes: found.notes.clone(),
        };
        draft(d, found.client, read)
    }
}
