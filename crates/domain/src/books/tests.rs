//! The firm's own books, line by line: what is asked and what comes of it.

use crate::{
    Command, Ref, Rejection, Role,
    books::{
        Progress, TransactionDetails, cancel_transaction::CancelTransaction,
        create_transaction::CreateTransaction, delete_transactions::DeleteTransactions,
        update_transaction::UpdateTransaction,
    },
    practice::{Practice, amount, moment},
    reply::Shown,
    rows::{Transaction, TransactionStatus, TransactionType},
};

/// Number, amount and status of the transaction a command answered about, or the refusal's code.
fn told(shown: Result<Shown, Rejection>) -> String {
    match shown {
        Ok(Shown::Transaction { transaction, .. }) => {
            let (number, status) = (&transaction.number, transaction.status.name());
            format!("{number} {} {} {status}", transaction.kind.name(), transaction.amount)
        }
        Ok(Shown::Deleted(ids)) => format!("{} deleted", ids.len()),
        Ok(shown) => panic!("{shown:?}"),
        Err(rejection) => rejection.code().into(),
    }
}

fn check(practice: &mut Practice, lines: Vec<(Command, &str)>) {
    for (n, (command, expected)) in lines.into_iter().enumerate() {
        let asked = format!("line {}: {command:?}", n + 1);
        assert_eq!(told(practice.ask(command)), expected, "{asked}");
    }
}

/// Σ income − Σ expense over completed, as a report says it.
fn balance(practice: &Practice) -> i64 {
    let rows = practice.book.transactions.rows().filter(|row| !row.deleted);
    rows.filter(|row| row.status == TransactionStatus::Completed)
        .map(|row| match row.kind {
            TransactionType::Income => row.amount.minor(),
            TransactionType::Expense => -row.amount.minor(),
            TransactionType::Transfer => 0,
        })
        .sum()
}

fn number(n: u32) -> Ref<Transaction> {
    Ref::Number(format!("TXN-202606-{n:05}"))
}

fn new(kind: TransactionType, text: &str, progress: Option<Progress>) -> CreateTransaction {
    let details = TransactionDetails::default();
    CreateTransaction { kind, amount: amount(text), currency: None, progress, details }
}

fn income(text: &str) -> Command {
    new(TransactionType::Income, text, None).into()
}

fn expense(text: &str) -> Command {
    new(TransactionType::Expense, text, None).into()
}

fn pending(text: &str) -> Command {
    new(TransactionType::Income, text, Some(Progress::Pending)).into()
}

fn edit(n: u32) -> UpdateTransaction {
    UpdateTransaction {
        transaction: number(n),
        version: None,
        kind: None,
        amount: None,
        progress: None,
        details: TransactionDetails::default(),
    }
}

fn become_(n: u32, progress: Progress) -> Command {
    UpdateTransaction { progress: Some(progress), ..edit(n) }.into()
}

fn cancel(n: u32) -> Command {
    CancelTransaction { transaction: number(n), reason: Some("خطأ".into()) }.into()
}

fn delete(numbers: &[u32]) -> Command {
    DeleteTransactions { transactions: numbers.iter().copied().map(number).collect() }.into()
}

#[test]
fn the_balance_is_what_was_done_and_not_taken_back() {
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (income("1000"), "TXN-202606-00001 income 1000 completed"),
            (expense("300.5"), "TXN-202606-00002 expense 300.5 completed"),
            (pending("50"), "TXN-202606-00003 income 50 pending"),
            (
                new(TransactionType::Transfer, "70", None).into(),
                "TXN-202606-00004 transfer 70 completed",
            ),
        ],
    );
    assert_eq!(balance(&practice), 69_950);
    check(
        &mut practice,
        vec![
            (cancel(2), "TXN-202606-00002 expense 300.5 cancelled"),
            (cancel(2), "already_cancelled"),
            (become_(3, Progress::Completed), "TXN-202606-00003 income 50 completed"),
            (cancel(9), "transaction_not_found"),
        ],
    );
    assert_eq!(balance(&practice), 105_000);
    assert_eq!(practice.books(), [], "clients' money is elsewhere");
}

#[test]
fn a_refused_record_takes_no_number() {
    let of = |client: Option<&str>, case: Option<&str>| {
        let (client, case) = (client.map(Ref::parse), case.map(Ref::parse));
        let details = TransactionDetails { client, case, ..TransactionDetails::default() };
        CreateTransaction { details, ..new(TransactionType::Income, "1", None) }
    };
    check(
        &mut Practice::new(),
        vec![
            (income("0"), "amount_required"),
            (income("0.001"), "amount_too_precise"),
            (of(Some("CLT-2026-0009"), None).into(), "client_not_found"),
            (of(None, Some("9")).into(), "case_not_found"),
            (of(Some("CLT-2026-0001"), None).into(), "TXN-202606-00001 income 1 completed"),
            (income("2"), "TXN-202606-00002 income 2 completed"),
        ],
    );
}

#[test]
fn a_cancelled_record_stays_as_it_is() {
    let costs =
        |n, text: &str| Command::from(UpdateTransaction { amount: Some(amount(text)), ..edit(n) });
    let read_at = |version| UpdateTransaction { version: Some(version), ..edit(1) };
    check(
        &mut Practice::new(),
        vec![
            (income("10"), "TXN-202606-00001 income 10 completed"),
            (costs(1, "11"), "TXN-202606-00001 income 11 completed"),
            (costs(1, "0"), "amount_required"),
            (read_at(0).into(), "version_conflict"),
            (
                UpdateTransaction { kind: Some(TransactionType::Expense), ..read_at(1) }.into(),
                "TXN-202606-00001 expense 11 completed",
            ),
            (become_(1, Progress::Pending), "transaction_completed"),
            (become_(1, Progress::Completed), "TXN-202606-00001 expense 11 completed"),
            (cancel(1), "TXN-202606-00001 expense 11 cancelled"),
            (costs(1, "12"), "transaction_cancelled"),
            (become_(1, Progress::Completed), "transaction_cancelled"),
            (costs(2, "12"), "transaction_not_found"),
        ],
    );
}

#[test]
fn what_has_happened_did_not_happen_tomorrow() {
    let on = |date: &str| {
        let date = Some(moment(date));
        TransactionDetails { date, ..TransactionDetails::default() }
    };
    let new = |date: &str, progress| CreateTransaction {
        details: on(date),
        ..new(TransactionType::Income, "5", Some(progress))
    };
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (new("2026-06-02", Progress::Completed).into(), "date_in_future"),
            (new("2026-05-01", Progress::Completed).into(), "TXN-202606-00001 income 5 completed"),
            (UpdateTransaction { details: on("2026-06-02"), ..edit(1) }.into(), "date_in_future"),
            (new("2026-06-02", Progress::Pending).into(), "TXN-202606-00002 income 5 pending"),
            (become_(2, Progress::Completed), "date_in_future"),
        ],
    );
    practice.now += crate::practice::DAY_MICROS;
    check(
        &mut practice,
        vec![(become_(2, Progress::Completed), "TXN-202606-00002 income 5 completed")],
    );
}

#[test]
fn a_deletion_takes_nothing_out_of_the_balance() {
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (income("10"), "TXN-202606-00001 income 10 completed"),
            (pending("20"), "TXN-202606-00002 income 20 pending"),
            (income("30"), "TXN-202606-00003 income 30 completed"),
            (delete(&[1]), "not_deletable"),
            (delete(&[2, 3]), "not_deletable"),
            (delete(&[2, 9]), "transaction_not_found"),
            (cancel(3), "TXN-202606-00003 income 30 cancelled"),
            (delete(&[2, 3, 2]), "2 deleted"),
            (delete(&[2]), "transaction_not_found"),
            (cancel(2), "transaction_not_found"),
            (delete(&[1; 101]), "too_many_ids"),
            // The numbers of what was deleted stay taken.
            (income("1"), "TXN-202606-00004 income 1 completed"),
        ],
    );
    assert_eq!(balance(&practice), 1_100);
}

#[test]
fn the_books_are_kept_by_who_may() {
    let mut practice = Practice::new();
    for (n, role, expected) in [
        (10, Role::Accountant, "TXN-202606-00001 income 1 completed"),
        (11, Role::Partner, "forbidden"),
        (12, Role::Lawyer, "forbidden"),
        (13, Role::Client, "forbidden"),
    ] {
        (practice.user, practice.role) = (n, role);
        check(&mut practice, vec![(income("1"), expected)]);
    }
}
