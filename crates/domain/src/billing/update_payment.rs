//! Edit a payment that has not arrived: only what is named changes.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{Case, Invoice, Overpayment, Payment, PaymentMethod, Retainer},
    time::Moment,
};

use super::{
    is_open,
    record_payment::{PaymentDetails, may_pay, wanted},
    shown,
};
use crate::trust::past_day;

/// Edit an expected payment.
#[derive(Debug, Clone, Default)]
pub struct PaymentEdit {
    /// How much.
    pub amount: Option<Decimal>,
    /// How.
    pub method: Option<PaymentMethod>,
    /// The invoice it pays.
    pub invoice: Option<Ref<Invoice>>,
    /// The retainer it goes to.
    pub retainer: Option<Ref<Retainer>>,
    /// The parts to set against invoices.
    pub applications: Option<Vec<(Ref<Invoice>, Decimal)>>,
    /// The matter.
    pub case: Option<Ref<Case>>,
    /// What to do with what its invoices don't take.
    pub overpayment: Option<Overpayment>,
    /// Everything else that is known.
    pub details: PaymentDetails,
    /// The day it was made.
    pub date: Option<Moment>,
}

/// See [`PaymentEdit`].
#[derive(Debug, Clone)]
pub struct UpdatePayment {
    /// The payment.
    pub payment: Ref<Payment>,
    /// The version the caller read; without one the edit lies over whatever stands.
    pub version: Option<i64>,
    /// What changes.
    pub edit: PaymentEdit,
}

impl Decide for UpdatePayment {
    const NAME: &'static str = "update_payment";
    const ACTION: Action = Action::ManagePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Payment(self.payment.clone()));
        let edit = &self.edit;
        keys.extend(edit.invoice.clone().map(Key::Invoice));
        keys.extend(edit.retainer.clone().map(Key::Retainer));
        keys.extend(edit.case.clone().map(Key::Case));
        let applications = edit.applications.iter().flatten();
        keys.extend(applications.map(|(invoice, _)| Key::Invoice(invoice.clone())));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.payment)
    }

    /// Refuses, in this order: `payment_not_found`, `version_conflict`, `payment_settled`,
    /// `invoice_not_found`, `retainer_not_found`, `case_not_found`, `not_applicable`,
    /// `invoice_client_mismatch`, `retainer_client_mismatch`, `amount_…`, `date_in_future`,
    /// `invoice_not_issued`, `too_many_applications`, `payment_insufficient`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.payment)?;
        d.expect_version(&*found, self.version)?;
        is_open(&found)?;
        let edit = &self.edit;
        let invoice = d.find_option(edit.invoice.as_ref())?;
        let retainer = d.find_option(edit.retainer.as_ref())?;
        let case = d.find_option(edit.case.as_ref())?;
        let names_target = invoice.is_some() || retainer.is_some() || edit.applications.is_some();
        if names_target && !found.kind.is_from_client() {
            return Err(Rejection::NotApplicable.into());
        }
        if invoice.as_ref().is_some_and(|invoice| Some(invoice.client) != found.client) {
            return Err(Rejection::InvoiceClientMismatch.into());
        }
        if retainer.as_ref().is_some_and(|retainer| Some(retainer.client) != found.client) {
            return Err(Rejection::RetainerClientMismatch.into());
        }
        let currency = found.amount.currency();
        let mut payment = Payment::clone(&found);
        if let Some(amount) = edit.amount {
            payment.amount = amount.positive(currency)?;
        }
        payment.day = edit.date.map_or(Ok(found.day), |date| past_day(d, Some(date)))?;
        if let Some(invoice) = &invoice {
            may_pay(invoice)?;
            invoice.totals.total.plus(payment.amount)?;
            payment.invoice = Some(invoice.id);
        }
        if let Some(retainer) = &retainer {
            retainer.balance.plus(payment.amount)?;
            payment.retainer = Some(retainer.id);
        }
        if let Some(applications) = &edit.applications {
            payment.wanted = wanted(d, payment.client, applications, payment.amount)?;
        }
        let mut named = payment.wanted.iter().map(|(_, part)| *part);
        if !payment.amount.covers(named.try_fold(found.unapplied, |sum, part| sum.plus(part))?) {
            return Err(Rejection::PaymentInsufficient.into());
        }

        // From here on the command succeeds.
        if payment.retainer != found.retainer {
            super::stop_waiting(d, &found)?;
        }
        payment.method = edit.method.unwrap_or(found.method);
        payment.case = case.map(|case| case.id).or(found.case);
        payment.overpayment = edit.overpayment.unwrap_or(found.overpayment);
        edit.details.onto(d, &mut payment);
        let payment = d.update(payment);
        shown(d, payment, None, None)
    }
}
