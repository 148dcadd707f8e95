//! The checkers against a brute force that tries every order, against somebody else's checker, and on the
//! cases that are known to be hard.

use probe::check::{Act, Event, NODES_MAX, Said, Stage, State, Thing, Verdict, given, search};
use proptest::prelude::*;
use todc_utils::{Action, History, linearizability::WGLChecker, specifications::Specification};

const START: State = State { amount: 10, stage: Stage::Live };

fn event(op: usize, act: Act, said: Option<Said>, call: u64, ret: Option<u64>) -> Event {
    Event { op, act, said, call, ret, version: None }
}

fn done(amount: Option<i64>) -> Option<Said> {
    Some(Said::Done { amount, stage: None })
}

/// Every order of every subset that holds all answered events.
fn brute_force(thing: Thing, state: State, left: &[Event]) -> bool {
    if left.iter().all(|event| event.said.is_none()) {
        return true;
    }
    (0..left.len()).any(|n| {
        let event = left[n];
        let is_first = left.iter().all(|other| !other.precedes(&event));
        let rest: Vec<Event> = left.iter().filter(|other| other.op != event.op).copied().collect();
        is_first
            && thing
                .step(state, event.act, event.said)
                .is_some_and(|after| brute_force(thing, after, &rest))
    })
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        (1_i64..8).prop_map(Act::In),
        (1_i64..12).prop_map(Act::Out),
        Just(Act::Look),
        Just(Act::End)
    ]
}

/// A run of the model, one act after another, with intervals stretched around the moment of each.
fn runs(len_max: usize) -> impl Strategy<Value = Vec<Event>> {
    let one = (acts(), 0_u64..25, 0_u64..25, any::<bool>());
    prop::collection::vec(one, 1..=len_max).prop_map(|acts| {
        let mut state = START;
        let mut version = 0;
        let mut events = Vec::new();
        for (n, (act, before, after, tells)) in acts.into_iter().enumerate() {
            let moment = 100 + 10 * n as u64;
            let said = match Thing::Account.apply(state, act) {
                None => Some(Said::No),
                Some(next) => {
                    version += u64::from(act != Act::Look);
                    state = next;
                    done((tells || act == Act::Look).then_some(next.amount))
                }
            };
            let (call, ret) = (moment - before, Some(moment + after));
            let made = said.filter(|said| *said != Said::No).map(|_| version);
            events.push(Event { version: made, ..event(n, act, said, call, ret) });
        }
        events
    })
}

fn is_violated(verdict: &Verdict) -> bool {
    assert!(!matches!(verdict, Verdict::Inconclusive { .. }), "so few operations can be searched");
    verdict.is_violated()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn runs_of_the_model_are_accepted_by_both(events in runs(12)) {
        prop_assert!(!is_violated(&search::check(Thing::Account, START, &events, NODES_MAX)));
        let told = given::check(Thing::Account, START, Some(0), &events);
        prop_assert_eq!(told, Some(Verdict::Ok));
    }

    #[test]
    fn an_edited_answer_is_judged_as_by_brute_force(
        mut events in runs(7),
        place in any::<prop::sample::Index>(),
        amount in -2_i64..14,
        edit in 0_u8..3,
    ) {
        let n = place.index(events.len());
        let event = &mut events[n];
        match edit {
            0 => event.said = done(Some(amount)),
            1 => event.said = Some(Said::No),
            _ => (event.said, event.ret) = (None, None),
        }
        let expected = !brute_force(Thing::Account, START, &events);
        let got = search::check(Thing::Account, START, &events, NODES_MAX);
        prop_assert_eq!(is_violated(&got), expected, "{:?}", events);
    }

    #[test]
    fn another_checker_says_the_same(
        mut events in runs(7),
        place in any::<prop::sample::Index>(),
        amount in -2_i64..14,
    ) {
        let n = place.index(events.len());
        events[n].said = done(Some(amount));
        let ours = is_violated(&search::check(Thing::Account, START, &events, NODES_MAX));
        prop_assert_eq!(ours, !theirs(&events), "{:?}", events);
    }

    #[test]
    fn the_given_order_and_the_search_agree_on_edited_answers(
        mut events in runs(8),
        place in any::<prop::sample::Index>(),
        amount in 0_i64..20,
    ) {
        let n = place.index(events.len());
        let is_change = events[n].act != Act::Look && events[n].said != Some(Said::No);
        prop_assume!(is_change || events[n].act == Act::Look);
        events[n].said = done(Some(amount));
        let told = given::check(Thing::Account, START, Some(0), &events);
        let searched = search::check(Thing::Account, START, &events, NODES_MAX);
        // With its order given a history has less to hide behind, never more.
        if is_violated(&searched) {
            prop_assert!(told.is_some_and(|verdict| verdict.is_violated()));
        }
    }
}

/// The account, as the other checker wants it: it knows no start, so the first act brings the money.
struct Account;

impl Specification for Account {
    type State = Option<State>;
    type Operation = (Act, Option<Said>);

    fn init() -> Self::State {
        Some(START)
    }

    fn apply(op: &Self::Operation, state: &Self::State) -> (bool, Self::State) {
        let after = state.and_then(|state| Thing::Account.step(state, op.0, op.1));
        (after.is_some(), after.or(*state))
    }
}

fn theirs(events: &[Event]) -> bool {
    let mut actions: Vec<(u64, u8, usize)> = Vec::new();
    for (n, event) in events.iter().enumerate() {
        actions.push((event.call, 0, n));
        actions.push((event.ret.unwrap(), 1, n));
    }
    // What ends at the moment at which another begins is not before it.
    actions.sort_unstable();
    let actions = actions.into_iter().map(|(_, kind, n)| {
        let op = (events[n].act, events[n].said);
        (n, if kind == 0 { Action::Call(op) } else { Action::Response(op) })
    });
    WGLChecker::<Account>::is_linearizable(History::from_actions(actions.collect()))
}

/// `n` equal consumes at once, of which `fit` are possible and one more was accepted.
fn attack(n: usize, fit: usize) -> Vec<Event> {
    let one = |op| {
        let said = if op <= fit { done(None) } else { Some(Said::No) };
        event(op, Act::Out(1), said, 0, Some(100))
    };
    (0..n).map(one).collect()
}

#[test]
fn the_shape_of_an_attack_takes_as_many_steps_as_it_has_requests() {
    for n in [20, 500] {
        let start = State { amount: 5, stage: Stage::Live };
        let events = attack(n, 5);
        assert!(search::check(Thing::Account, start, &events, NODES_MAX).is_violated(), "{n}");
        let nodes = search::nodes(Thing::Account, start, &events);
        assert_eq!(nodes, n, "one step each");
    }
}

#[test]
fn a_search_that_is_too_long_is_inconclusive_and_never_clean() {
    // Distinct amounts, and a refusal that nothing explains: all 2^20 sets would have to be tried.
    let mut events: Vec<Event> =
        (0..20).map(|n| event(n, Act::Out(1 << n), done(None), 0, Some(100))).collect();
    events.push(event(20, Act::Look, done(Some(-1)), 0, Some(100)));
    let start = State { amount: 1 << 20, stage: Stage::Live };
    let verdict = search::check(Thing::Account, start, &events, 10_000);
    assert!(matches!(verdict, Verdict::Inconclusive { .. }), "{verdict:?}");
}

#[test]
fn an_unknown_consume_may_explain_a_refusal_or_be_left_out() {
    let unknown = event(0, Act::Out(60), None, 0, None);
    let start = State { amount: 100, stage: Stage::Live };
    let check = |said, call| {
        let events = [unknown, event(1, Act::Out(60), said, call, Some(call + 5))];
        search::check(Thing::Account, start, &events, NODES_MAX)
    };
    assert_eq!(check(Some(Said::No), 50), Verdict::Ok);
    assert_eq!(check(done(Some(40)), 50), Verdict::Ok);
    assert!(check(done(Some(30)), 50).is_violated());
}

#[test]
fn the_given_order_is_held_against_the_clock() {
    let change = |op, call, version| Event {
        version: Some(version),
        ..event(op, Act::In(1), done(None), call, Some(call + 5))
    };
    let check = |events: &[Event]| given::check(Thing::Account, START, Some(0), events).unwrap();
    assert_eq!(check(&[change(0, 0, 1), change(1, 10, 2)]), Verdict::Ok);
    assert!(check(&[change(0, 0, 2), change(1, 10, 1)]).is_violated());
    assert!(check(&[change(0, 0, 1), change(1, 0, 1)]).is_violated());
    // Neither needs to be next to the other: whoever ended first of all that came later counts.
    let long = |op, version| Event { ret: Some(100), ..change(op, 0, version) };
    assert!(check(&[change(0, 20, 1), long(1, 2), change(2, 0, 3)]).is_violated());
    assert!(check(&[change(0, 20, 1), change(1, 0, 2), long(2, 3)]).is_violated());
    assert_eq!(check(&[change(0, 20, 1), long(1, 2), long(2, 3)]), Verdict::Ok);
}

#[test]
fn a_read_is_held_against_the_version_it_tells_and_against_what_had_ended() {
    let add =
        |ret| Event { version: Some(1), ..event(0, Act::In(1), done(Some(11)), 0, Some(ret)) };
    let check = |ret, amount, version| {
        let look = Event { version, ..event(1, Act::Look, done(Some(amount)), 10, Some(15)) };
        given::check(Thing::Account, START, Some(0), &[add(ret), look]).unwrap()
    };
    // While it is being added either is true, if the version goes with it.
    for (amount, version) in [(10, None), (11, None), (10, Some(0)), (11, Some(1))] {
        assert_eq!(check(20, amount, version), Verdict::Ok, "{amount} {version:?}");
    }
    for (amount, version) in [(10, Some(1)), (11, Some(0)), (12, None)] {
        assert!(check(20, amount, version).is_violated(), "{amount} {version:?}");
    }
    assert_eq!(check(5, 11, None), Verdict::Ok);
    assert!(check(5, 10, None).is_violated());
}

#[test]
fn a_complaint_names_the_moment_and_the_answer() {
    let why = |said, act| {
        let change = Event { version: Some(1), ..event(0, act, said, 0, Some(5)) };
        match given::check(Thing::Account, START, Some(0), &[change]) {
            Some(Verdict::Violated { why, ops }) => (why, ops),
            other => panic!("{other:?}"),
        }
    };
    let (wrong, ops) = why(done(Some(12)), Act::In(1));
    assert_eq!(wrong, "in the server's own order, at 10 (Live), In(1) → 12 is wrong");
    assert_eq!(ops, [0]);
    assert_eq!(
        why(done(None), Act::Out(11)).0,
        "in the server's own order, at 10 (Live), Out(11) → ok is wrong"
    );
    assert_eq!(
        why(Some(Said::No), Act::Out(1)).0,
        "at no moment of its own time is Out(1) → refused true"
    );
    let searched = search::check(
        Thing::Account,
        START,
        &[
            event(3, Act::Out(4), done(Some(6)), 0, Some(9)),
            event(4, Act::Out(7), done(None), 0, Some(9)),
        ],
        NODES_MAX,
    );
    let Verdict::Violated { why, ops } = searched else { panic!("{searched:?}") };
    assert_eq!(
        why,
        "no order of the 2 operations explains the answers; the best explains 1 of them, and then, at 6, \
         none of these is true: Out(7) → ok"
    );
    assert_eq!(ops, [3, 4]);
}

#[test]
fn payments_invoices_documents_and_counters_follow_their_rules() {
    let at = |amount, stage| State { amount, stage };
    let payment = Thing::Payment { amount: 10 };
    let pending = at(0, Stage::Pending);
    assert_eq!(payment.apply(pending, Act::Arrive), Some(at(0, Stage::Live)));
    assert_eq!(payment.apply(at(0, Stage::Live), Act::Arrive), None);
    assert_eq!(payment.apply(pending, Act::End), Some(at(0, Stage::Ended)));
    assert_eq!(payment.apply(at(0, Stage::Live), Act::End), None);
    assert_eq!(payment.apply(at(6, Stage::Live), Act::Out(4)), Some(at(10, Stage::Live)));
    assert_eq!(payment.apply(at(6, Stage::Live), Act::Out(5)), None);
    assert_eq!(payment.apply(pending, Act::Out(1)), None);
    for (overpay, after) in [
        (probe::history::Overpay::Refuse, None),
        (probe::history::Overpay::Credit, Some(at(10, Stage::Live))),
    ] {
        let invoice = Thing::Invoice { total: 10, overpay };
        assert_eq!(invoice.apply(at(6, Stage::Live), Act::In(4)), Some(at(10, Stage::Live)));
        assert_eq!(invoice.apply(at(6, Stage::Live), Act::In(2)), Some(at(8, Stage::Live)));
        assert_eq!(invoice.apply(at(6, Stage::Live), Act::In(5)), after);
        assert_eq!(invoice.apply(at(0, Stage::Live), Act::End), Some(at(0, Stage::Ended)));
        assert_eq!(invoice.apply(at(1, Stage::Live), Act::End), None);
        assert_eq!(invoice.apply(at(0, Stage::Ended), Act::End), None);
        assert_eq!(invoice.apply(at(6, Stage::Live), Act::Out(6)), Some(at(0, Stage::Live)));
        assert_eq!(invoice.apply(at(6, Stage::Live), Act::Out(7)), None);
    }
    let void = at(0, Stage::Ended);
    let refusing = Thing::Invoice { total: 10, overpay: probe::history::Overpay::Refuse };
    let crediting = Thing::Invoice { total: 10, overpay: probe::history::Overpay::Credit };
    assert_eq!(refusing.apply(void, Act::In(1)), None);
    assert_eq!(crediting.apply(void, Act::In(1)), Some(void));
    assert_eq!(Thing::Document.apply(at(3, Stage::Live), Act::Edit(3)), Some(at(4, Stage::Live)));
    assert_eq!(Thing::Document.apply(at(4, Stage::Live), Act::Edit(3)), None);
    assert_eq!(Thing::Counter.apply(at(4, Stage::Live), Act::Count), Some(at(5, Stage::Live)));
    assert_eq!(Thing::Account.apply(at(5, Stage::Live), Act::End), Some(at(0, Stage::Ended)));
    assert_eq!(Thing::Account.apply(at(0, Stage::Live), Act::End), None);
    assert_eq!(Thing::Account.apply(at(5, Stage::Ended), Act::In(1)), None);
    assert_eq!(Thing::Account.apply(at(5, Stage::Live), Act::Out(5)), Some(at(0, Stage::Live)));
}

#[test]
fn a_counter_counts_until_it_ends_and_ends_once() {
    let live = State { amount: 3, stage: Stage::Live };
    let ended = State { amount: 3, stage: Stage::Ended };
    let counter = Thing::Counter;
    assert_eq!(counter.apply(live, Act::Count), Some(State { amount: 4, ..live }));
    assert_eq!(counter.apply(live, Act::End), Some(ended));
    assert_eq!((counter.apply(ended, Act::Count), counter.apply(ended, Act::End)), (None, None));
}

#[test]
fn an_answer_tells_the_amount_and_the_stage_that_are_there() {
    let step =
        |amount, stage| Thing::Account.step(START, Act::Out(4), Some(Said::Done { amount, stage }));
    let after = Some(State { amount: 6, stage: Stage::Live });
    for (amount, stage) in [(None, None), (Some(6), None), (None, Some(Stage::Live))] {
        assert_eq!(step(amount, stage), after);
    }
    assert_eq!((step(Some(7), None), step(None, Some(Stage::Ended))), (None, None));
}
