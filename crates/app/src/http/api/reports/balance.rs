//! The trial balance: every account of the ledger, and the proof that debits and credits are the same.

use domain::{Currency, Money, ledger::Account};
use store::AccountBalance;

use super::{OnDate, day};
use crate::http::{
    error::Refusal,
    field::Named,
    json,
    read::{Object, Question},
    wire::{self, wire},
};

wire! {
    /// The trial balance.
    TrialBalanceDoc {
        data: TrialDoc,
    }

    /// Every account when a day ended.
    TrialDoc {
        asOfDate: wire::Day,
        /// By number, then currency.
        accounts: Vec<AccountDoc>,
        /// What all accounts come to; debits and credits are the same.
        totals: Vec<AccountTotalDoc>,
    }

    /// What an account came to in one currency.
    AccountDoc {
        /// Its number.
        code: wire::Number,
        name: wire::Name<Account>,
        currency: wire::CurrencyCode,
        /// Everything debited.
        debit: wire::Money,
        /// Everything credited.
        credit: wire::Money,
        /// Debits less credits.
        balance: wire::Money,
    }

    /// What all accounts come to in one currency.
    AccountTotalDoc {
        currency: wire::CurrencyCode,
        debit: wire::Money,
        credit: wire::Money,
        /// Whether debits and credits are the same.
        balanced: bool,
    }
}

pub(super) async fn trial(question: Question<OnDate>) -> Result<Object<TrialBalanceDoc>, Refusal> {
    let day = day(&question).await?;
    let accounts = question.reader.trial_balance(question.firm(), day).await?;
    let totals = totals(&accounts);
    Ok(Object::new(|o| {
        o.with("data", |out| {
            json::object(out, |o| {
                o.day("asOfDate", day);
                o.with("accounts", |out| json::array(out, &accounts, write_account));
                o.with("totals", |out| json::array(out, &totals, write_total));
            });
        });
    }))
}

/// Debits and credits of all accounts in one currency.
struct Total {
    debit: Money,
    credit: Money,
}

fn totals(accounts: &[AccountBalance]) -> Vec<Total> {
    let mut totals: Vec<Total> = Vec::new();
    for account in accounts {
        let currency: Currency = account.debit.currency();
        let known = totals.iter_mut().find(|total| total.debit.currency() == currency);
        match known {
            None => totals.push(Total { debit: account.debit, credit: account.credit }),
            Some(total) => {
                total.debit = sum(total.debit, account.debit);
                total.credit = sum(total.credit, account.credit);
            }
        }
    }
    totals.sort_unstable_by_key(|total| total.debit.currency().code());
    totals
}

/// The sum of two amounts of one currency; 64 bits hold what any firm turns over.
fn sum(a: Money, b: Money) -> Money {
    Money::from_minor(a.minor().saturating_add(b.minor()), a.currency())
}

fn write_account(out: &mut Vec<u8>, account: &AccountBalance) {
    let AccountBalance { account, debit, credit } = *account;
    json::object(out, |o| {
        o.integer("code", account.code());
        o.text("name", name(account));
        o.text("currency", debit.currency().code());
        o.money("debit", debit);
        o.money("credit", credit);
        o.money("balance", sum(debit, credit.negated()));
    });
}

fn write_total(out: &mut Vec<u8>, total: &Total) {
    json::object(out, |o| {
        o.text("currency", total.debit.currency().code());
        o.money("debit", total.debit);
        o.money("credit", total.credit);
        o.flag("balanced", total.debit == total.credit);
    });
}

pub(super) const fn name(account: Account) -> &'static str {
    match account {
        Account::OperatingBank => "operating_bank",
        Account::TrustBank => "trust_bank",
        Account::Receivables => "receivables",
        Account::ClientMoney => "client_money",
        Account::ClientCredit => "client_credit",
        Account::VatPayable => "vat_payable",
        Account::LegalFees => "legal_fees",
        Account::WriteOffs => "write_offs",
    }
}

impl Named for Account {
    const TITLE: &'static str = "LedgerAccount";
    const NAMES: &'static [&'static str] = &{
        let mut names = [""; Self::ALL.len()];
        let mut n = 0;
        while n < names.len() {
            names[n] = name(Self::ALL[n]);
            n += 1;
        }
        names
    };

    fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| name(*account) == text)
    }
}
