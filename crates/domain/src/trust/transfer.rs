//! Transfer: trust money changes its retainer and stays the client's. It is neither earned nor
//! returned, so both retainers say what it was: in their sums it counts as returned here and as
//! deposited there.

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
    rows::{MovementKind, Retainer, RetainerStatus},
};

use super::{Moving, covers, move_money, shown, takes};

/// Move money from one retainer to another of the same client.
#[derive(Debug, Clone)]
pub struct TransferRetainer {
    /// The retainer it leaves.
    pub retainer: Ref<Retainer>,
    /// The retainer it goes to.
    pub to: Ref<Retainer>,
    /// How much.
    pub amount: Decimal,
    /// Free text, on both sides.
    pub description: Option<String>,
}

impl Decide for TransferRetainer {
    const NAME: &'static str = "transfer_retainer";
    const ACTION: Action = Action::ManageRetainers;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Retainer(self.retainer.clone()));
        keys.push(Key::Retainer(self.to.clone()));
    }

    fn object(&self, book: &Book) -> Option<[u8; 12]> {
        book.id_of(&self.retainer)
    }

    /// Refuses, in this order: `retainer_not_found`, `amount_…`, `same_retainer`,
    /// `retainer_client_mismatch`, `currency_mismatch`, `retainer_not_active` (the one is not active,
    /// the other neither active nor depleted), `insufficient_balance`, `amount_too_large` (more than
    /// the other can hold).
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let from = d.find(&self.retainer)?;
        let to = d.find(&self.to)?;
        let amount = self.amount.positive(from.currency())?;
        if from.id == to.id {
            return Err(Rejection::SameRetainer.into());
        }
        if from.client != to.client {
            return Err(Rejection::RetainerClientMismatch.into());
        }
        to.balance.plus(amount)?;
        if from.status(d.today) != RetainerStatus::Active
            || !matches!(to.status(d.today), RetainerStatus::Active | RetainerStatus::Depleted)
        {
            return Err(Rejection::RetainerNotActive.into());
        }
        covers(d, &from, d.today, amount)?;
        takes(&to, amount)?;

        // From here on the command succeeds.
        d.post(d.today, ledger::transfer(from.id, to.id, amount));
        let moving = |kind| Moving {
            kind,
            amount,
            day: d.today,
            description: self.description.clone(),
            invoice: None,
            payment: None,
        };
        let (out, into) = (moving(MovementKind::TransferOut), moving(MovementKind::TransferIn));
        let (from, movement) = move_money(d, Retainer::clone(&from), out)?;
        let (to, _) = move_money(d, Retainer::clone(&to), into)?;
        let mut answer = shown(d, from, Some(movement))?;
        if let Shown::Retainer { to: filled, .. } = &mut answer {
            *filled = Some(to);
        }
        Ok(answer)
    }
}
