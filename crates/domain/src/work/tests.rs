//! Time and expenses, line by line: what is asked and what comes of it.

use crate::{
    Command, Id, Ref, Rejection, Role,
    billing::delete_clients::DeleteClients,
    invoicing::{
        create::{Content, CreateInvoice},
        delete::DeleteInvoice,
        lines::LineInput,
    },
    matters::{Standing, create_case::CreateCase},
    practice::{Practice, amount, moment},
    reply::Shown,
    rows::{Expense, LineKind, TimeEntry},
    work::{
        Verdict,
        create_expense::CreateExpense,
        delete_expense::DeleteExpense,
        delete_time::DeleteTime,
        log_time::LogTime,
        review_expense::ReviewExpense,
        review_time::ReviewTime,
        start_timer::StartTimer,
        stop_timer::StopTimer,
        update_expense::{ExpenseEdit, UpdateExpense},
        update_time::{TimeEdit, UpdateTime},
    },
};

const SECOND_MICROS: i64 = 1_000_000;
const HOUR_MICROS: i64 = 3_600 * SECOND_MICROS;

/// Minutes, amount and review of time, amount and review of an expense, or the refusal's code.
fn told(shown: Result<Shown, Rejection>) -> String {
    match shown {
        Ok(Shown::TimeEntry { entry, .. }) => {
            let running = if entry.started_at.is_some() { " running" } else { "" };
            format!("{} {} {}{running}", entry.minutes, entry.amount, entry.review.name())
        }
        Ok(Shown::Expense { expense, .. }) => {
            format!("{} {}", expense.amount, expense.review.name())
        }
        Ok(_) => "done".into(),
        Err(rejection) => rejection.code().into(),
    }
}

fn check(practice: &mut Practice, lines: Vec<(Command, &str)>) {
    for (n, (command, expected)) in lines.into_iter().enumerate() {
        let asked = format!("line {}: {command:?}", n + 1);
        assert_eq!(told(practice.ask(command)), expected, "{asked}");
    }
}

fn work(minutes: i64, hourly_rate: &str) -> LogTime {
    LogTime {
        client: None,
        case: None,
        date: None,
        minutes,
        hourly_rate: amount(hourly_rate),
        currency: None,
        billable: None,
        description: None,
    }
}

fn timer(hourly_rate: Option<&str>) -> StartTimer {
    StartTimer {
        client: None,
        case: None,
        hourly_rate: hourly_rate.map(amount),
        currency: None,
        billable: None,
        description: None,
    }
}

fn outlay(text: &str) -> CreateExpense {
    CreateExpense {
        client: None,
        case: None,
        date: None,
        amount: amount(text),
        currency: None,
        category: None,
        billable: None,
        description: None,
    }
}

fn stop() -> Command {
    StopTimer::default().into()
}

/// An hour at 100, or a timer.
fn entry_of(practice: &mut Practice, command: impl Into<Command>) -> TimeEntry {
    let shown = practice.ask(command).unwrap();
    let Shown::TimeEntry { entry, .. } = shown else { panic!("{shown:?}") };
    (*entry).clone()
}

fn expense_of(practice: &mut Practice, command: impl Into<Command>) -> Expense {
    let shown = practice.ask(command).unwrap();
    let Shown::Expense { expense, .. } = shown else { panic!("{shown:?}") };
    (*expense).clone()
}

fn edit_time(entry: Id<TimeEntry>, version: Option<i64>, edit: TimeEdit) -> Command {
    UpdateTime { entry: Ref::Id(entry), version, edit }.into()
}

fn review(entry: Id<TimeEntry>, verdict: Verdict) -> Command {
    ReviewTime { entry: Ref::Id(entry), verdict }.into()
}

fn delete(entry: Id<TimeEntry>) -> Command {
    DeleteTime { entry: Ref::Id(entry) }.into()
}

fn edit_expense(expense: Id<Expense>, edit: ExpenseEdit) -> Command {
    UpdateExpense { expense: Ref::Id(expense), version: None, edit }.into()
}

fn lasts(minutes: i64) -> TimeEdit {
    TimeEdit { minutes: Some(minutes), ..TimeEdit::default() }
}

/// An invoice with one line, for an hour of work or an outlay.
fn bill(entry: Option<Id<TimeEntry>>, expense: Option<Id<Expense>>) -> Command {
    let line = LineInput {
        kind: if entry.is_some() { LineKind::Time } else { LineKind::Expense },
        description: None,
        quantity: None,
        unit_price: Some(amount("100")),
        discount: None,
        taxable: true,
        time_entry: entry.map(Ref::Id),
        expense: expense.map(Ref::Id),
    };
    let content = Content { lines: Some(vec![line]), ..Content::default() };
    CreateInvoice { client: Ref::parse("CLT-2026-0001"), currency: None, content }.into()
}

fn delete_invoice() -> Command {
    DeleteInvoice { invoice: Ref::parse("INV-202606-0001") }.into()
}

#[test]
fn time_is_worth_its_part_of_an_hour_rounded_half_up() {
    check(
        &mut Practice::new(),
        vec![
            (work(90, "500").into(), "90 750 pending"),
            (work(1, "100").into(), "1 1.67 pending"),
            (work(20, "100").into(), "20 33.33 pending"),
            (work(30, "0.01").into(), "30 0.01 pending"),
            (work(29, "0.01").into(), "29 0 pending"),
            (work(45, "0").into(), "45 0 pending"),
            (work(1_440, "100").into(), "1440 2400 pending"),
        ],
    );
}

#[test]
fn time_has_a_length_a_price_and_a_day_that_has_come() {
    let on = |date: &str| LogTime { date: Some(moment(date)), ..work(60, "100") };
    check(
        &mut Practice::new(),
        vec![
            (work(0, "100").into(), "minutes_required"),
            (work(-5, "100").into(), "minutes_required"),
            (work(1_441, "100").into(), "minutes_required"),
            (work(60, "-1").into(), "amount_required"),
            (work(60, "0.001").into(), "amount_too_precise"),
            // A day of it could not be added up.
            (work(1, "500000000000").into(), "amount_too_large"),
            (on("2026-06-02").into(), "date_in_future"),
            (on("2026-05-30").into(), "60 100 pending"),
        ],
    );
}

#[test]
fn a_case_brings_its_client() {
    let mut practice = Practice::new();
    practice.client("سارة");
    let case = |number: &str, client: &str, standing| CreateCase {
        title: "نزاع".into(),
        number: Some(number.into()),
        client: Some(Ref::parse(client)),
        standing: Some(standing),
        description: None,
    };
    practice.ask(case("1", "CLT-2026-0001", Standing::Active)).unwrap();
    practice.ask(case("2", "CLT-2026-0002", Standing::Closed { outcome: None })).unwrap();
    let on = |client: Option<&str>, case: Option<&str>| LogTime {
        client: client.map(Ref::parse),
        case: case.map(Ref::parse),
        ..work(60, "100")
    };
    let mut tagged = |command: Command| match practice.ask(command) {
        Ok(Shown::TimeEntry { parties, .. }) => {
            let client = parties.client.map_or("-".into(), |client| client.number.clone());
            let case = parties.case.and_then(|case| case.number.clone()).unwrap_or("-".into());
            format!("{client} {case}")
        }
        other => told(other),
    };
    for (client, case, expected) in [
        (None, None, "- -"),
        (None, Some("1"), "CLT-2026-0001 1"),
        (Some("CLT-2026-0002"), None, "CLT-2026-0002 -"),
        (Some("CLT-2026-0002"), Some("1"), "CLT-2026-0002 1"),
        (Some("CLT-2026-0009"), Some("9"), "client_not_found"),
        (None, Some("9"), "case_not_found"),
    ] {
        assert_eq!(tagged(on(client, case).into()), expected, "{client:?} {case:?}");
    }
    let entry = entry_of(&mut practice, on(None, Some("1"))).id;
    let move_to = |case: &str| {
        edit_time(entry, None, TimeEdit { case: Some(Ref::parse(case)), ..TimeEdit::default() })
    };
    let Ok(Shown::TimeEntry { parties, .. }) = practice.ask(move_to("2")) else { panic!() };
    assert_eq!(parties.client.unwrap().number, "CLT-2026-0002");
    practice.ask(DeleteClients { clients: vec![Ref::parse("CLT-2026-0002")] }).unwrap();
    check(
        &mut practice,
        vec![
            (on(None, Some("2")).into(), "client_not_found"),
            (on(Some("CLT-2026-0001"), Some("2")).into(), "60 100 pending"),
        ],
    );
    let Ok(Shown::TimeEntry { parties, .. }) = practice.ask(edit_time(entry, None, lasts(5)))
    else {
        panic!()
    };
    assert_eq!(parties.client.unwrap().number, "CLT-2026-0002", "an edit leaves it alone");
}

#[test]
fn an_edit_is_worth_what_it_says_and_is_looked_at_anew() {
    let mut practice = Practice::new();
    let entry = entry_of(&mut practice, work(60, "100")).id;
    let rate = TimeEdit { hourly_rate: Some(amount("200")), ..TimeEdit::default() };
    check(
        &mut practice,
        vec![
            (edit_time(entry, Some(0), lasts(90)), "90 150 pending"),
            (edit_time(entry, Some(0), lasts(60)), "version_conflict"),
            (edit_time(entry, Some(1), lasts(0)), "minutes_required"),
            (review(entry, Verdict::Approve), "90 150 approved"),
            (review(entry, Verdict::Reject), "already_decided"),
            (review(entry, Verdict::Approve), "already_decided"),
            (edit_time(entry, None, rate), "90 300 pending"),
            (review(entry, Verdict::Reject), "90 300 rejected"),
            (review(entry, Verdict::Approve), "already_decided"),
            (delete(entry), "done"),
            (delete(entry), "time_entry_not_found"),
            (edit_time(entry, None, lasts(60)), "time_entry_not_found"),
            (review(entry, Verdict::Approve), "time_entry_not_found"),
        ],
    );
}

#[test]
fn what_stands_on_an_invoice_does_not_change() {
    let mut practice = Practice::new();
    let entry = entry_of(&mut practice, work(60, "100")).id;
    let expense = expense_of(&mut practice, outlay("40")).id;
    let spent = |text: &str| ExpenseEdit { amount: Some(amount(text)), ..ExpenseEdit::default() };
    let delete_expense = || Command::from(DeleteExpense { expense: Ref::Id(expense) });
    let reviewed = |verdict| Command::from(ReviewExpense { expense: Ref::Id(expense), verdict });
    check(
        &mut practice,
        vec![
            (bill(Some(entry), None), "done"),
            (edit_time(entry, None, lasts(90)), "billed"),
            (delete(entry), "billed"),
            (review(entry, Verdict::Reject), "billed"),
            (review(entry, Verdict::Approve), "60 100 approved"),
            (delete_invoice(), "done"),
            (edit_time(entry, None, lasts(90)), "90 150 pending"),
            (delete(entry), "done"),
            (bill(Some(entry), None), "time_entry_not_found"),
            (bill(None, Some(expense)), "done"),
            (edit_expense(expense, spent("50")), "billed"),
            (delete_expense(), "billed"),
            (reviewed(Verdict::Reject), "billed"),
            (reviewed(Verdict::Approve), "40 approved"),
        ],
    );
}

#[test]
fn an_expense_is_written_down_looked_at_once_and_deleted() {
    let mut practice = Practice::new();
    let on = |date: &str| CreateExpense { date: Some(moment(date)), ..outlay("40") };
    let expense = expense_of(&mut practice, on("2026-05-31")).id;
    let spent = |text: &str| ExpenseEdit { amount: Some(amount(text)), ..ExpenseEdit::default() };
    let reviewed = |verdict| Command::from(ReviewExpense { expense: Ref::Id(expense), verdict });
    let stale = UpdateExpense { expense: Ref::Id(expense), version: Some(7), edit: spent("1") };
    let ahead = ExpenseEdit { date: Some(moment("2026-06-02")), ..ExpenseEdit::default() };
    check(
        &mut practice,
        vec![
            (outlay("0").into(), "amount_required"),
            (on("2026-06-02").into(), "date_in_future"),
            (stale.into(), "version_conflict"),
            (edit_expense(expense, spent("0")), "amount_required"),
            (edit_expense(expense, ahead), "date_in_future"),
            (edit_expense(expense, spent("55.5")), "55.5 pending"),
            (reviewed(Verdict::Reject), "55.5 rejected"),
            (reviewed(Verdict::Approve), "already_decided"),
            (edit_expense(expense, spent("55")), "55 pending"),
            (reviewed(Verdict::Approve), "55 approved"),
            (DeleteExpense { expense: Ref::Id(expense) }.into(), "done"),
            (DeleteExpense { expense: Ref::Id(expense) }.into(), "expense_not_found"),
            (reviewed(Verdict::Approve), "expense_not_found"),
            (edit_expense(expense, spent("1")), "expense_not_found"),
        ],
    );
}

#[test]
fn a_timer_counts_begun_minutes_up_to_a_day() {
    for (elapsed, expected) in [
        (0, "1 10 pending"),
        (SECOND_MICROS, "1 10 pending"),
        (60 * SECOND_MICROS, "1 10 pending"),
        (60 * SECOND_MICROS + 1, "2 20 pending"),
        (HOUR_MICROS, "60 600 pending"),
        (24 * HOUR_MICROS, "1440 14400 pending"),
        (30 * HOUR_MICROS, "1440 14400 pending"),
    ] {
        let mut practice = Practice::new();
        practice.ask(timer(Some("600"))).unwrap();
        practice.now += elapsed;
        assert_eq!(told(practice.ask(stop())), expected, "{elapsed}");
    }
}

#[test]
fn a_user_has_one_timer_at_a_time() {
    let mut practice = Practice::new();
    check(
        &mut practice,
        vec![
            (stop(), "timer_not_running"),
            (timer(Some("500000000000")).into(), "amount_too_large"),
            (timer(None).into(), "0 0 pending running"),
            (timer(None).into(), "timer_running"),
        ],
    );
    practice.user = 4;
    practice.now += HOUR_MICROS;
    check(
        &mut practice,
        vec![
            // Another's timer is not this user's.
            (stop(), "timer_not_running"),
            (timer(Some("10")).into(), "0 0 pending running"),
        ],
    );
    practice.user = 3;
    practice.now += HOUR_MICROS;
    check(
        &mut practice,
        vec![
            (stop(), "120 0 pending"),
            (stop(), "timer_not_running"),
            (timer(Some("10")).into(), "0 0 pending running"),
        ],
    );
}

#[test]
fn running_time_has_no_length_yet() {
    let mut practice = Practice::new();
    let started = entry_of(&mut practice, timer(Some("100")));
    let entry = started.id;
    let rate = |text: &str| TimeEdit { hourly_rate: Some(amount(text)), ..TimeEdit::default() };
    check(
        &mut practice,
        vec![
            (edit_time(entry, None, lasts(60)), "timer_running"),
            (review(entry, Verdict::Approve), "timer_running"),
            (bill(Some(entry), None), "not_billable"),
            (edit_time(entry, None, rate("500000000000")), "amount_too_large"),
            (edit_time(entry, None, rate("240")), "0 0 pending running"),
        ],
    );
    // It belongs to the day on which it was begun.
    practice.now += 20 * HOUR_MICROS;
    let stopped = entry_of(&mut practice, StopTimer { description: Some("مرافعة".into()) });
    assert_eq!((stopped.minutes, stopped.amount.minor()), (1_200, 480_000));
    assert_eq!((stopped.day, stopped.description.as_deref()), (started.day, Some("مرافعة")));
    let entry = entry_of(&mut practice, timer(None)).id;
    check(
        &mut practice,
        vec![
            (delete(entry), "done"),
            (stop(), "timer_not_running"),
            (timer(None).into(), "0 0 pending running"),
        ],
    );
}

#[test]
fn work_belongs_to_who_did_it_and_to_who_reviews() {
    let mut practice = Practice::new();
    let entry = entry_of(&mut practice, work(60, "100")).id;
    let expense = expense_of(&mut practice, outlay("40")).id;
    let spent = || ExpenseEdit { amount: Some(amount("50")), ..ExpenseEdit::default() };
    for (n, role, changed, spent_now, reviewed) in [
        (10, Role::Lawyer, "forbidden", "forbidden", "forbidden"),
        (11, Role::Secretary, "forbidden", "forbidden", "forbidden"),
        (12, Role::Partner, "61 101.67 pending", "50 pending", "61 101.67 approved"),
        (13, Role::Accountant, "61 101.67 pending", "50 pending", "61 101.67 approved"),
        (14, Role::Client, "forbidden", "forbidden", "forbidden"),
    ] {
        (practice.user, practice.role) = (n, role);
        check(
            &mut practice,
            vec![
                (edit_time(entry, None, lasts(61)), changed),
                (edit_expense(expense, spent()), spent_now),
                (review(entry, Verdict::Approve), reviewed),
            ],
        );
    }
    (practice.user, practice.role) = (10, Role::Lawyer);
    let own = entry_of(&mut practice, work(30, "100")).id;
    check(
        &mut practice,
        vec![
            (delete(entry), "forbidden"),
            (DeleteExpense { expense: Ref::Id(expense) }.into(), "forbidden"),
            (edit_time(own, None, lasts(60)), "60 100 pending"),
            (delete(own), "done"),
        ],
    );
}
