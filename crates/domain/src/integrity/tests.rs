//! Parking and releasing, as an owner lives through it.

use super::{PARKED_COUNT_MAX, park::ParkAccount, release::ReleaseAccount};
use crate::{
    Command, Ref, Rejection, Role,
    invariant::{Account, AccountKind, Finding, Sign},
    practice::{Practice, amount},
    reply::Shown,
    rows::{AlertKind, Retainer},
    trust::{
        consume::ConsumeRetainer,
        open::{OpenRetainer, Terms},
        transfer::TransferRetainer,
    },
};

/// Two retainers of 100.
fn practice() -> (Practice, [crate::Id<Retainer>; 2]) {
    let mut practice = Practice::new();
    let mut open = || {
        let (client, amount) = (Ref::parse("CLT-2026-0001"), amount("100"));
        let open = OpenRetainer { client, amount, currency: None, terms: Terms::default() };
        let shown = practice.ask(open).unwrap();
        let Shown::Retainer { retainer, .. } = shown else { panic!("{shown:?}") };
        retainer.id
    };
    let ids = [open(), open()];
    (practice, ids)
}

fn as_system(practice: &mut Practice, command: impl Into<Command>) -> Result<Shown, Rejection> {
    (practice.role, practice.user) = (Role::System, 0);
    let told = practice.ask(command);
    (practice.role, practice.user) = (Role::Owner, 3);
    told
}

fn finding(account: impl Into<Account>, rule: &'static str, off_by: i128) -> Finding {
    let text = format!("off by {off_by}");
    Finding { account: account.into(), sign: Sign { rule, off_by }, text }
}

fn park(findings: &[Finding]) -> ParkAccount {
    let mut all = ParkAccount::all_of(findings);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn consume(retainer: crate::Id<Retainer>) -> ConsumeRetainer {
    let (retainer, amount) = (Ref::Id(retainer), amount("10"));
    ConsumeRetainer { retainer, amount, invoice: None, date: None, description: None }
}

fn release(account: crate::Id<Retainer>, reason: &str) -> ReleaseAccount {
    ReleaseAccount { account: *account.bytes(), reason: reason.into() }
}

#[test]
fn what_is_parked_stands_still_and_all_else_goes_on() {
    let (mut practice, [first, second]) = practice();
    let parking = park(&[finding(first, "I1", 100), finding(first, "I6", -3)]);
    assert_eq!(parking.found.signs, "I1:100 I6:-3");
    assert_eq!(practice.ask(parking.clone()), Err(Rejection::Forbidden), "only the product parks");
    let Shown::Alert(alert) = as_system(&mut practice, parking).unwrap() else { panic!("none") };
    assert_eq!((alert.kind, alert.about), (AlertKind::BalanceBelowZero, *first.bytes()));
    assert_eq!(alert.found.as_ref().map(|found| found.text.as_str()), Some("off by 100"));
    assert!(practice.book.is_doubted(), "what is in memory is read anew");

    assert_eq!(practice.ask(consume(first)), Err(Rejection::AccountParked));
    for (retainer, to) in [(first, second), (second, first)] {
        let (retainer, to) = (Ref::Id(retainer), Ref::Id(to));
        let transfer = TransferRetainer { retainer, to, amount: amount("1"), description: None };
        assert_eq!(practice.ask(transfer), Err(Rejection::AccountParked));
    }
    practice.ask(consume(second)).unwrap();

    assert_eq!(practice.ask(release(first, " ")), Err(Rejection::ReasonRequired));
    assert_eq!(practice.ask(release(second, "fine")), Err(Rejection::AccountNotParked));
    practice.role = Role::Admin;
    practice.user = 4;
    assert_eq!(practice.ask(release(first, "fine")), Err(Rejection::Forbidden));
    (practice.role, practice.user) = (Role::Owner, 3);
    let shown = practice.ask(release(first, " put right ")).unwrap();
    let Shown::Alert(alert) = shown else { panic!("{shown:?}") };
    assert_eq!(alert.released.as_ref().map(|release| release.reason.as_str()), Some("put right"));
    assert!(alert.acknowledged.is_some());
    practice.ask(consume(first)).unwrap();
    assert_eq!(practice.ask(release(first, "fine")), Err(Rejection::AccountNotParked));
}

#[test]
fn what_an_owner_has_answered_for_is_not_parked_again() {
    let (mut practice, [first, _]) = practice();
    let off = |minor| park(&[finding(first, "I1", minor)]);
    as_system(&mut practice, off(100)).unwrap();
    for again in [off(100), off(150)] {
        let told = as_system(&mut practice, again);
        assert_eq!(told, Err(Rejection::NothingToTell), "it stands parked");
    }
    practice.ask(release(first, "known")).unwrap();
    assert_eq!(as_system(&mut practice, off(100)), Err(Rejection::NothingToTell));
    practice.ask(consume(first)).unwrap();
    for fresh in [off(150), park(&[finding(first, "I1", 100), finding(first, "I6", 100)])] {
        as_system(&mut practice, fresh).unwrap();
        assert_eq!(practice.ask(consume(first)), Err(Rejection::AccountParked));
        practice.ask(release(first, "known")).unwrap();
    }
    assert_eq!(practice.alerts(AlertKind::BalanceBelowZero), 3);
}

#[test]
fn a_log_or_a_series_is_told_of_and_nothing_is_refused() {
    let (mut practice, [first, _]) = practice();
    let series = Account::series(crate::number::Series::Retainer, 2026);
    for account in [Account::LOG, Account::FIRM, series] {
        as_system(&mut practice, park(&[finding(account, "I8", 3)])).unwrap();
    }
    assert_eq!(practice.book.firm.parked, Vec::<[u8; 12]>::new());
    practice.ask(consume(first)).unwrap();
    practice.ask(ReleaseAccount { account: series.id, reason: "imported".into() }).unwrap();
    assert_eq!(practice.alerts(AlertKind::Discrepancy), 3);
}

#[test]
fn only_so_many_are_parked() {
    let (mut practice, _) = practice();
    let account = |n: usize| {
        let n = u8::try_from(n).unwrap();
        Account { kind: AccountKind::Payment, id: [n; 12] }
    };
    for n in 0..PARKED_COUNT_MAX {
        as_system(&mut practice, park(&[finding(account(n + 1), "I4", 1)])).unwrap();
    }
    let one_more = park(&[finding(account(PARKED_COUNT_MAX + 1), "I4", 1)]);
    assert_eq!(as_system(&mut practice, one_more), Err(Rejection::TooManyParked));
}
