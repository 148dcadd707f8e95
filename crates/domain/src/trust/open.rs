//! Open a retainer: its row, its number and its first deposit are one commit.

use crate::{
    actor::Action,
    book::Book,
    change::Key,
    command::Decide,
    decision::{Decision, Stop},
    id::Ref,
    ledger,
    money::{Currency, Decimal, Money},
    number::Series,
    rejection::Rejection,
    reply::Shown,
    rows::{AutoReplenish, Case, Client, MovementKind, Retainer, RetainerTerms, RetainerType},
    time::Moment,
};

use super::{Moving, move_money, shown};

/// Money that a client pays in advance.
#[derive(Debug, Clone)]
pub struct OpenRetainer {
    /// Whose money.
    pub client: Ref<Client>,
    /// The first deposit.
    pub amount: Decimal,
    /// The firm's currency when absent.
    pub currency: Option<Currency>,
    /// The terms.
    pub terms: Terms,
}

/// Terms as a caller gives them: absent ones keep their default, or stay as they are in an edit.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// What it is for.
    pub kind: Option<RetainerType>,
    /// Level of the low-balance alert.
    pub minimum_balance: Option<Decimal>,
    /// First day.
    pub start: Option<Moment>,
    /// Last day.
    pub end: Option<Moment>,
    /// Whether to ask for more by itself.
    pub auto_replenish: Option<bool>,
    /// At or below this balance.
    pub replenish_threshold: Option<Decimal>,
    /// For this much.
    pub replenish_amount: Option<Decimal>,
    /// The matter.
    pub case: Option<Ref<Case>>,
    /// Where the agreement lies.
    pub agreement_url: Option<String>,
    /// When it was signed.
    pub agreement_signed: Option<Moment>,
    /// Free text.
    pub notes: Option<String>,
}

impl Terms {
    /// These terms laid over `current`.
    ///
    /// # Errors
    /// [`Rejection::CaseNotFound`], [`Rejection::EndBeforeStart`],
    /// [`Rejection::AutoReplenishIncomplete`], [`Rejection::Amount`]
    pub(crate) fn over(
        &self,
        d: &Decision<'_>,
        current: RetainerTerms,
    ) -> Result<RetainerTerms, Stop> {
        let case = d.find_option(self.case.as_ref())?.map(|case| case.id);
        let currency = current.minimum_balance.currency();
        let day = |moment: Moment| moment.day_in(&d.book.firm.zone);
        let end = self.end.map(day).or(current.end);
        let start = self.start.map_or(current.start, day);
        if end.is_some_and(|end| end < start) {
            return Err(Rejection::EndBeforeStart.into());
        }
        Ok(RetainerTerms {
            kind: self.kind.unwrap_or(current.kind),
            minimum_balance: self
                .minimum_balance
                .map_or(Ok(current.minimum_balance), |level| level.money(currency))?,
            start,
            end,
            auto_replenish: self.auto_replenish_over(current.auto_replenish, currency)?,
            case: case.or(current.case),
            agreement_url: self.agreement_url.clone().or(current.agreement_url),
            agreement_signed: self.agreement_signed.map(day).or(current.agreement_signed),
            notes: self.notes.clone().or(current.notes),
        })
    }

    fn auto_replenish_over(
        &self,
        current: Option<AutoReplenish>,
        currency: Currency,
    ) -> Result<Option<AutoReplenish>, Rejection> {
        if !self.auto_replenish.unwrap_or(current.is_some()) {
            return Ok(None);
        }
        let threshold = self.replenish_threshold.map(|level| level.money(currency)).transpose()?;
        let amount = self.replenish_amount.map(|amount| amount.positive(currency)).transpose()?;
        let threshold = threshold.or(current.map(|terms| terms.threshold));
        let amount = amount.or(current.map(|terms| terms.amount));
        let (threshold, amount) =
            threshold.zip(amount).ok_or(Rejection::AutoReplenishIncomplete)?;
        Ok(Some(AutoReplenish { threshold, amount }))
    }
}

impl Decide for OpenRetainer {
    const NAME: &'static str = "open_retainer";
    const ACTION: Action = Action::ManageRetainers;
    const MOVES_MONEY: bool = true;

    fn keys(&self, keys: &mut Vec<Key>) {
        keys.push(Key::Client(self.client.clone()));
        keys.extend(self.terms.case.clone().map(Key::Case));
    }

    fn object(&self, _: &Book) -> Option<[u8; 12]> {
        None
    }

    /// Refuses, in this order: `client_not_found`, `amount_…`, `case_not_found`, `end_before_start`,
    /// `auto_replenish_incomplete`, `end_in_past`.
    fn decide(&self, d: &mut Decision<'_>) -> Result<Shown, Stop> {
        let client = d.find(&self.client)?;
        let currency = self.currency.unwrap_or(d.book.firm.currency);
        let amount = self.amount.positive(currency)?;
        let zero = Money::zero(currency);
        let defaults = RetainerTerms {
            kind: RetainerType::default(),
            minimum_balance: zero,
            start: d.today,
            end: None,
            auto_replenish: None,
            case: None,
            agreement_url: None,
            agreement_signed: None,
            notes: None,
        };
        let terms = self.terms.over(d, defaults)?;
        if terms.end.is_some_and(|end| end < d.today) {
            return Err(Rejection::EndInPast.into());
        }
        let number = d.take_number(Series::Retainer)?;

        // From here on the command succeeds.
        let retainer = Retainer {
            id: d.id(),
            number,
            client: client.id,
            terms,
            initial_amount: amount,
            balance: zero,
            deposits: zero,
            consumptions: zero,
            refunds: zero,
            movements: 0,
            latest_day: d.today,
            low_balance_alerted: false,
            expiry_alerted: false,
            replenish_request: None,
            refunded: false,
            created_by: d.actor.user,
            version: 0,
            created_at: d.at,
            updated_at: d.at,
        };
        d.post(d.today, ledger::deposit(retainer.id, amount));
        let moving = Moving {
            kind: MovementKind::Deposit,
            amount,
            day: d.today,
            description: None,
            invoice: None,
            payment: None,
        };
        let (retainer, movement) = move_money(d, retainer, moving)?;
        shown(d, retainer, Some(movement))
    }
}
