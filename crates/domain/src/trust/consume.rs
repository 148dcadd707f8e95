//! Consume: money that the firm has earned leaves the retainer. The report's first finding.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::{Invoice, Ref},
    ledger,
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{MovementKind, Retainer, RetainerStatus},
    time::Moment,
};

use super::{Moving, covers, effective_day, move_money, object, shown};

/// Draw on a retainer.
#[derive(Debug, Clone)]
pub struct ConsumeRetainer {
    /// The retainer.
    pub retainer: Ref<Retainer>,
    /// How much.
    pub amount: Decimal,
    /// The invoice it pays, if any.
    pub invoice: Option<Ref<Invoice>>,
    /// The day it takes effect; today when absent.
    pub date: Option<Moment>,
    /// Free text.
    pub description: Option<String>,
}

impl Decide for ConsumeRetainer {
    const NAME: &'static str = "consume_retainer";
    const ACTION: Action = Action::ConsumeRetainers;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(self.retainer.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        object(book, &self.retainer)
    }

    /// Refuses, in this order: `retainer_not_found`, `invoice_not_found`, `amount_…`,
    /// `date_in_future`, `date_too_early`, `retainer_not_active`, `insufficient_balance`, `insufficient_balance_on_date`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let retainer = d.find(&self.retainer)?;
        // Invoices are not kept yet, so no reference to one can be right.
        if self.invoice.is_some() {
            return Err(Rejection::InvoiceNotFound.into());
        }
        let amount = self.amount.positive(retainer.currency())?;
        let day = effective_day(d, &retainer, self.date)?;
        match retainer.status(d.today) {
            RetainerStatus::Active => {}
            RetainerStatus::Depleted | RetainerStatus::Refunded | RetainerStatus::Expired => {
                return Err(Rejection::RetainerNotActive.into());
            }
        }
        covers(d, &retainer, day, amount)?;

        // From here on the command succeeds.
        d.post(day, ledger::earn(retainer.id, amount));
        let moving = Moving {
            kind: MovementKind::Consumption,
            amount,
            day,
            description: self.description.clone(),
            invoice: None,
            payment: None,
        };
        let (retainer, movement) = move_money(d, Retainer::clone(&retainer), moving)?;
        shown(d, retainer, Some(movement))
    }
}
