//! Apply: set client credit against invoices.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    invoicing::{self, Setting},
    ledger,
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{ApplicationKind, Invoice, Payment, Source, Target},
};

use super::{NAMED_COUNT_MAX, claim, holds_money, shown};

/// Set what is left of a payment against invoices.
#[derive(Debug, Clone)]
pub struct ApplyPayment {
    /// The payment.
    pub payment: Ref<Payment>,
    /// The parts, in this order; at least one.
    pub applications: Vec<(Ref<Invoice>, Decimal)>,
}

impl Decide for ApplyPayment {
    const NAME: &'static str = "apply_payment";
    const ACTION: Action = Action::ManagePayments;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
        let named = self.applications.iter().take(NAMED_COUNT_MAX);
        keys.extend(named.map(|(invoice, _)| Key::Invoice(invoice.clone())));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `too_many_applications`,
    /// `payment_not_completed`, `not_applicable`; then of each part `invoice_not_found`, `amount_…`,
    /// `payment_insufficient`, `invoice_client_mismatch`, `invoice_not_issued`, `currency_mismatch`,
    /// `amount_exceeds_due`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let mut payment = Payment::clone(&*d.find(&self.payment)?);
        let parts = payment.claims.len().saturating_add(self.applications.len());
        if parts > NAMED_COUNT_MAX {
            return Err(Rejection::TooManyApplications.into());
        }
        let client = holds_money(&payment)?;
        let mut last = None;
        for (by, part) in &self.applications {
            let invoice = d.find(by)?;
            let amount = part.positive(payment.amount.currency())?;
            if !payment.unapplied.covers(amount) {
                return Err(Rejection::PaymentInsufficient.into());
            }
            invoicing::takes(&invoice, client, amount)?;
            payment.unapplied = payment.unapplied.minus(amount)?;
            claim(&mut payment, Target::Invoice(invoice.id), amount)?;
            d.post(d.today, ledger::apply_credit(client, invoice.id, amount));
            let (source, kind) = (Source::Payment(payment.id), ApplicationKind::Applied);
            let setting = Setting { source, kind, amount, day: d.today };
            last = Some(invoicing::set_against(d, &invoice, setting)?);
        }
        let payment = d.update(payment);
        shown(d, payment, last, None)
    }
}
