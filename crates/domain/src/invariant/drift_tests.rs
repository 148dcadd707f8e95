//! Decisions that lie, each in one way: every lie is found before it is stored.

use std::sync::Arc;

use super::drift;
use crate::{
    Change, Command, Decimal, Money, Ref,
    invoicing::{
        apply_retainer::ApplyRetainer,
        create::{Content, CreateInvoice},
        lines::LineInput,
        send::SendInvoice,
    },
    ledger::Account,
    practice::{Practice, amount},
    reply::Shown,
    rows::{Invoice, LineKind, Retainer},
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
    },
};

type Lie = fn(&mut Vec<Change>);

fn open() -> Command {
    let (client, amount) = (Ref::parse("CLT-2026-0001"), amount("100"));
    OpenRetainer { client, amount, currency: None, terms: Terms::default() }.into()
}

/// A retainer of 100, and an invoice of 50 that was sent.
fn practice() -> Practice {
    let mut practice = Practice::new();
    practice.ask(open()).unwrap();
    let line = LineInput {
        kind: LineKind::FlatFee,
        description: None,
        quantity: Some(amount("1")),
        unit_price: Some(amount("50")),
        discount: None,
        taxable: true,
        time_entry: None,
        expense: None,
    };
    let vat_rate = Some(Decimal::whole(0));
    let content = Content { lines: Some(vec![line]), vat_rate, ..Content::default() };
    let client = Ref::parse("CLT-2026-0001");
    let shown = practice.ask(CreateInvoice { client, currency: None, content }).unwrap();
    let Shown::Invoice { invoice, .. } = shown else { panic!("{shown:?}") };
    practice.ask(SendInvoice { invoice: Ref::Id(invoice.id) }).unwrap();
    practice
}

fn consume() -> Command {
    ConsumeRetainer {
        retainer: Ref::parse("RET-2026-0001"),
        amount: amount("10"),
        invoice: None,
        date: None,
        description: None,
    }
    .into()
}

fn apply() -> Command {
    let (invoice, retainer) = (Ref::parse("INV-202606-0001"), Ref::parse("RET-2026-0001"));
    ApplyRetainer { invoice, retainer, amount: amount("10") }.into()
}

fn more(money: &mut Money) {
    *money = Money::from_minor(money.minor() + 1, money.currency());
}

fn retainer(changes: &mut [Change], lie: fn(&mut Retainer)) {
    changes.iter_mut().for_each(|change| {
        if let Change::Retainer(row) = change {
            lie(Arc::make_mut(row));
        }
    });
}

fn invoice(changes: &mut [Change], lie: fn(&mut Invoice)) {
    changes.iter_mut().for_each(|change| {
        if let Change::Invoice(row) = change {
            lie(Arc::make_mut(row));
        }
    });
}

fn is_trust(change: &Change) -> bool {
    let Change::Entry(entry) = change else { return false };
    entry.posting.debit.account == Account::TrustBank
        || entry.posting.credit.account == Account::TrustBank
}

#[test]
fn no_decision_lies_unnoticed() {
    let lies: Vec<(&str, Command, Lie, &str)> = vec![
        (
            "the balance",
            consume(),
            |all| {
                retainer(all, |row| {
                    more(&mut row.balance);
                    more(&mut row.deposits);
                });
            },
            "I1",
        ),
        ("the sums", consume(), |all| retainer(all, |row| more(&mut row.deposits)), "I1"),
        ("no row", consume(), |all| all.retain(|one| !matches!(one, Change::Retainer(_))), "I1"),
        (
            "no movement",
            consume(),
            |all| {
                all.retain(|one| !matches!(one, Change::Movement(_)));
            },
            "I1",
        ),
        (
            "the movement",
            consume(),
            |all| {
                all.iter_mut().for_each(|one| {
                    if let Change::Movement(row) = one {
                        more(&mut Arc::make_mut(row).amount);
                    }
                });
            },
            "I1",
        ),
        (
            "the day",
            consume(),
            |all| {
                all.iter_mut().for_each(|one| {
                    if let Change::DayNet(net) = one {
                        net.net_minor += 1;
                    }
                });
            },
            "I1",
        ),
        ("the ledger", consume(), |all| all.retain(|one| !matches!(one, Change::Entry(_))), "I1"),
        ("the bank", consume(), |all| all.retain(|one| !is_trust(one)), "I6"),
        (
            "a posting of nothing",
            consume(),
            |all| {
                let entry = all.iter().find(|one| is_trust(one)).cloned();
                let Some(Change::Entry(mut entry)) = entry else { panic!("no entry") };
                entry.posting.amount = Money::zero(entry.posting.amount.currency());
                all.push(Change::Entry(entry));
            },
            "I6",
        ),
        (
            "what was applied",
            apply(),
            |all| {
                invoice(all, |row| more(&mut row.retainer_applied));
            },
            "I3",
        ),
        ("what was paid", apply(), |all| invoice(all, |row| more(&mut row.paid)), "I3"),
        (
            "no application",
            apply(),
            |all| {
                all.retain(|one| !matches!(one, Change::Application(_)));
            },
            "I3",
        ),
        ("no invoice", apply(), |all| all.retain(|one| !matches!(one, Change::Invoice(_))), "I3"),
        (
            "the client's account",
            apply(),
            |all| {
                all.retain(|one| !matches!(one, Change::StatementLine(_)));
            },
            "I6",
        ),
        (
            "the counter",
            open(),
            |all| {
                all.iter_mut().for_each(|one| {
                    if let Change::Counter(counter) = one {
                        counter.taken += 1;
                    }
                });
            },
            "I5",
        ),
        (
            "the counter stands",
            open(),
            |all| {
                all.retain(|one| !matches!(one, Change::Counter(_)));
            },
            "I5",
        ),
        (
            "the number",
            open(),
            |all| {
                retainer(all, |row| row.number = "RET-2026-0001".into());
            },
            "I5",
        ),
        (
            "a number for nothing",
            open(),
            |all| {
                let counter = all.iter().find(|one| matches!(one, Change::Counter(_))).cloned();
                let Some(Change::Counter(mut counter)) = counter else { panic!("no counter") };
                counter.taken += 1;
                all.push(Change::Counter(counter));
            },
            "I5",
        ),
    ];
    for (what, command, lie, rule) in lies {
        let mut practice = practice();
        let (_, mut changes) = practice.would(command).unwrap();
        assert_eq!(drift(&practice.book, &changes), None, "{what}: the truth");
        lie(&mut changes);
        let found = drift(&practice.book, &changes).map(|finding| finding.sign.rule);
        assert_eq!(found, Some(rule), "{what}");
    }
}
