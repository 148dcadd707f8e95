//! Reports over the whole firm. Those that take a day show what stood when it ended.

use domain::{
    Currency, Day, Money, Ref,
    ledger::Account,
    rows::{Case, Client, Retainer},
};

use super::Listed;

/// What one account of the ledger came to, in one currency: the trial balance is one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountBalance {
    /// The account.
    pub account: Account,
    /// Σ debits.
    pub debit: Money,
    /// Σ credits.
    pub credit: Money,
}

/// What clients had in trust.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustLedger {
    /// Retainers that held something, by client.
    pub balances: Listed<TrustBalance>,
    /// What all of them held, in each currency, by code.
    pub sums: Vec<Money>,
}

/// What one retainer held.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustBalance {
    /// The retainer, as it is now.
    pub retainer: Retainer,
    /// Whose money it is.
    pub client: Client,
    /// The matter, if it names one.
    pub case: Option<Case>,
    /// What it held.
    pub balance: Money,
}

/// Which retainers of the trust ledger.
#[derive(Debug, Clone)]
pub struct TrustFilter {
    /// The day.
    pub day: Day,
    /// Only this client's.
    pub client: Option<Ref<Client>>,
    /// Only this matter's.
    pub case: Option<Ref<Case>>,
}

/// What clients owe, by how long it has been due. It is what is due now: what was due on an earlier day
/// is told by the clients' statements.
#[derive(Debug, Clone, PartialEq)]
pub struct Ageing {
    /// By client, then currency.
    pub clients: Vec<ClientAge>,
    /// All of them, in each currency, by code.
    pub sums: Vec<[Money; AGE_COUNT]>,
}

/// Not due yet; 1 to 30 days past; 31 to 60; 61 to 90; more.
pub const AGE_COUNT: usize = 5;

/// What one client owes in one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientAge {
    /// The client.
    pub client: Client,
    /// By age, the youngest first.
    pub ages: [Money; AGE_COUNT],
}

/// The three-way reconciliation of one currency: the trust bank account, what the retainers hold, and
/// what the ledger says is held for clients must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconciliation {
    /// Account 1102, by the ledger.
    pub trust_bank: Money,
    /// Account 2130, by the ledger.
    pub client_money: Money,
    /// Σ what the retainers held, by their journals.
    pub retainers: Money,
    /// Σ what the clients had, each client's retainers taken together.
    pub clients: Money,
    /// How many clients had something.
    pub client_count: u64,
    /// How many of them had less than nothing: their money was spent on somebody else.
    pub overdrawn_count: u64,
}

impl Reconciliation {
    /// The currency of all its amounts.
    pub const fn currency(&self) -> Currency {
        self.trust_bank.currency()
    }

    /// What the bank has beyond what the retainers hold; zero when all is well.
    pub fn bank_difference(&self) -> Money {
        difference(self.trust_bank, self.retainers)
    }

    /// What the ledger holds for clients beyond what the retainers hold; zero when all is well.
    pub fn ledger_difference(&self) -> Money {
        difference(self.client_money, self.retainers)
    }

    /// What the clients have beyond what the retainers hold; zero when all is well.
    pub fn client_difference(&self) -> Money {
        difference(self.clients, self.retainers)
    }

    /// Whether all three agree, and no client is overdrawn.
    pub fn holds(&self) -> bool {
        self.trust_bank == self.retainers
            && self.client_money == self.retainers
            && self.clients == self.retainers
            && self.overdrawn_count == 0
    }
}

fn difference(of: Money, from: Money) -> Money {
    let minor = of.minor().saturating_sub(from.minor());
    Money::from_minor(minor, of.currency())
}
