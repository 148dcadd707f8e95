//! What J10 gives the checkers to explain, object by object.

use probe::{
    check::{Event, Said},
    history::{Op, Outcome, Phase, Verb},
    judge::of_one_object,
};

use super::{Made, check};

/// An object's start, its version if it counts, and each event as `operation act answer version`.
fn seen_of(made: &Made, object: &str) -> String {
    let creation = made.0.ops.iter().find(|op| op.verb.is_creation() && op.is_on(object)).unwrap();
    let Some((_, start, version, events)) = of_one_object(&made.0, creation) else {
        return "nothing".to_owned();
    };
    let said = |event: &Event| match event.said {
        None => "?".to_owned(),
        Some(Said::No) => "no".to_owned(),
        Some(Said::Done { amount, stage }) => format!("{amount:?} {stage:?}"),
    };
    let event = |event: &Event| {
        let version = event.version.map(|version| format!(" v{version}")).unwrap_or_default();
        format!("{} {:?} {}{version}", event.op, event.act, said(event))
    };
    let head = format!("{} {:?} {version:?}", start.amount, start.stage);
    let lines: Vec<String> = [head].into_iter().chain(events.iter().map(event)).collect();
    lines.join("; ").replace("Some(", "").replace(')', "").replace('(', " ")
}

#[test]
fn accounts_see_every_movement_that_is_theirs() {
    let to = |account: &str| {
        let account = Some(account.to_owned());
        move |op: &mut Op| op.args.to = account
    };
    let into = |account: &str| {
        let account = Some(account.to_owned());
        move |op: &mut Op| op.args.retainer = account
    };
    let made = Made::new().setup(Verb::OpenRetainer, "r", 100).setup(Verb::OpenRetainer, "s", 50);
    let made = made.race(Verb::Deposit, "r", 1).balance(101).status("active");
    let made = made.race(Verb::Consume, "r", 2).refused().race(Verb::Withdraw, "r", 3).unknown();
    let made = made.race(Verb::Transfer, "r", 4).with(to("s")).balance(97);
    let made = made.race(Verb::Transfer, "s", 5).with(to("r")).balance(49);
    let made = made.race(Verb::Transfer, "s", 6).with(to("r")).refused();
    let others = |made: Made| made.race(Verb::Transfer, "s", 9).with(to("t")).unknown();
    let made = made.race(Verb::CompletePayment, "p", 7).with(into("r")).balance(9);
    let made = made.race(Verb::CompletePayment, "q", 8).with(into("s"));
    let made = made.race(Verb::Consume, "r", 9).with(|op| op.outcome = Outcome::Declined);
    let made = made.race(Verb::CloseRetainer, "r", 0).status("closed");
    let made = made.rest(Verb::ReadRetainer, "r").balance(0).status("depleted");
    let made = made.rest(Verb::ReadRetainer, "r").balance(1).refused();
    let made = made.op(Phase::Restarted, Verb::ReadRetainer, "r", 0).balance(2);
    assert_eq!(
        seen_of(&made, "r"),
        "100 Live None; 2 In 1 101 Live; 3 Out 2 no; 4 Out 3 ?; 5 Out 4 97 None; 6 In 5 None None; \
         8 In 7 None None; 11 End None Ended; 12 Look 0 Live"
    );
    assert_eq!(seen_of(&others(Made(made.0.clone())), "r"), seen_of(&made, "r"));
    assert_eq!(
        seen_of(&made, "s"),
        "50 Live None; 5 In 4 None None; 6 Out 5 49 None; 9 In 8 None None"
    );
}

#[test]
fn payments_invoices_and_jobs_see_what_is_theirs() {
    let of = |invoice: &str| {
        let invoice = Some(invoice.to_owned());
        move |op: &mut Op| op.args.invoice = invoice
    };
    let paid = |paid| move |op: &mut Op| op.seen.paid = Some(paid);
    let counted = |count| move |op: &mut Op| op.seen.count = Some(count);
    let made = Made::new().setup(Verb::CreatePayment, "p", 100).status("pending");
    let made = made.setup(Verb::CreatePayment, "o", 100).setup(Verb::CreateInvoice, "i", 200);
    let made = made.setup(Verb::CreateInvoice, "j", 200).setup(Verb::CreateJob, "k", 0);
    let made = made.setup(Verb::CreateJob, "l", 0);
    let made = made.race(Verb::CompletePayment, "p", 100).with(of("i")).status("completed");
    let made = made.race(Verb::CompletePayment, "p", 100).with(of("i")).refused();
    let made = made.race(Verb::CancelPayment, "p", 0).refused();
    let cancelled = Made(made.0.clone()).race(Verb::CancelPayment, "o", 0);
    assert_eq!(seen_of(&cancelled, "p"), seen_of(&made, "p"));
    let made = made.race(Verb::Refund, "p", 30).with(of("i"));
    let made = made.with(|op| op.seen.refunded = Some(30));
    let made = made.race(Verb::VoidInvoice, "j", 0).with(paid(0)).status("void");
    let made = made.rest(Verb::ReadPayment, "p").status("pending");
    let made = made.rest(Verb::ReadPayment, "p").status("cancelled");
    let made = made.rest(Verb::ReadInvoice, "i").with(paid(70)).status("partial");
    let made = made.race(Verb::Propose, "k", 0).with(counted(1));
    let made = made.race(Verb::Propose, "k", 0).refused();
    let made = made.race(Verb::CloseJob, "k", 0).with(counted(1)).status("cancelled");
    let made = made.rest(Verb::ReadJob, "k").with(counted(1)).status("open");
    assert_eq!(
        seen_of(&made, "p"),
        "0 Pending None; 6 Arrive None Live; 8 End no; 9 Out 30 30 None; 11 Look None Pending; \
         12 Look None Ended"
    );
    assert_eq!(
        seen_of(&made, "i"),
        "0 Live None; 6 In 100 None None; 9 Out 30 None None; 13 Look 70 Live"
    );
    assert_eq!(seen_of(&made, "j"), "0 Live None; 10 End 0 Ended");
    assert_eq!(
        seen_of(&made, "k"),
        "0 Live None; 14 Count 1 None; 15 Count no; 16 End None Ended; 17 Look 1 Live"
    );
    assert_eq!(seen_of(&made, "o"), "0 Pending None");
    assert_eq!(seen_of(&made, "l"), "0 Live None");
}

#[test]
fn versions_count_where_every_change_tells_its_own() {
    let told = |made: Made| made.rest(Verb::ReadRetainer, "r").version(2);
    let one = || {
        let opened = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
        opened.race(Verb::Deposit, "r", 1).version(1)
    };
    let with = "100 Live 0; 1 In 1 None None v1; ";
    let without = with.replace("Live 0", "Live None");
    let refused = told(one().race(Verb::Consume, "r", 200).refused());
    assert_eq!(seen_of(&refused, "r"), format!("{with}2 Out 200 no; 3 Look None None v2"));
    let silent = told(one().race(Verb::Deposit, "r", 2));
    assert_eq!(seen_of(&silent, "r"), format!("{without}2 In 2 None None; 3 Look None None v2"));
    let moved = told(one().race(Verb::EditJob, "r", 0));
    assert_eq!(seen_of(&moved, "r"), format!("{without}3 Look None None v2"));
    for other in [
        told(one().race(Verb::EditJob, "s", 0)),
        told(one().race(Verb::EditJob, "r", 0).refused()),
        told(one().race(Verb::ReadClient, "r", 0).refused()),
    ] {
        assert_eq!(seen_of(&other, "r"), format!("{with}3 Look None None v2"));
    }
}

#[test]
fn an_invoice_that_was_paid_too_much_or_is_void_is_nobodys_model_once_money_went_back() {
    let of = |op: &mut Op| op.args.invoice = Some("i".to_owned());
    let paid = |amount| {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100);
        let made = made.race(Verb::CompletePayment, "p", 60).with(of);
        made.race(Verb::CompletePayment, "q", amount).with(of).race(Verb::CompletePayment, "x", 90)
    };
    let back = |made: Made| made.race(Verb::Refund, "p", 10).with(of);
    let void = |made: Made, which: &str| made.race(Verb::VoidInvoice, which, 0).refused();
    let is_modelled = |made: &Made| seen_of(made, "i") != "nothing";
    assert!(is_modelled(&paid(50)) && is_modelled(&void(paid(40), "i")));
    assert!(is_modelled(&back(paid(40))) && is_modelled(&back(void(paid(40), "j"))));
    assert!(!is_modelled(&back(paid(41))) && !is_modelled(&back(void(paid(40), "i"))));
    let others = paid(50).race(Verb::Refund, "p", 10).with(|op| op.args.invoice = Some("j".into()));
    assert!(is_modelled(&others));
}

#[test]
fn a_document_is_edited_at_the_version_it_was_read_at() {
    let edit = |made: Made, phase, on: &str, version: u64| {
        made.op(phase, Verb::Patch, on, 0).with(|op| op.args.version = Some(version))
    };
    let failed = |made: Made, status: u16, outcome| {
        made.with(|op| (op.status, op.outcome) = (Some(status), outcome))
    };
    let made = Made::new().setup(Verb::CreateClient, "c", 0).setup(Verb::CreateClient, "d", 0);
    let made = edit(made, Phase::Setup, "c", 1);
    let made = edit(made, Phase::Race, "d", 7);
    let made = edit(made, Phase::Race, "c", 3);
    let made = failed(edit(made, Phase::Race, "c", 3), 409, Outcome::Declined);
    let made = failed(edit(made, Phase::Race, "c", 3), 412, Outcome::Refused);
    let made = failed(edit(made, Phase::Race, "c", 3), 429, Outcome::Declined);
    let made = edit(made, Phase::Race, "c", 3).unknown();
    assert_eq!(
        seen_of(&made, "c"),
        "3 Live None; 4 Edit 3 None None; 5 Edit 3 no; 6 Edit 3 no; 8 Edit 3 ?"
    );
    let unversioned = Made::new().setup(Verb::CreateClient, "c", 0).race(Verb::Patch, "c", 0);
    assert_eq!(seen_of(&unversioned, "c"), "nothing");
    let account = Made::new().setup(Verb::OpenRetainer, "r", 100);
    assert_eq!(seen_of(&edit(account, Phase::Race, "c", 3), "r"), "100 Live None");
}

#[test]
fn of_repetitions_the_best_known_answer_counts() {
    let key = |op: &mut Op| op.key = Some("k".to_owned());
    let made = Made::new().setup(Verb::OpenRetainer, "r", 100);
    let made = made.race(Verb::Consume, "r", 10).with(key).balance(1).unknown();
    let made = made.race(Verb::Consume, "r", 10).with(key).balance(90);
    assert_eq!(seen_of(&made, "r"), "100 Live None; 2 Out 10 90 None");
}

#[test]
fn what_was_not_made_needs_no_explanation() {
    let made = |outcome| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).with(|op| op.outcome = outcome);
        made.race(Verb::Consume, "r", 200)
    };
    check("J10", &made(Outcome::Refused), &made(Outcome::Ok));
}
