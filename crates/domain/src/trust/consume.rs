//! Consume: money that the firm has earned leaves the retainer. The report's first finding.

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
    rows::{
        ApplicationKind, Invoice, MovementKind, Retainer, RetainerStatus, Source, StatementKind,
    },
    time::Moment,
};

use super::{Moving, covers, effective_day, move_money, shown};

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
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(self.retainer.clone()));
        keys.extend(self.invoice.clone().map(Key::Invoice));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.retainer)
    }

    /// Refuses, in this order: `retainer_not_found`, `invoice_not_found`, `amount_…`,
    /// `date_in_future`, `date_too_early`, `retainer_not_active`, `invoice_client_mismatch`,
    /// `invoice_not_issued`, `currency_mismatch`, `amount_exceeds_due`, `insufficient_balance`,
    /// `insufficient_balance_on_date`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let retainer = d.find(&self.retainer)?;
        let invoice = d.find_option(self.invoice.as_ref())?;
        let amount = self.amount.positive(retainer.currency())?;
        let day = effective_day(d, &retainer, self.date)?;
        if retainer.status(d.today) != RetainerStatus::Active {
            return Err(Rejection::RetainerNotActive.into());
        }
        if let Some(invoice) = &invoice {
            invoicing::takes(invoice, retainer.client, amount)?;
        }
        covers(d, &retainer, day, amount)?;

        // From here on the command succeeds.
        let invoice = match invoice {
            None => {
                d.post(day, ledger::earn(retainer.id, amount));
                None
            }
            Some(invoice) => {
                d.post(day, ledger::apply_trust(retainer.id, invoice.id, amount));
                let kind = StatementKind::RetainerApplied;
                invoicing::state_invoice(d, kind, &invoice, day, amount.negated());
                let source = Source::Retainer(retainer.id);
                let setting = Setting { source, kind: ApplicationKind::Applied, amount, day };
                Some(invoicing::set_against(d, &invoice, setting)?)
            }
        };
        let moving = Moving {
            kind: MovementKind::Consumption,
            amount,
            day,
            description: self.description.clone(),
            invoice: invoice.as_ref().map(|invoice| invoice.id),
            payment: None,
        };
        let (retainer, movement) = move_money(d, Retainer::clone(&retainer), moving)?;
        let mut answer = shown(d, retainer, Some(movement))?;
        if let Shown::Retainer { invoice: paid, .. } = &mut answer {
            *paid = invoice;
        }
        Ok(answer)
    }
}
