//! Refund: what is left on a retainer goes back to the client; refunded to zero, it is closed for good.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger,
    money::Decimal,
    rejection::Rejection,
    reply::Shown,
    rows::{MovementKind, Retainer},
};

use super::{Moving, covers, move_money, shown};

/// Return money from a retainer.
#[derive(Debug, Clone)]
pub struct RefundRetainer {
    /// The retainer.
    pub retainer: Ref<Retainer>,
    /// How much; the whole balance when absent.
    pub amount: Option<Decimal>,
    /// Why; kept as the movement's description.
    pub reason: Option<String>,
}

impl Decide for RefundRetainer {
    const NAME: &'static str = "refund_retainer";
    const ACTION: Action = Action::ManageRetainers;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(self.retainer.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.retainer)
    }

    /// Refuses, in this order: `retainer_not_found`, `amount_…`, `already_refunded`,
    /// `nothing_to_refund`, `insufficient_balance`. An expired retainer is refunded like any other.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let found = d.find(&self.retainer)?;
        let asked = self.amount.map(|amount| amount.positive(found.currency())).transpose()?;
        if found.refunded {
            return Err(Rejection::AlreadyRefunded.into());
        }
        if found.balance.is_zero() {
            return Err(Rejection::NothingToRefund.into());
        }
        let amount = asked.unwrap_or(found.balance);
        covers(d, &found, d.today, amount)?;

        // From here on the command succeeds.
        d.post(d.today, ledger::give_back(found.id, amount));
        let mut retainer = Retainer::clone(&found);
        retainer.refunded = amount == retainer.balance;
        if retainer.refunded {
            // Whoever still pays what was asked for finds it as client credit.
            retainer.replenish_request = None;
        }
        let moving = Moving {
            kind: MovementKind::Refund,
            amount,
            day: d.today,
            description: self.reason.clone(),
            invoice: None,
            payment: None,
        };
        let (retainer, movement) = move_money(d, retainer, moving)?;
        shown(d, retainer, Some(movement))
    }
}
