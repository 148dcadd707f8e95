//! What an accepted command answers: the rows as they are after it.

use std::sync::Arc;

use crate::{
    id::Id,
    money::Money,
    rows::{
        Alert, Case, Client, CreditNote, Delivery, Expense, Invoice, Job, Member, Movement,
        Payment, Proposal, Refund, Retainer, TimeEntry, Transaction, Webhook,
    },
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
    /// What they name beyond that.
    pub beside: Beside,
}

impl Reply {
    /// The matter of a row that is shown beside the one the command was about.
    pub fn case(&self, id: Option<Id<Case>>) -> Option<&Case> {
        self.beside.cases.iter().find(|case| Some(case.id) == id).map(|case| &**case)
    }
}

/// Rows that shown rows name and that stand in no place of their own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Beside {
    /// The matters of the rows that are shown beside the main one.
    pub cases: Vec<Arc<Case>>,
    /// The invoice that the shown payment names.
    pub invoice: Option<Arc<Invoice>>,
}

/// The client and the matter that many rows name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parties {
    /// The client, if the row names one.
    pub client: Option<Arc<Client>>,
    /// The matter, if the row names one.
    pub case: Option<Arc<Case>>,
}

/// The rows an answer shows: the one that the command was about, and what stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// A client.
    Client(Arc<Client>),
    /// A case with its client.
    Case {
        /// The case.
        case: Arc<Case>,
        /// Whose it is.
        client: Option<Arc<Client>>,
    },
    /// A retainer with its client and, if money moved, the movement.
    Retainer {
        /// The retainer after the command.
        retainer: Arc<Retainer>,
        /// Whose it is.
        client: Arc<Client>,
        /// The matter.
        case: Option<Arc<Case>>,
        /// What moved.
        movement: Option<Arc<Movement>>,
        /// The invoice it paid.
        invoice: Option<Arc<Invoice>>,
        /// The retainer it was moved to.
        to: Option<Arc<Retainer>>,
    },
    /// An invoice, and what has just been set against it.
    Invoice {
        /// The invoice after the command.
        invoice: Arc<Invoice>,
        /// Client and matter.
        parties: Parties,
        /// The retainer it was paid from, and what moved there.
        retainer: Option<(Arc<Retainer>, Arc<Movement>)>,
    },
    /// A payment, and where it went.
    Payment {
        /// The payment after the command.
        payment: Arc<Payment>,
        /// Client and matter.
        parties: Parties,
        /// The invoice it names or was set against last.
        invoice: Option<Arc<Invoice>>,
        /// The retainer it went into.
        retainer: Option<Arc<Retainer>>,
    },
    /// A refund and the payment it returns.
    Refund {
        /// The refund.
        refund: Arc<Refund>,
        /// The payment after it.
        payment: Arc<Payment>,
        /// Client and matter of the payment.
        parties: Parties,
    },
    /// A credit note and the invoice it lowers.
    CreditNote {
        /// The credit note.
        note: Arc<CreditNote>,
        /// The invoice after it.
        invoice: Arc<Invoice>,
        /// Client and matter of the invoice.
        parties: Parties,
    },
    /// A record of the firm's own books.
    Transaction {
        /// The record.
        transaction: Arc<Transaction>,
        /// Client and matter.
        parties: Parties,
    },
    /// Time spent.
    TimeEntry {
        /// The entry.
        entry: Arc<TimeEntry>,
        /// Client and matter.
        parties: Parties,
    },
    /// Money laid out.
    Expense {
        /// The expense.
        expense: Arc<Expense>,
        /// Client and matter.
        parties: Parties,
    },
    /// A job.
    Job(Arc<Job>),
    /// A proposal and the job it is for.
    Proposal {
        /// The proposal.
        proposal: Arc<Proposal>,
        /// The job after the command.
        job: Arc<Job>,
    },
    /// An alert.
    Alert(Arc<Alert>),
    /// A webhook.
    Webhook(Arc<Webhook>),
    /// A delivery to a webhook.
    Delivery(Arc<Delivery>),
    /// A membership.
    Member(Arc<Member>),
    /// Rows that are hidden from now on, by their ids; at least one.
    Deleted(Vec<[u8; 12]>),
}

impl Shown {
    /// The id of the row the command was about, for the audit record.
    pub fn object(&self) -> [u8; 12] {
        match self {
            Self::Client(client) => *client.id.bytes(),
            Self::Case { case, .. } => *case.id.bytes(),
            Self::Retainer { retainer, .. } => *retainer.id.bytes(),
            Self::Invoice { invoice, .. } => *invoice.id.bytes(),
            Self::Payment { payment, .. } => *payment.id.bytes(),
            Self::Refund { refund, .. } => *refund.id.bytes(),
            Self::CreditNote { note, .. } => *note.id.bytes(),
            Self::Transaction { transaction, .. } => *transaction.id.bytes(),
            Self::TimeEntry { entry, .. } => *entry.id.bytes(),
            Self::Expense { expense, .. } => *expense.id.bytes(),
            Self::Job(job) => *job.id.bytes(),
            Self::Proposal { proposal, .. } => *proposal.id.bytes(),
            Self::Alert(alert) => *alert.id.bytes(),
            Self::Webhook(webhook) => *webhook.id.bytes(),
            Self::Delivery(delivery) => *delivery.id.bytes(),
            Self::Member(member) => *member.user.bytes(),
            Self::Deleted(ids) => ids.first().copied().unwrap_or_default(),
        }
    }

    /// The matters of the rows beside the main one.
    pub(crate) fn cases_beside(&self) -> impl Iterator<Item = Id<Case>> {
        let (retainer, invoice) = match self {
            Self::Retainer { invoice, to, .. } => (to.as_ref(), invoice.as_ref()),
            Self::Invoice { retainer, .. } => (retainer.as_ref().map(|(row, _)| row), None),
            Self::Payment { invoice, retainer, .. } => (retainer.as_ref(), invoice.as_ref()),
            _ => (None, None),
        };
        let of_retainer = retainer.and_then(|retainer| retainer.terms.case);
        of_retainer.into_iter().chain(invoice.and_then(|invoice| invoice.case))
    }

    /// The invoice that the shown payment names.
    pub(crate) fn invoice_named(&self) -> Option<Id<Invoice>> {
        match self {
            Self::Payment { payment, .. } | Self::Refund { payment, .. } => payment.invoice,
            _ => None,
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
