//! Record a payment, and complete it in the same commit when it has already been received.

use crate::{
    actor::{Action, Reach},
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Id, Ref},
    invoicing,
    money::{Currency, Decimal, Money},
    rejection::Rejection,
    reply::Shown,
    rows::{
        Case, Check, CheckState, Client, Invoice, InvoiceStage, Overpayment, Payment,
        PaymentMethod, PaymentType, Retainer,
    },
    time::Moment,
};

use super::{NAMED_COUNT_MAX, complete_payment::complete, new_payment, shown};
use crate::trust::past_day;

/// Money that a client pays or has paid.
#[derive(Debug, Clone)]
pub struct RecordPayment {
    /// Who pays; needed for all money that is a client's, unless an invoice or retainer tells.
    pub client: Option<Ref<Client>>,
    /// How much.
    pub amount: Decimal,
    /// When absent that of the invoice or retainer, else the firm's.
    pub currency: Option<Currency>,
    /// How.
    pub method: PaymentMethod,
    /// What for.
    pub kind: Option<PaymentType>,
    /// The retainer it goes to.
    pub retainer: Option<Ref<Retainer>>,
    /// The invoice it pays.
    pub invoice: Option<Ref<Invoice>>,
    /// The parts to set against invoices, in this order; then `invoice` is only named.
    pub applications: Vec<(Ref<Invoice>, Decimal)>,
    /// The matter.
    pub case: Option<Ref<Case>>,
    /// Whether it has been received.
    pub receipt: Receipt,
    /// What to do with what its invoices don't take.
    pub overpayment: Overpayment,
    /// Everything else that is known.
    pub details: PaymentDetails,
    /// The day it was made; today when absent.
    pub date: Option<Moment>,
}

/// Whether a payment that is recorded has been received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is expected.
    Expected,
    /// It is here.
    Received,
    /// It is here, for one invoice, and beyond what that is due it is refused.
    ForInvoiceOnly,
}

/// What is written down about a payment and decides nothing.
#[derive(Debug, Clone, Default)]
pub struct PaymentDetails {
    /// The gateway it came through.
    pub gateway: Option<String>,
    /// The payer's or gateway's own reference.
    pub reference: Option<String>,
    /// The number of the cheque.
    pub check_number: Option<String>,
    /// The drawer's bank.
    pub check_bank: Option<String>,
    /// The date on the cheque.
    pub check_date: Option<Moment>,
    /// Card, fees and bank details: one JSON object, never read.
    pub details: Option<String>,
    /// Free text.
    pub notes: Option<String>,
}

impl PaymentDetails {
    /// These details laid over those of `payment`.
    pub(super) fn onto(&self, d: &Decision<'_>, payment: &mut Payment) {
        let over = |new: &Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        over(&self.gateway, &mut payment.gateway);
        over(&self.reference, &mut payment.reference);
        over(&self.details, &mut payment.details);
        over(&self.notes, &mut payment.notes);
        if payment.method == PaymentMethod::Check {
            let mut check = payment.check.take().unwrap_or(Check {
                state: CheckState::Received,
                number: None,
                bank: None,
                day: None,
            });
            over(&self.check_number, &mut check.number);
            over(&self.check_bank, &mut check.bank);
            let zone = &d.book.firm.zone;
            check.day = self.check_date.map(|date| date.day_in(zone)).or(check.day);
            payment.check = Some(check);
        } else {
            payment.check = None;
        }
    }
}

impl Decide for RecordPayment {
    const NAME: &'static str = "record_payment";
    const ACTION: Action = Action::TakePayments;
    const OWN: bool = true;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.extend(self.client.clone().map(Key::Client));
        keys.extend(self.retainer.clone().map(Key::Retainer));
        keys.extend(self.invoice.clone().map(Key::Invoice));
        keys.extend(self.case.clone().map(Key::Case));
        keys.extend(self.applications.iter().map(|(invoice, _)| Key::Invoice(invoice.clone())));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `client_not_found`, `invoice_not_found`, `retainer_not_found`,
    /// `case_not_found`, `too_many_applications`, `not_applicable`, `portal_payment_pending`,
    /// `invoice_client_mismatch`, `retainer_client_mismatch`, `amount_…`, `date_in_future`,
    /// `invoice_not_issued`, `payment_insufficient`; when it has been received, `overpayment` and, for
    /// one invoice only, `amount_exceeds_due`. Money that has arrived is else never refused.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let client = d.find_option(self.client.as_ref())?;
        let invoice = d.find_option(self.invoice.as_ref())?;
        let retainer = d.find_option(self.retainer.as_ref())?;
        let case = d.find_option(self.case.as_ref())?;
        let kind = self.kind.unwrap_or(if retainer.is_some() && invoice.is_none() {
            PaymentType::Retainer
        } else {
            PaymentType::CustomerPayment
        });
        let of_invoice = invoice.as_ref().map(|invoice| invoice.client);
        let payer = client.as_ref().map(|client| client.id);
        let payer = payer.or(of_invoice).or(retainer.as_ref().map(|retainer| retainer.client));
        self.check_kind(kind, payer)?;
        if let Some(payer) = payer {
            // Also one that only an invoice or a retainer names: nobody pays after having been archived.
            d.find(&Ref::Id(payer))?;
        }
        self.check_portal(d, payer)?;
        if invoice.as_ref().is_some_and(|invoice| Some(invoice.client) != payer) {
            return Err(Rejection::InvoiceClientMismatch.into());
        }
        if retainer.as_ref().is_some_and(|retainer| Some(retainer.client) != payer) {
            return Err(Rejection::RetainerClientMismatch.into());
        }
        let named = invoice.as_ref().map(|invoice| invoice.currency());
        let named = named.or(retainer.as_ref().map(|retainer| retainer.currency()));
        let currency = self.currency.or(named).unwrap_or(d.book.firm.currency);
        let amount = self.amount.positive(currency)?;
        let day = past_day(d, self.date)?;
        if let Some(retainer) = &retainer {
            retainer.balance.plus(amount)?;
        }
        if let Some(invoice) = &invoice {
            may_pay(invoice)?;
            invoice.totals.total.plus(amount)?;
        }
        let wanted = wanted(d, payer, &self.applications, amount)?;
        let mut payment = new_payment(d, amount, self.method)?;
        payment.client = payer;
        payment.kind = kind;
        payment.invoice = invoice.as_ref().map(|invoice| invoice.id);
        payment.retainer = retainer.as_ref().map(|retainer| retainer.id);
        payment.case = case.map(|case| case.id).or(invoice.as_ref().and_then(|row| row.case));
        payment.wanted = wanted;
        let names_nothing =
            self.kind.is_none() && invoice.is_none() && self.applications.is_empty();
        payment.fills_retainer =
            names_nothing || matches!(payment.kind, PaymentType::Retainer | PaymentType::Advance);
        payment.overpayment = self.overpayment;
        payment.day = day;
        self.details.onto(d, &mut payment);
        let payment = d.insert(payment);
        if self.receipt == Receipt::ForInvoiceOnly {
            let invoice = invoice.ok_or(Rejection::InvoiceNotFound)?;
            invoicing::takes(&invoice, invoice.client, amount)?;
        }
        // A cheque in hand is not money yet.
        if self.receipt == Receipt::Expected || payment.check.is_some() {
            return shown(d, payment, None, retainer);
        }
        complete(d, &payment, day)
    }
}

impl RecordPayment {
    /// Money that is a client's names the client; other money names no invoice and no retainer.
    fn check_kind(&self, kind: PaymentType, payer: Option<Id<Client>>) -> Result<(), Rejection> {
        let names_target =
            self.invoice.is_some() || self.retainer.is_some() || !self.applications.is_empty();
        match (kind.is_from_client(), payer) {
            (true, None) => Err(Rejection::ClientNotFound),
            (false, _) if names_target => Err(Rejection::NotApplicable),
            _ => Ok(()),
        }
    }

    /// A portal login announces what it will pay, for itself.
    fn check_portal(&self, d: &Decision<'_>, payer: Option<Id<Client>>) -> Result<(), Stop> {
        if d.reach == Reach::Firm {
            return Ok(());
        }
        let payer = payer.ok_or(Rejection::ClientNotFound)?;
        d.owns(&*d.get(payer)?, Rejection::ClientNotFound)?;
        if self.receipt == Receipt::Expected {
            Ok(())
        } else {
            Err(Rejection::PortalPaymentPending.into())
        }
    }
}

/// Refuses to name an invoice that nobody owes.
pub(super) fn may_pay(invoice: &Invoice) -> Result<(), Rejection> {
    if invoice.stage == InvoiceStage::Issued { Ok(()) } else { Err(Rejection::InvoiceNotIssued) }
}

/// What a payment is to be set against: invoices of its client, no more than it holds.
pub(super) fn wanted(
    d: &Decision<'_>,
    payer: Option<Id<Client>>,
    applications: &[(Ref<Invoice>, Decimal)],
    amount: Money,
) -> Result<Vec<(Id<Invoice>, Money)>, Stop> {
    if applications.len() > NAMED_COUNT_MAX {
        return Err(Rejection::TooManyApplications.into());
    }
    let mut left = amount;
    let mut wanted: Vec<(Id<Invoice>, Money)> = Vec::with_capacity(applications.len());
    for (by, part) in applications {
        let invoice = d.find(by)?;
        if Some(invoice.client) != payer {
            return Err(Rejection::InvoiceClientMismatch.into());
        }
        may_pay(&invoice)?;
        let part = part.positive(amount.currency())?;
        invoice.totals.total.plus(part)?;
        if !left.covers(part) {
            return Err(Rejection::PaymentInsufficient.into());
        }
        left = left.minus(part)?;
        match wanted.iter_mut().find(|(id, _)| *id == invoice.id) {
            Some((_, sum)) => *sum = sum.plus(part)?,
            None => wanted.push((invoice.id, part)),
        }
    }
    Ok(wanted)
}
