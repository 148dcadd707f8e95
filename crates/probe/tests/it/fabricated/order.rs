//! The judges of order: J9 to J11 and J17.

use probe::{
    history::{Op, Verb},
    judge::by_id,
};

use super::{Made, check, findings, two_consumes};

#[test]
fn j9_a_version_is_made_twice_or_left_out() {
    let versions = |last| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
        made.race(Verb::Consume, "r", 10).version(1).race(Verb::Consume, "r", 20).version(last)
    };
    check("J9", &versions(2), &versions(1));
    check("J9", &versions(2), &versions(3));
}

#[test]
fn j9_a_step_that_somebody_else_may_have_made_is_no_gap() {
    let gap = |between: fn(Made) -> Made| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
        let made = between(made.race(Verb::Consume, "r", 10).version(1));
        made.race(Verb::Consume, "r", 20).version(3)
    };
    let bad = gap(|made| made);
    check("J9", &gap(|made| made.race(Verb::Consume, "r", 5).unknown()), &bad);
    let transfer = |made: Made| made.with(|op| op.args.to = Some("r".to_owned()));
    let into = |made: Made| made.race(Verb::Transfer, "s", 5);
    check("J9", &transfer(into(gap(|made| made))), &into(bad));
}

#[test]
fn j10_in_the_order_that_was_told_two_changes_are_not_one() {
    let told = |second| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
        let made = made.race(Verb::Deposit, "r", 10).version(1);
        made.race(Verb::Deposit, "r", 10).version(second).together()
    };
    check("J10", &told(2), &told(1));
}

#[test]
fn j10_no_order_explains_the_answers() {
    let reads = |first, second| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).race(Verb::Consume, "r", 60);
        let made = made.race(Verb::ReadRetainer, "r", 0).balance(first);
        made.race(Verb::ReadRetainer, "r", 0).balance(second).together()
    };
    check("J10", &reads(100, 40), &reads(100, 41));
    check(
        "J10",
        &two_consumes().refused(),
        &two_consumes().with(|op| op.args.amount = Some(40_00)).refused(),
    );
}

#[test]
fn j11_a_later_read_shows_less_than_was_acknowledged() {
    let seen = |version| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
        made.race(Verb::Consume, "r", 60)
            .version(1)
            .race(Verb::ReadRetainer, "r", 0)
            .version(version)
    };
    check("J11", &seen(1), &seen(0));
}

#[test]
fn j11_a_repetition_that_is_answered_late_shows_what_was_made_early() {
    let key = |op: &mut Op| op.key = Some("k".to_owned());
    let made = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
    let made = made.race(Verb::Consume, "r", 10).with(key).version(1);
    let made = made.race(Verb::Consume, "r", 20).version(2);
    let mut made = made.race(Verb::Consume, "r", 10).with(key).version(1);
    assert_eq!(findings("J11", &made), 0);
    // Whichever comes first in the history.
    made.0.ops.swap(1, 3);
    assert_eq!(findings("J11", &made), 0);
}

#[test]
fn j17_two_readers_see_two_movements_in_opposite_orders() {
    let fork = |second: (&[i64], &[i64])| {
        let made =
            Made::new().setup(Verb::OpenRetainer, "r", 100).setup(Verb::OpenRetainer, "s", 100);
        let made = made.race(Verb::Consume, "r", 1).race(Verb::Consume, "s", 2);
        let look = |made: Made, r: &[i64], s: &[i64]| {
            let lists = [("r".to_owned(), r.to_vec()), ("s".to_owned(), s.to_vec())];
            made.race(Verb::Snapshot, "", 0).with(|op| op.seen.lists = lists.into())
        };
        let made = look(made, &[100, -1], &[100]);
        let made = look(made, second.0, second.1).together();
        let rest = [("r".to_owned(), vec![100, -1]), ("s".to_owned(), vec![100, -2])];
        made.rest(Verb::Snapshot, "").with(|op| op.seen.lists = rest.into())
    };
    check("J17", &fork((&[100, -1], &[100, -2])), &fork((&[100], &[100, -2])));
    let cycle = fork((&[100], &[100, -2]));
    let finding = &by_id("J17").unwrap().findings(&cycle.0)[0];
    assert!(
        finding.text.contains("T2 must precede T4 because T4 read T2's -1 in r"),
        "{}",
        finding.text
    );
}

#[test]
fn j11_what_ends_as_another_begins_was_not_before_it() {
    let seen = |gap: u64| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
        let made = made.race(Verb::Consume, "r", 60).version(1);
        let mut made = made.race(Verb::ReadRetainer, "r", 0).version(0);
        made.0.ops[2].call_ns = made.0.ops[1].ret_ns.unwrap() + gap;
        made
    };
    check("J11", &seen(0), &seen(1));
}

#[test]
fn j11_of_repetitions_the_first_answer_is_when_it_was_made() {
    let seen = |version| {
        let key = |op: &mut Op| op.key = Some("k".to_owned());
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).version(0);
        let made = made.race(Verb::Consume, "r", 10).with(key).version(1);
        let mut made = made.race(Verb::Consume, "r", 10).with(key).version(1);
        made.0.ops[1].ret_ns = Some(1_000);
        made.race(Verb::Consume, "r", 20).version(version)
    };
    check("J11", &seen(2), &seen(1));
}

#[test]
fn j17_what_was_refused_is_no_transaction() {
    let made = |refuse: fn(Made) -> Made| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100);
        let made = refuse(made.race(Verb::Consume, "r", 9)).rest(Verb::Snapshot, "");
        made.with(|op| op.seen.lists = [("r".to_owned(), vec![100])].into())
    };
    check("J17", &made(Made::refused), &made(|made| made));
}

#[test]
fn j17_deposits_and_both_ends_of_a_transfer_are_transactions() {
    let read = |verb, list: &str, elements: &[i64]| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).race(verb, "r", 9);
        let made = made.with(|op| op.args.to = Some("s".to_owned())).rest(Verb::Snapshot, "");
        made.with(|op| op.seen.lists = [(list.to_owned(), elements.to_vec())].into())
    };
    check("J17", &read(Verb::Deposit, "r", &[100, 9]), &read(Verb::Deposit, "r", &[100]));
    check("J17", &read(Verb::Transfer, "r", &[100, -9]), &read(Verb::Transfer, "r", &[100]));
    check("J17", &read(Verb::Transfer, "s", &[9]), &read(Verb::Transfer, "s", &[]));
}
