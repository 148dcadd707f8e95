//! Record a payment, and complete it in the same commit when it has already been received.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Invoice, Ref},
    money::{Currency, Decimal, Money},
    number::Series,
    rejection::Rejection,
    reply::Shown,
    rows::{Client, Payment, PaymentMethod, PaymentStatus, PaymentType, Retainer},
    time::Moment,
};

use super::complete_payment::complete;
use crate::trust::past_day;

/// Money that a client pays or has paid.
#[derive(Debug, Clone)]
pub struct RecordPayment {
    /// Who pays.
    pub client: Ref<Client>,
    /// How much.
    pub amount: Decimal,
    /// The firm's currency when absent.
    pub currency: Option<Currency>,
    /// How.
    pub method: PaymentMethod,
    /// What for.
    pub kind: PaymentType,
    /// The retainer it goes to, for the types that go to one.
    pub retainer: Option<Ref<Retainer>>,
    /// The invoice it pays.
    pub invoice: Option<Ref<Invoice>>,
    /// `Completed`: already received.
    pub status: PaymentStatus,
    /// The payer's or gateway's own reference.
    pub reference: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// The day it was made; today when absent.
    pub date: Option<Moment>,
}

impl Decide for RecordPayment {
    const NAME: &'static str = "record_payment";
    const ACTION: Action = Action::TakePayments;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Client(self.client.clone()));
        keys.extend(self.retainer.clone().map(Key::Retainer));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `client_not_found`, `invoice_not_found`, `amount_…`, `date_in_future`,
    /// `retainer_required`, `retainer_not_found`, `retainer_client_mismatch`, `currency_mismatch`.
    /// Completing at once refuses nothing more.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let client = d.find(&self.client)?;
        // Invoices are not kept yet, so no reference to one can be right.
        if self.invoice.is_some() {
            return Err(Rejection::InvoiceNotFound.into());
        }
        let amount = self.amount.positive(self.currency.unwrap_or(d.book.firm.currency))?;
        let day = past_day(d, self.date)?;
        let for_retainer = matches!(self.kind, PaymentType::Retainer | PaymentType::Advance);
        if for_retainer && self.retainer.is_none() {
            return Err(Rejection::RetainerRequired.into());
        }
        let retainer = self.retainer.as_ref().map(|by| d.find(by)).transpose()?;
        if let Some(retainer) = &retainer {
            if retainer.client != client.id {
                return Err(Rejection::RetainerClientMismatch.into());
            }
            retainer.balance.plus(amount)?;
        }
        let number = d.take_number(Series::Payment)?;
        let payment = Payment {
            id: d.id(),
            number,
            client: client.id,
            kind: self.kind,
            method: self.method,
            status: PaymentStatus::Pending,
            amount,
            unapplied: Money::zero(amount.currency()),
            deposited: Money::zero(amount.currency()),
            retainer: retainer.as_ref().map(|retainer| retainer.id),
            reference: self.reference.clone(),
            notes: self.notes.clone(),
            day,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        let payment = d.insert(payment);
        match self.status {
            PaymentStatus::Pending => Ok(Shown::Payment { payment, client, retainer }),
            PaymentStatus::Completed => complete(d, &payment, day),
        }
    }
}
