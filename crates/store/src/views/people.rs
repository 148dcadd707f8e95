//! Clients, their accounts, and their cases.

use domain::{
    Currency, Id, Money, Ref,
    id::User,
    rows::{Case, CaseStatus, Client, StatementLine},
};

use super::Listed;

/// Which clients; archived ones are never among them.
#[derive(Debug, Clone, Default)]
pub struct ClientFilter {
    /// Only the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only clients whose names, numbers, e-mail or phone contain this.
    pub search: Option<String>,
}

/// A client and what its documents add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientAccount {
    /// The client.
    pub client: Client,
    /// In each currency it has documents in, by code.
    pub sums: Vec<ClientSum>,
}

/// What a client's documents in one currency add up to. Invoices count once they are sent, unless they
/// were voided or credited in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSum {
    /// How many invoices.
    pub invoices: u64,
    /// Σ their totals.
    pub invoiced: Money,
    /// Σ what payments and retainers have paid of them.
    pub paid: Money,
    /// Σ what is due on them.
    pub outstanding: Money,
    /// What the client has paid and nothing has claimed yet.
    pub credit: Money,
    /// What is held in trust.
    pub trust: Money,
}

impl ClientSum {
    /// Nothing at all.
    pub(crate) const fn zero(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self {
            invoices: 0,
            invoiced: nothing,
            paid: nothing,
            outstanding: nothing,
            credit: nothing,
            trust: nothing,
        }
    }

    /// The currency of all its amounts.
    pub const fn currency(&self) -> Currency {
        self.invoiced.currency()
    }
}

/// How many clients there are, and what all their documents add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientStats {
    /// Natural persons.
    pub individuals: u64,
    /// Companies.
    pub companies: u64,
    /// Taken in since the time asked for.
    pub fresh: u64,
    /// In each currency, by code.
    pub sums: Vec<ClientSum>,
}

/// What a client has brought.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientRevenue {
    /// The client.
    pub client: Client,
    /// How many invoices.
    pub invoices: u64,
    /// Σ what was paid of them.
    pub revenue: Money,
}

/// A client's account over some days.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The client.
    pub client: Client,
    /// What was owed when the first day began, in each currency, by code: positive, the client owes.
    pub opening: Vec<Money>,
    /// What was owed before the first line shown here; the opening balance on the first page.
    pub before: Vec<Money>,
    /// The lines, oldest first.
    pub lines: Listed<StatementLine>,
    /// What was owed when the last day ended.
    pub closing: Vec<Money>,
}

/// Which cases.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Only those of the client linked to this login.
    pub own: Option<Id<User>>,
    /// Only these; empty: all.
    pub statuses: Vec<CaseStatus>,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only those whose title or number contains this.
    pub search: Option<String>,
}

/// A case and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// The client, if it names one.
    pub client: Option<Client>,
}
