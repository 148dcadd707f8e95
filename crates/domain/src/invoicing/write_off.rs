//! Write an invoice off: what is due will not come.

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
    rows::{Invoice, InvoiceStage, StatementKind},
};

use super::{shown, state_invoice};

/// Give up what is due on an invoice.
#[derive(Debug, Clone)]
pub struct WriteOffInvoice {
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// Why.
    pub reason: Option<String>,
}

impl Decide for WriteOffInvoice {
    const NAME: &'static str = "write_off_invoice";
    const ACTION: Action = Action::ManageInvoices;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses, in this order: `invoice_not_found`, `invoice_not_issued`, `nothing_due`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        if found.stage != InvoiceStage::Issued {
            return Err(Rejection::InvoiceNotIssued.into());
        }
        let due = found.due();
        if due.is_zero() {
            return Err(Rejection::NothingDue.into());
        }

        // From here on the command succeeds.
        d.post(d.today, ledger::write_off(found.id, due));
        state_invoice(d, StatementKind::WriteOff, &found, d.today, due.negated());
        let invoice = d.update(Invoice {
            stage: InvoiceStage::WrittenOff,
            written_off: due,
            reason: self.reason.clone(),
            ..Invoice::clone(&found)
        });
        shown(d, invoice)
    }
}
