//! The judges of numbers: J5, J6 and J22.

use probe::history::{Op, Verb};

use super::{Made, check, findings};

fn numbered(numbers: &[&str]) -> Made {
    let mut made = Made::new();
    for (n, number) in numbers.iter().enumerate() {
        made = made.race(Verb::CreatePayment, &format!("p{n}"), 1);
        made = made.with(|op| op.seen.number = Some((*number).to_owned()));
    }
    made
}

#[test]
fn j5_a_number_is_given_twice() {
    let good = numbered(&["PAY-2025-0001", "PAY-2025-0002"]);
    check("J5", &good, &numbered(&["PAY-2025-0001", "PAY-2025-0001"]));
}

#[test]
fn j5_what_one_key_made_twice_is_another_judges_question() {
    let made = |key: &str| {
        let keyed = |op: &mut Op| op.seen.number = Some("PAY-2025-0001".to_owned());
        let made = Made::new().race(Verb::CreatePayment, "p", 1).with(keyed);
        let made = made.with(|op| op.key = Some("k".to_owned()));
        let made = made.race(Verb::CreatePayment, "q", 1).with(keyed);
        made.with(|op| op.key = Some(key.to_owned()))
    };
    check("J5", &made("k"), &made("l"));
}

#[test]
fn j6_a_number_is_missing() {
    let good = numbered(&["PAY-2025-0009", "PAY-2025-0011", "PAY-2025-0010"]);
    check("J6", &good, &numbered(&["PAY-2025-0009", "PAY-2025-0011"]));
}

#[test]
fn j22_a_number_has_another_year_in_it() {
    let clock = |made: Made, time: &str| {
        made.race(Verb::SetClock, "", 0).with(|op| op.args.value = Some(time.to_owned()))
    };
    let given = |before: &str, after: &str| {
        let number = |number: &str| {
            let number = Some(number.to_owned());
            move |op: &mut Op| op.seen.number = number
        };
        let made = clock(Made::new(), "2030-12-30 12:00:00");
        let made = made.race(Verb::CreatePayment, "p", 1).with(number(before));
        let made = clock(made, "2031-01-02 12:00:00");
        made.race(Verb::CreatePayment, "q", 1).with(number(after))
    };
    let good = given("PAY-2030-0001", "PAY-2031-0001");
    check("J22", &good, &given("PAY-2031-0001", "PAY-2031-0002"));
    check("J22", &good, &given("PAY-2030-0001", "PAY-2030-0002"));
    check("J22", &given("INV-203012-0001", "INV-203101-0001"), &given("PAY-0001", "PAY-0002"));
    check("J22", &good, &given("PAY-2030-0001", "PAY-0002-2031"));
}

#[test]
fn j22_while_the_clock_is_being_set_both_years_are_right() {
    let during = |number: &str| {
        let mut made = Made::new().race(Verb::SetClock, "", 0);
        made = made.race(Verb::CreatePayment, "p", 1).race(Verb::SetClock, "", 0);
        made.0.ops[0].args.value = Some("2030-12-30 12:00:00".to_owned());
        made.0.ops[2].args.value = Some("2031-01-02 12:00:00".to_owned());
        made.0.ops[1].ret_ns = Some(made.0.ops[2].call_ns);
        made.0.ops[1].seen.number = Some(number.to_owned());
        made
    };
    check("J22", &during("PAY-2030-0001"), &during("PAY-2029-0001"));
    check("J22", &during("PAY-2031-0001"), &during("PAY-2032-0001"));
}

#[test]
fn numbers_of_earlier_rounds_are_remembered() {
    let mut numbers = probe::tally::Numbers::default();
    let mut round = |id: &str, number: &str| {
        let made = Made::new().race(Verb::CreatePayment, id, 1);
        let mut made = made.with(|op| op.seen.number = Some(number.to_owned()));
        let is_any = numbers.recall(&mut made.0);
        assert_eq!(is_any, findings("J5", &made) > 0);
        is_any
    };
    assert!(!round("p", "PAY-2030-0001") && !round("q", "PAY-2030-0002"));
    assert!(!round("p", "PAY-2030-0001"), "the same document keeps its number");
    assert!(round("r", "PAY-2030-0001"));
}
