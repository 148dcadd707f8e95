//! Double entry. Every money effect is a list of balanced postings in the same commit.
//!
//! A posting moves one amount from a credit side to a debit side, so it can't be unbalanced; nothing
//! is ever updated or deleted, a correction is a new posting.

use crate::{
    id::Id,
    money::Money,
    rows::{Client, Invoice, Retainer},
};

/// The chart of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// 1101: the firm's own bank account.
    OperatingBank,
    /// 1102: the trust bank account.
    TrustBank,
    /// 1201: what clients owe, per invoice.
    Receivables,
    /// 2130: client money held in trust, per retainer.
    ClientMoney,
    /// 2140: received and not yet claimed, per client.
    ClientCredit,
    /// 2201: VAT payable.
    VatPayable,
    /// 4100: legal fees earned.
    LegalFees,
    /// 5900: write-offs.
    WriteOffs,
}

impl Account {
    /// Every account, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::OperatingBank,
        Self::TrustBank,
        Self::Receivables,
        Self::ClientMoney,
        Self::ClientCredit,
        Self::VatPayable,
        Self::LegalFees,
        Self::WriteOffs,
    ];

    /// The account number.
    pub const fn code(self) -> i64 {
        match self {
            Self::OperatingBank => 1101,
            Self::TrustBank => 1102,
            Self::Receivables => 1201,
            Self::ClientMoney => 2130,
            Self::ClientCredit => 2140,
            Self::VatPayable => 2201,
            Self::LegalFees => 4100,
            Self::WriteOffs => 5900,
        }
    }

    /// The account with this number.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.code() == code)
    }
}

/// One side of a posting: an account and, where it is kept per something, the id of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The account.
    pub account: Account,
    /// The retainer, client or invoice it is kept for.
    pub of: Option<[u8; 12]>,
}

const OPERATING: Side = Side { account: Account::OperatingBank, of: None };
const TRUST: Side = Side { account: Account::TrustBank, of: None };
const FEES: Side = Side { account: Account::LegalFees, of: None };
const VAT: Side = Side { account: Account::VatPayable, of: None };
const WRITE_OFFS: Side = Side { account: Account::WriteOffs, of: None };

fn held(retainer: Id<Retainer>) -> Side {
    Side { account: Account::ClientMoney, of: Some(*retainer.bytes()) }
}

fn credit_of(client: Id<Client>) -> Side {
    Side { account: Account::ClientCredit, of: Some(*client.bytes()) }
}

fn owed_on(invoice: Id<Invoice>) -> Side {
    Side { account: Account::Receivables, of: Some(*invoice.bytes()) }
}

/// The same amount debited and credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Where it is debited.
    pub debit: Side,
    /// Where it is credited.
    pub credit: Side,
    /// How much; always positive.
    pub amount: Money,
}

impl Posting {
    /// The same amount back.
    pub const fn reversed(self) -> Self {
        Self { debit: self.credit, credit: self.debit, amount: self.amount }
    }
}

/// Money received into a retainer: 1102 / 2130.
pub fn deposit(retainer: Id<Retainer>, amount: Money) -> [Posting; 1] {
    [Posting { debit: TRUST, credit: held(retainer), amount }]
}

/// Earned without an invoice: 2130 / 4100, and the cash from trust to operating: 1101 / 1102.
pub fn earn(retainer: Id<Retainer>, amount: Money) -> [Posting; 2] {
    [
        Posting { debit: held(retainer), credit: FEES, amount },
        Posting { debit: OPERATING, credit: TRUST, amount },
    ]
}

/// Returned to the client from trust: 2130 / 1102, a deposit reversed.
pub fn give_back(retainer: Id<Retainer>, amount: Money) -> [Posting; 1] {
    [Posting { debit: held(retainer), credit: TRUST, amount }]
}

/// A payment that nothing claims: 1101 / 2140.
pub fn credit(client: Id<Client>, amount: Money) -> [Posting; 1] {
    [Posting { debit: OPERATING, credit: credit_of(client), amount }]
}

/// Client credit put into a retainer: 2140 / 2130, and the cash from operating to trust: 1102 / 1101.
pub fn credit_to_trust(client: Id<Client>, retainer: Id<Retainer>, amount: Money) -> [Posting; 2] {
    [
        Posting { debit: credit_of(client), credit: held(retainer), amount },
        Posting { debit: TRUST, credit: OPERATING, amount },
    ]
}

/// Trust money that pays an invoice: 2130 / 1201, and the cash from trust to operating: 1101 / 1102.
pub fn apply_trust(retainer: Id<Retainer>, invoice: Id<Invoice>, amount: Money) -> [Posting; 2] {
    [
        Posting { debit: held(retainer), credit: owed_on(invoice), amount },
        Posting { debit: OPERATING, credit: TRUST, amount },
    ]
}

/// Trust money that changes its retainer: 2130 / 2130.
pub fn transfer(from: Id<Retainer>, to: Id<Retainer>, amount: Money) -> [Posting; 1] {
    [Posting { debit: held(from), credit: held(to), amount }]
}

/// An invoice is sent: 1201 / 4100 for the work, 1201 / 2201 for the VAT.
pub fn issue(invoice: Id<Invoice>, net: Money, vat: Money) -> [Posting; 2] {
    [
        Posting { debit: owed_on(invoice), credit: FEES, amount: net },
        Posting { debit: owed_on(invoice), credit: VAT, amount: vat },
    ]
}

/// A payment pays an invoice: 1101 / 1201.
pub fn pay(invoice: Id<Invoice>, amount: Money) -> [Posting; 1] {
    [Posting { debit: OPERATING, credit: owed_on(invoice), amount }]
}

/// Client credit pays an invoice: 2140 / 1201.
pub fn apply_credit(client: Id<Client>, invoice: Id<Invoice>, amount: Money) -> [Posting; 1] {
    [Posting { debit: credit_of(client), credit: owed_on(invoice), amount }]
}

/// An invoice is given up: 5900 / 1201.
pub fn write_off(invoice: Id<Invoice>, amount: Money) -> [Posting; 1] {
    [Posting { debit: WRITE_OFFS, credit: owed_on(invoice), amount }]
}
