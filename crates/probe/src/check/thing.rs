//! The sequential models: what one account, payment, invoice, document or counter does when it is asked
//! one request at a time. Everything else is measured against these few lines.

use crate::history::{Minor, Overpay};

/// What is modelled, with what never changes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thing {
    /// Money in, money out, never below zero.
    Account,
    /// Arrives once or never; what goes back is at most `amount`.
    Payment {
        /// What it is worth.
        amount: Minor,
    },
    /// Takes payments up to `total`, or is void.
    Invoice {
        /// What it is worth.
        total: Minor,
        /// What becomes of more.
        overpay: Overpay,
    },
    /// Edited only at the version it was read at; the state's amount is the version.
    Document,
    /// Goes up by one until it ends; the state's amount is the count.
    Counter,
}

/// What an object is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    /// Balance, refunded or paid sum, version, count.
    pub amount: Minor,
    /// Where in its life.
    pub stage: Stage,
}

/// Where in its life an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Not arrived yet.
    Pending,
    /// In use; of a payment: arrived.
    Live,
    /// Over: closed, void, cancelled.
    Ended,
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Money in: a deposit, or a payment on an invoice.
    In(Minor),
    /// Money out: a consume, or a refund.
    Out(Minor),
    /// A pending payment arrives.
    Arrive,
    /// It ends: an account or a job is closed, an invoice voided, a payment cancelled.
    End,
    /// One more.
    Count,
    /// An edit of what was read at this version.
    Edit(u64),
    /// A read.
    Look,
}

/// What the answer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Said {
    /// Done, and what the amount is now, if it tells; of a read: what is there.
    Done {
        /// The state's amount after it.
        amount: Option<Minor>,
        /// The state's stage after it.
        stage: Option<Stage>,
    },
    /// A rule forbids it.
    No,
}

/// One operation on one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The operation's id in its history.
    pub op: usize,
    /// What was asked.
    pub act: Act,
    /// What was answered; `None`: nobody knows whether it happened.
    pub said: Option<Said>,
    /// When it began.
    pub call: u64,
    /// When it ended; `None`: perhaps not yet.
    pub ret: Option<u64>,
    /// The object's version after it, where the server tells.
    pub version: Option<u64>,
}

impl Event {
    /// Whether it happened wholly before the other began.
    pub fn precedes(&self, other: &Self) -> bool {
        self.ret.is_some_and(|ret| ret < other.call)
    }
}

impl Thing {
    /// What `act` makes of `state`, or `None` where a rule forbids it.
    pub fn apply(self, state: State, act: Act) -> Option<State> {
        let with = |amount| Some(State { amount, ..state });
        let is_live = state.stage == Stage::Live;
        match (self, act) {
            (_, Act::Look) => Some(state),
            (Self::Account, Act::In(amount)) if is_live => with(state.amount + amount),
            (Self::Account, Act::Out(amount)) if is_live && state.amount >= amount => {
                with(state.amount - amount)
            }
            (Self::Account, Act::End) if is_live && state.amount > 0 => {
                Some(State { amount: 0, stage: Stage::Ended })
            }
            (Self::Payment { .. }, Act::Arrive) if state.stage == Stage::Pending => {
                Some(State { stage: Stage::Live, ..state })
            }
            (Self::Payment { .. }, Act::End) if state.stage == Stage::Pending => {
                Some(State { stage: Stage::Ended, ..state })
            }
            (Self::Payment { amount: whole }, Act::Out(amount))
                if is_live && state.amount + amount <= whole =>
            {
                with(state.amount + amount)
            }
            (Self::Invoice { total, overpay }, Act::In(amount)) => match overpay {
                Overpay::Refuse if is_live && state.amount + amount <= total => {
                    with(state.amount + amount)
                }
                Overpay::Refuse => None,
                Overpay::Credit if is_live => with(total.min(state.amount + amount)),
                Overpay::Credit => Some(state),
            },
            (Self::Invoice { .. }, Act::Out(amount)) if state.amount >= amount => {
                with(state.amount - amount)
            }
            (Self::Invoice { .. }, Act::End) if is_live && state.amount == 0 => {
                Some(State { stage: Stage::Ended, ..state })
            }
            (Self::Document, Act::Edit(version)) if u64::try_from(state.amount) == Ok(version) => {
                with(state.amount + 1)
            }
            (Self::Counter, Act::Count) if is_live => with(state.amount + 1),
            (Self::Counter, Act::End) if is_live => Some(State { stage: Stage::Ended, ..state }),
            _ => None,
        }
    }

    /// The state after `act`, if `said` is what a correct server could have answered to it here.
    pub fn step(self, state: State, act: Act, said: Option<Said>) -> Option<State> {
        let after = self.apply(state, act);
        match said {
            None => after,
            Some(Said::No) => after.is_none().then_some(state),
            Some(Said::Done { amount, stage }) => after.filter(|after| {
                amount.is_none_or(|amount| amount == after.amount)
                    && stage.is_none_or(|stage| stage == after.stage)
            }),
        }
    }
}
