//! The judge of the monitors: J21.

use probe::history::{Op, Outcome, Verb};

use super::{Made, check};

/// Two consumes between two scrapes, one of them refused and one repeated.
fn scraped(counters: &[(&str, u64, u64)]) -> Made {
    let told = |after: bool| {
        let pick = move |(name, was, is): &(&str, u64, u64)| {
            ((*name).to_owned(), Some(if after { *is } else { *was }))
        };
        counters.iter().map(pick).collect()
    };
    let key = |op: &mut Op| op.key = Some("k".to_owned());
    let made = Made::new().setup(Verb::OpenRetainer, "r", 100).setup(Verb::Consume, "r", 1);
    let made = made.setup(Verb::Metrics, "", 0).with(|op| op.seen.counters = told(false));
    let made = made.race(Verb::Consume, "r", 10).with(key).race(Verb::Consume, "r", 10).with(key);
    let made = made.race(Verb::Consume, "r", 200).refused();
    made.rest(Verb::Metrics, "").with(|op| op.seen.counters = told(true))
}

#[test]
fn j21_the_monitors_are_told_otherwise() {
    let told = |ok: u64, refused, replayed: u64| {
        scraped(&[
            ("consume.ok", 5, 5 + ok),
            ("consume.refused", 0, refused),
            ("consume.replayed", 1, 1 + replayed),
            ("alerts", 0, 0),
        ])
    };
    for wrong in [told(0, 1, 1), told(2, 1, 1), told(1, 0, 1), told(1, 1, 0), told(1, 1, 2)] {
        check("J21", &told(1, 1, 1), &wrong);
    }
    check("J21", &told(1, 1, 1), &scraped(&[("consume.ok", 5, 4)]));
    check(
        "J21",
        &told(1, 1, 1),
        &told(1, 1, 1).with(|op| *op.seen.counters.get_mut("alerts").unwrap() = None),
    );
}

#[test]
fn j21_an_unknown_request_may_be_counted_or_not() {
    let told = |ok| {
        let mut made = scraped(&[("consume.ok", 0, ok)]);
        let unknown = &mut made.0.ops[5];
        (unknown.outcome, unknown.ret_ns, unknown.status) = (Outcome::Unknown, None, None);
        made
    };
    check("J21", &told(1), &told(0));
    check("J21", &told(2), &told(3));
}
