//! The checker across accounts: what each transaction appended and read, and which must come before which.

use probe::check::{Verdict, cycles::Txn, cycles::check};

/// Appended elements of lists, and lists as they were read, within an interval; `None`: it never ended.
fn txn(
    op: usize,
    (call, ret): (u64, Option<u64>),
    appends: &[(&str, i64)],
    reads: &[(&str, &[i64])],
) -> Txn {
    let appends = appends.iter().map(|(list, element)| ((*list).to_owned(), *element)).collect();
    let reads = reads.iter().map(|(list, all)| ((*list).to_owned(), all.to_vec())).collect();
    Txn { op, call, ret, appends, reads }
}

fn why(txns: &[Txn]) -> String {
    match check(txns) {
        Verdict::Violated { why, .. } => why,
        other => format!("{other:?}"),
    }
}

const AT_ONCE: (u64, Option<u64>) = (0, Some(100));

#[test]
fn what_had_ended_is_seen() {
    let read_at = |call| {
        let add = txn(7, (0, Some(10)), &[("r", 1)], &[]);
        why(&[add, txn(8, (call, Some(30)), &[], &[("r", &[])])])
    };
    assert_eq!(
        read_at(11),
        "T7 must precede T8 because T7 had ended when T8 began; T8 must precede T7 because T8 did not \
         see T7's 1 in r"
    );
    assert_eq!((read_at(10), read_at(5)), ("Ok".to_owned(), "Ok".to_owned()));
}

#[test]
fn what_nobody_knows_of_need_not_be_seen_and_may_be() {
    let read = |seen: &[i64]| {
        let add = txn(7, (0, None), &[("r", 1)], &[]);
        why(&[add, txn(8, (50, Some(60)), &[], &[("r", seen)])])
    };
    assert_eq!((read(&[]), read(&[1])), ("Ok".to_owned(), "Ok".to_owned()));
}

#[test]
fn the_order_of_a_list_is_held_against_the_clock() {
    let listed = |order: &[i64]| {
        let one = txn(1, (0, Some(10)), &[("r", 1)], &[]);
        let two = txn(2, (20, Some(30)), &[("r", 2)], &[]);
        why(&[one, two, txn(3, (40, Some(50)), &[], &[("r", order)])])
    };
    assert_eq!(listed(&[1, 2]), "Ok");
    assert_eq!(
        listed(&[2, 1]),
        "T1 must precede T2 because T1 had ended when T2 began; T2 must precede T1 because r has T2's 2 \
         before T1's 1"
    );
}

#[test]
fn a_list_is_only_appended_to() {
    let read = |first: &[i64], second: &[i64]| {
        let reads = |op, list| txn(op, AT_ONCE, &[], &[("r", list)]);
        check(&[reads(1, first), reads(2, second), reads(3, first)])
    };
    for (first, second) in [(&[1, 2][..], &[1][..]), (&[1], &[1, 2]), (&[1, 2], &[1, 2])] {
        assert_eq!(read(first, second), Verdict::Ok);
    }
    for (first, second) in [(&[1, 2][..], &[2][..]), (&[2], &[1, 2]), (&[1, 2], &[1, 3])] {
        let Verdict::Violated { why, ops } = read(first, second) else {
            panic!("{first:?} and {second:?} are let pass")
        };
        assert!(why.contains("neither is the other's beginning"), "{why}");
        assert_eq!(ops, [1, 2]);
    }
}

#[test]
fn two_that_each_missed_the_other_are_a_cycle_and_two_of_which_one_saw_are_none() {
    let skew = |second_saw: &[i64]| {
        let one = txn(1, AT_ONCE, &[("r", 1)], &[("s", &[])]);
        why(&[one, txn(2, AT_ONCE, &[("s", 2)], &[("r", second_saw)])])
    };
    assert_eq!(skew(&[1]), "Ok");
    assert!(skew(&[]).contains("T1 did not see T2's 2 in s"), "{}", skew(&[]));
}

#[test]
fn what_was_missed_is_the_next_in_the_list_and_not_all_that_follow() {
    // 3 reads one of two; who read both comes after the writers.
    let txns = [
        txn(1, AT_ONCE, &[("r", 1)], &[]),
        txn(2, AT_ONCE, &[("r", 2)], &[]),
        txn(3, AT_ONCE, &[], &[("r", &[1]), ("s", &[5])]),
        txn(4, AT_ONCE, &[("s", 5)], &[("r", &[1, 2])]),
    ];
    // 4 saw 2, which 3 did not; 3 saw what 4 appended.
    let Verdict::Violated { why, ops } = check(&txns) else { panic!("let pass") };
    assert_eq!(ops, [2, 4, 3]);
    assert_eq!(
        why,
        "T2 must precede T4 because T4 read T2's 2 in r; T4 must precede T3 because T3 read T4's 5 in \
         s; T3 must precede T2 because T3 did not see T2's 2 in r"
    );
}

#[test]
fn the_shortest_of_several_cycles_is_told() {
    let txns = [
        // Three in a ring …
        txn(1, AT_ONCE, &[("a", 1)], &[("c", &[3])]),
        txn(2, AT_ONCE, &[("b", 2)], &[("a", &[1])]),
        txn(3, AT_ONCE, &[("c", 3)], &[("b", &[2])]),
        // … and two that each missed the other.
        txn(4, AT_ONCE, &[("r", 4)], &[("s", &[])]),
        txn(5, AT_ONCE, &[("s", 5)], &[("r", &[])]),
    ];
    let Verdict::Violated { ops, .. } = check(&txns) else { panic!("let pass") };
    assert_eq!(ops, [4, 5]);
    let Verdict::Violated { ops, .. } = check(&txns[..3]) else { panic!("let pass") };
    assert_eq!(ops.len(), 3);
}
