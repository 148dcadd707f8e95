//! Invoices, what is set against them, and credit notes.

use domain::{
    Day, Id, Money, Ref,
    id::User,
    rows::{Application, Case, Client, CreditNote, Invoice, InvoiceStatus, Payment, Retainer},
};

use super::{Days, Listed, Order};

/// An invoice, who owes it and for which matter.
#[derive(Debug, Clone, PartialEq)]
pub struct InvoiceView {
    /// The invoice.
    pub invoice: Invoice,
    /// The client.
    pub client: Client,
    /// The matter, if it names one.
    pub case: Option<Case>,
}

/// Which invoices.
#[derive(Debug, Clone)]
pub struct InvoiceFilter {
    /// The day that decides what is overdue.
    pub today: Day,
    /// Only those that were sent to the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only these statuses, or those that `overdue` adds; empty, and not overdue: all.
    pub statuses: Vec<InvoiceStatus>,
    /// Also those past their due day.
    pub overdue: bool,
    /// Only those with something due.
    pub open_only: bool,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only this matter's.
    pub case: Option<Ref<Case>>,
    /// Only those issued on these days.
    pub issued: Days,
    /// Only those whose number, or whose client, contains this.
    pub search: Option<String>,
    /// In this order.
    pub order: Order<InvoiceSort>,
}

impl InvoiceFilter {
    /// Every invoice, newest first.
    pub fn all(today: Day) -> Self {
        Self {
            today,
            own: None,
            statuses: Vec::new(),
            overdue: false,
            open_only: false,
            client: None,
            case: None,
            issued: Days::default(),
            search: None,
            order: Order::default(),
        }
    }
}

/// What invoices can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvoiceSort {
    /// When they were made.
    #[default]
    Created,
    /// The day on the document.
    IssueDay,
    /// When they are due.
    DueDay,
    /// What they are worth, whatever the currency.
    Total,
    /// What is due, whatever the currency.
    Due,
    /// Their number.
    Number,
}

/// Invoices of one status and currency, counted and added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceSum {
    /// The status.
    pub status: InvoiceStatus,
    /// How many.
    pub count: u64,
    /// Σ totals.
    pub total: Money,
}

/// What all invoices add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceStats {
    /// By status and currency, in that order.
    pub sums: Vec<InvoiceSum>,
    /// How many are open and Σ what is due on them, in each currency.
    pub open: Vec<(u64, Money)>,
    /// The same of those past their due day.
    pub overdue: Vec<(u64, Money)>,
}

/// An invoice's journal, newest first, with the invoice it belongs to from the same snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Applications {
    /// The invoice.
    pub invoice: Invoice,
    /// Its lines.
    pub lines: Listed<ApplicationView>,
}

/// One line of an invoice's journal, and where the money came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationView {
    /// The line.
    pub application: Application,
    /// The payment, if it was one.
    pub payment: Option<Payment>,
    /// The retainer, if it was one.
    pub retainer: Option<Retainer>,
}

/// A credit note, the invoice it lowers, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct CreditNoteView {
    /// The credit note.
    pub note: CreditNote,
    /// The invoice.
    pub invoice: Invoice,
    /// The client.
    pub client: Client,
    /// The invoice's matter, if it names one.
    pub case: Option<Case>,
}

/// Which credit notes.
#[derive(Debug, Clone, Default)]
pub struct CreditNoteFilter {
    /// Only those of the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only those of this invoice.
    pub invoice: Option<Ref<Invoice>>,
}
