//! Pay an invoice out of the client's retainer: the invoice's view of a consumption.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    money::Decimal,
    reply::Shown,
    rows::{Invoice, Retainer},
    trust::consume::ConsumeRetainer,
};

use super::shown;
use crate::billing::parties;

/// Draw on a retainer for an invoice.
#[derive(Debug, Clone)]
pub struct ApplyRetainer {
    /// The invoice.
    pub invoice: Ref<Invoice>,
    /// The retainer.
    pub retainer: Ref<Retainer>,
    /// How much.
    pub amount: Decimal,
}

impl Decide for ApplyRetainer {
    const NAME: &'static str = "apply_retainer";
    const ACTION: Action = Action::ConsumeRetainers;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Invoice(self.invoice.clone()));
        keys.push(Key::Retainer(self.retainer.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.invoice)
    }

    /// Refuses `invoice_not_found`, then what a consumption for an invoice refuses.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.invoice)?;
        let consume = ConsumeRetainer {
            retainer: self.retainer.clone(),
            amount: self.amount,
            invoice: Some(Ref::Id(found.id)),
            date: None,
            description: None,
        };
        let consumed = consume.decide(d)?;
        let invoice = d.get(found.id)?;
        let Shown::Retainer { retainer, movement: Some(movement), .. } = consumed else {
            return shown(d, invoice);
        };
        let parties = parties(d, Some(invoice.client), invoice.case)?;
        Ok(Shown::Invoice { invoice, parties, retainer: Some((retainer, movement)) })
    }
}
