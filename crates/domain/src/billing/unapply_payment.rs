//! Unapply: take what a payment has on an invoice off it again; it is client credit.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    invoicing::{self, Setting},
    ledger::{self, Posting},
    rejection::Rejection,
    reply::Shown,
    rows::{ApplicationKind, Invoice, InvoiceStage, Payment, Source, Target},
};

use super::{disclaim, holds_money, shown};

/// Take a payment off an invoice.
#[derive(Debug, Clone)]
pub struct UnapplyPayment {
    /// The payment.
    pub payment: Ref<Payment>,
    /// The invoice.
    pub invoice: Ref<Invoice>,
}

impl Decide for UnapplyPayment {
    const NAME: &'static str = "unapply_payment";
    const ACTION: Action = Action::ManagePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
        keys.push(Key::Invoice(self.invoice.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `invoice_not_found`, `payment_not_completed`,
    /// `not_applicable`, `not_applied`, `invoice_not_issued` (it was written off).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let mut payment = Payment::clone(&*d.find(&self.payment)?);
        let invoice = d.find(&self.invoice)?;
        let client = holds_money(&payment)?;
        let whole = payment.amount;
        let amount = disclaim(&mut payment, Target::Invoice(invoice.id), whole)?;
        if amount.is_zero() {
            return Err(Rejection::NotApplied.into());
        }
        if invoice.stage != InvoiceStage::Issued {
            return Err(Rejection::InvoiceNotIssued.into());
        }

        // From here on the command succeeds.
        payment.unapplied = payment.unapplied.plus(amount)?;
        let seq = payment.arrived.map(|arrived| arrived.seq);
        let back = ledger::apply_credit(client, invoice.id, amount).map(Posting::reversed);
        d.reverse(seq, d.today, back);
        let (source, kind) = (Source::Payment(payment.id), ApplicationKind::Unapplied);
        let setting = Setting { source, kind, amount, day: d.today };
        let invoice = invoicing::set_against(d, &invoice, setting)?;
        let payment = d.update(payment);
        shown(d, payment, Some(invoice), None)
    }
}
