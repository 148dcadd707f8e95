//! What an accepted command answers: the rows as they are after it.

use std::sync::Arc;

use crate::{
    money::Money,
    rows::{Client, Member, Movement, Payment, Retainer},
    time::Day,
};

/// The rows an answer shows, and the command's place in the firm's journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The firm's gap-free sequence number of this command.
    pub seq: i64,
    /// The day it was at the firm; what a status depends on.
    pub today: Day,
    /// The rows.
    pub shown: Shown,
}

/// The rows an answer shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// A client.
    Client(Arc<Client>),
    /// A retainer with its client and, if money moved, the movement.
    Retainer {
        /// The retainer after the command.
        retainer: Arc<Retainer>,
        /// Whose it is.
        client: Arc<Client>,
        /// What moved.
        movement: Option<Arc<Movement>>,
    },
    /// A payment with its client and, if it filled one, the retainer.
    Payment {
        /// The payment after the command.
        payment: Arc<Payment>,
        /// Who paid.
        client: Arc<Client>,
        /// The retainer it went into.
        retainer: Option<Arc<Retainer>>,
    },
    /// A membership.
    Member(Arc<Member>),
}

impl Shown {
    /// The id of the row the command was about, for the audit record.
    pub fn object(&self) -> [u8; 12] {
        match self {
            Self::Client(client) => *client.id.bytes(),
            Self::Retainer { retainer, .. } => *retainer.id.bytes(),
            Self::Payment { payment, .. } => *payment.id.bytes(),
            Self::Member(member) => *member.user.bytes(),
        }
    }

    /// The money that moved in a retainer, if any.
    pub fn moved(&self) -> Option<Money> {
        match self {
            Self::Retainer { movement, .. } => movement.as_ref().map(|movement| movement.amount),
            _ => None,
        }
    }
}
