//! I6: the ledger balances, and each of its accounts is what the documents add up to.

use std::collections::BTreeMap;

use super::{Known, finding, payments, verdict::Verdicts};
use crate::{
    id::Id,
    ledger::{Account, Side},
    money::Currency,
    rows::{AccountNet, Client, ClientNet, Entry, Invoice, Retainer, StatementLine},
    time::Day,
};

/// Every account's balance, debits less credits.
#[derive(Default)]
pub(super) struct Ledger {
    balances: BTreeMap<(Account, Option<[u8; 12]>, Currency), i128>,
    days: BTreeMap<(Account, Currency, Day), (i128, i128)>,
}

/// For whom a side of a posting is kept.
pub(super) fn about(side: Side) -> finding::Account {
    match (side.account, side.of) {
        (Account::ClientMoney, Some(of)) => Id::<Retainer>::new(of).into(),
        (Account::ClientCredit, Some(of)) => Id::<Client>::new(of).into(),
        (Account::Receivables, Some(of)) => Id::<Invoice>::new(of).into(),
        _ => finding::Account::FIRM,
    }
}

/// Clients' accounts as their lines say.
#[derive(Default)]
pub(super) struct Statements {
    owed: BTreeMap<(Id<Client>, Currency), i128>,
    days: BTreeMap<(Id<Client>, Currency, Day), i128>,
}

impl Ledger {
    pub fn see_entry(&mut self, v: &mut Verdicts, entry: &Entry) {
        let amount = i128::from(entry.posting.amount.minor());
        let currency = entry.posting.amount.currency();
        v.i6.check(amount > 0, || {
            let text = format!("ledger line {}/{} is not positive", entry.seq, entry.line);
            about(entry.posting.debit).off(amount, text)
        });
        let mut add = |side: Side, signed: i128| {
            let sum = self.balances.entry((side.account, side.of, currency)).or_default();
            *sum = sum.saturating_add(signed);
            let (debit, credit) = self.days.entry((side.account, currency, entry.day)).or_default();
            let sum = if signed > 0 { debit } else { credit };
            *sum = sum.saturating_add(amount);
        };
        add(entry.posting.debit, amount);
        add(entry.posting.credit, amount.saturating_neg());
    }

    pub fn see_account_net(&mut self, v: &mut Verdicts, net: &AccountNet) {
        let sums = self.days.remove(&(net.account, net.currency, net.day)).unwrap_or_default();
        let stored = (i128::from(net.debit_minor), i128::from(net.credit_minor));
        v.i6.check(sums == stored, || {
            let text = format!(
                "account {} on {}: its day says {stored:?}, its lines say {sums:?}",
                net.account.code(),
                net.day
            );
            let (debits, credits) =
                (stored.0.saturating_sub(sums.0), stored.1.saturating_sub(sums.1));
            finding::Account::FIRM.off(debits.saturating_sub(credits), text)
        });
    }

    fn balance(&self, account: Account, of: &[u8; 12], currency: Currency) -> i128 {
        self.balances.get(&(account, Some(*of), currency)).copied().unwrap_or(0)
    }

    /// What 2130 says is held for a retainer.
    pub fn held(&self, retainer: &Retainer) -> i128 {
        self.balance(Account::ClientMoney, retainer.id.bytes(), retainer.currency())
            .saturating_neg()
    }

    /// What 1201 says is owed on an invoice.
    pub fn receivable(&self, invoice: &Invoice) -> i128 {
        self.balance(Account::Receivables, invoice.id.bytes(), invoice.currency())
    }

    pub fn judge(&self, v: &mut Verdicts, known: &Known) {
        for (account, _, day) in self.days.keys() {
            v.i6.check(false, || {
                let text = format!("account {} has no sums of {day}", account.code());
                finding::Account::FIRM.says(text)
            });
        }
        let mut trust: BTreeMap<Currency, i128> = BTreeMap::new();
        let mut trial: BTreeMap<Currency, i128> = BTreeMap::new();
        for ((account, of, currency), balance) in &self.balances {
            let add = |sums: &mut BTreeMap<Currency, i128>| {
                let sum = sums.entry(*currency).or_default();
                *sum = sum.saturating_add(*balance);
            };
            add(&mut trial);
            if matches!(account, Account::TrustBank | Account::ClientMoney) {
                add(&mut trust);
            }
            let is_known = match (account, of) {
                (Account::ClientMoney, Some(of)) => known.retainers.contains_key(&Id::new(*of)),
                (Account::ClientCredit, Some(of)) => known.clients.contains_key(&Id::new(*of)),
                (Account::Receivables, Some(of)) => known.invoices.contains_key(&Id::new(*of)),
                (_, of) => of.is_none(),
            };
            v.i9.check(is_known, || {
                let text = format!("the ledger keeps {} for nobody we know", account.code());
                about(Side { account: *account, of: *of }).says(text)
            });
        }
        for (currency, sum) in trial {
            v.i6.check(sum == 0, || {
                let text = format!("the trial balance is off by {sum} {}", currency.code());
                finding::Account::FIRM.off(sum, text)
            });
        }
        for (currency, sum) in trust {
            v.i6.check(sum == 0, || {
                let text =
                    format!("trust bank and client money differ by {sum} {}", currency.code());
                finding::Account::FIRM.off(sum, text)
            });
        }
        for ((client, currency), unapplied) in payments::credit(known) {
            let owed =
                self.balance(Account::ClientCredit, client.bytes(), currency).saturating_neg();
            v.i6.check(owed == unapplied, || {
                let text = format!("ledger 2140 says {owed}, payments say {unapplied}");
                finding::Account::from(client).off(owed.saturating_sub(unapplied), text)
            });
        }
    }
}

impl Statements {
    pub fn see_line(&mut self, line: &StatementLine) {
        let (currency, amount) = (line.amount.currency(), i128::from(line.amount.minor()));
        let owed = self.owed.entry((line.client, currency)).or_default();
        *owed = owed.saturating_add(amount);
        let day = self.days.entry((line.client, currency, line.day)).or_default();
        *day = day.saturating_add(amount);
    }

    pub fn see_net(&mut self, v: &mut Verdicts, net: &ClientNet) {
        let lines = self.days.remove(&(net.client, net.currency, net.day)).unwrap_or(0);
        let stored = i128::from(net.net_minor);
        v.i6.check(lines == stored, || {
            let text = format!("{}: the day says {stored}, the lines say {lines}", net.day);
            finding::Account::from(net.client).off(stored.saturating_sub(lines), text)
        });
    }

    /// What a client owes is what is due on its invoices, less its credit.
    pub fn judge(mut self, v: &mut Verdicts, known: &Known) {
        for (client, _, day) in self.days.keys() {
            v.i6.check(false, || {
                finding::Account::from(*client).says(format!("there is no sum of {day}"))
            });
        }
        let mut expected = payments::credit(known);
        for sum in expected.values_mut() {
            *sum = sum.saturating_neg();
        }
        for invoice in known.invoices.values() {
            let sum = expected.entry((invoice.client, invoice.currency())).or_default();
            *sum = sum.saturating_add(i128::from(invoice.due().minor()));
        }
        for ((client, currency), sum) in expected {
            let lines = self.owed.remove(&(client, currency)).unwrap_or(0);
            v.i6.check(lines == sum, || {
                let text = format!("owes {sum}, the account says {lines}");
                finding::Account::from(client).off(lines.saturating_sub(sum), text)
            });
        }
        for (client, _) in self.owed.keys() {
            v.i9.check(false, || {
                let text = "an account is kept for it, and it has nothing";
                finding::Account::from(*client).says(text.to_owned())
            });
        }
    }
}
