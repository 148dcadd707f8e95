//! The judges of answers: J7, J8, J13, J15 and J18 to J20.

use probe::{
    history::{Op, Outcome, Phase, Verb},
    judge::by_id,
};

use super::{Made, check, findings, two_consumes};

/// One request under one key, sent twice; the second answer is edited.
fn keyed() -> Made {
    let key = |op: &mut Op| op.key = Some("k".to_owned());
    let made = Made::new().setup(Verb::OpenRetainer, "r", 100);
    let made = made.race(Verb::Consume, "r", 10).with(key).with(|op| op.seen.seq = Some(7));
    made.race(Verb::Consume, "r", 10).with(key).with(|op| op.seen.seq = Some(7))
}

#[test]
fn j7_one_key_has_two_effects() {
    check("J7", &keyed(), &keyed().with(|op| op.seen.seq = Some(8)));
    let booked = |entries: &[i64]| keyed().rest(Verb::ListEntries, "r").entries(entries);
    check("J7", &booked(&[100, -10]), &booked(&[100, -10, -10]));
}

#[test]
fn j8_one_key_has_two_answers() {
    check("J8", &keyed(), &keyed().with(|op| op.seen.body = "other".to_owned()));
    check("J8", &keyed(), &keyed().with(|op| op.args.amount = Some(11)));
}

#[test]
fn j8_what_a_key_means_elsewhere_is_the_servers_own_rule() {
    let elsewhere = keyed().with(|op| {
        op.verb = Verb::Deposit;
        op.seen.body = "other".to_owned();
    });
    assert_eq!(findings("J8", &elsewhere), 0);
}

#[test]
fn j13_another_tenant_is_served() {
    let theirs = |status: u16, outcome, body: &str| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100);
        let mut made = made.race(Verb::ReadRetainer, "r", 0).race(Verb::ReadRetainer, "nowhere", 0);
        for op in &mut made.0.ops[1..] {
            op.tenant = "b".to_owned();
            (op.status, op.outcome) = (Some(404), Outcome::Declined);
        }
        made.0.ops[1].status = Some(status);
        made.0.ops[1].outcome = outcome;
        made.0.ops[1].seen.body = body.to_owned();
        made
    };
    let good = theirs(404, Outcome::Declined, "not found");
    check("J13", &good, &theirs(200, Outcome::Ok, ""));
    check("J13", &good, &theirs(403, Outcome::Declined, ""));
    check("J13", &good, &theirs(404, Outcome::Declined, "the secret"));
}

#[test]
fn j15_the_answer_was_not_true() {
    let booked = |entries: &[i64]| {
        let made = two_consumes().with(|op| op.args.amount = Some(50_00)).refused();
        made.rest(Verb::ListEntries, "r").entries(entries)
    };
    let good = booked(&[100_00, -60_00]);
    check("J15", &good, &booked(&[100_00]));
    let bad = booked(&[100_00, -60_00, -50_00]);
    check("J15", &good, &bad);
    assert_eq!(by_id("J15").unwrap().findings(&bad.0)[0].ops, [2]);
}

#[test]
fn j15_an_accepted_edit_stands_and_a_refused_one_does_not() {
    let edited = |value: &str| {
        let edit = |text: &str| {
            let text = text.to_owned();
            move |op: &mut Op| {
                op.args.field = Some("notes".to_owned());
                op.args.value = Some(text);
            }
        };
        let made = Made::new().setup(Verb::CreateClient, "c", 0);
        let made = made.race(Verb::Patch, "c", 0).with(edit("yes"));
        let made = made.race(Verb::Patch, "c", 0).with(edit("no")).refused();
        let value = value.to_owned();
        made.rest(Verb::ReadClient, "c")
            .with(|op| op.seen.fields = [("notes".to_owned(), value)].into())
    };
    check("J15", &edited("yes"), &edited("no"));
    check("J15", &edited("yes"), &edited(""));
}

#[test]
fn j15_an_edit_of_another_document_or_field_is_another_edit() {
    let edited = |on: &str, field: &str| {
        let edit = |field: &str, value: &str| {
            let (field, value) = (Some(field.to_owned()), Some(value.to_owned()));
            move |op: &mut Op| (op.args.field, op.args.value) = (field, value)
        };
        let made = Made::new().setup(Verb::CreateClient, "c", 0).setup(Verb::CreateClient, "d", 0);
        let made = made.race(Verb::Patch, "c", 0).with(edit("notes", "mine"));
        let made = made.race(Verb::Patch, on, 0).with(edit(field, "theirs"));
        made.rest(Verb::ReadClient, "c").with(|op| {
            let fields = [("notes", "mine"), ("city", "old")];
            op.seen.fields = fields.map(|(name, is)| (name.to_owned(), is.to_owned())).into();
        })
    };
    check("J15", &edited("d", "city"), &edited("c", "city"));
    check("J15", &edited("d", "notes"), &edited("c", "city"));
}

#[test]
fn j15_a_list_leaves_nothing_out_and_shows_nothing_twice() {
    let listed = |names: &[&str]| {
        let made = Made::new().setup(Verb::CreateClient, "c", 0).setup(Verb::CreateClient, "d", 0);
        made.rest(Verb::ListClients, "").names(names)
    };
    check("J15", &listed(&["d", "c"]), &listed(&["d"]));
    check("J15", &listed(&["d", "c"]), &listed(&["d", "c", "d"]));
}

#[test]
fn j15_what_was_made_can_be_read_from_then_on_until_it_is_deleted() {
    let read = |before: bool, deleted: bool, on: &str| {
        let made = Made::new().setup(Verb::CreateClient, "c", 0).setup(Verb::CreateClient, "x", 0);
        let verb = if deleted { Verb::DeleteClient } else { Verb::ReadJob };
        let made = made.race(verb, "c", 0).rest(Verb::ReadClient, on);
        made.with(|op| {
            (op.status, op.outcome) = (Some(404), Outcome::Declined);
            op.call_ns = if before { 0 } else { op.call_ns };
        })
    };
    let bad = read(false, false, "c");
    for good in [read(true, false, "c"), read(false, true, "c"), read(false, false, "nowhere")] {
        check("J15", &good, &bad);
    }
    check("J15", &bad.with(|op| op.tenant = "b".to_owned()), &read(false, true, "x"));
}

#[test]
fn j18_an_accepted_request_has_no_audit_record() {
    let recorded = |names: &[&str]| two_consumes().refused().rest(Verb::Audit, "").names(names);
    check("J18", &recorded(&["r0", "r1"]), &recorded(&["r0"]));
    check("J18", &recorded(&["r0", "r1"]), &recorded(&["r0", "r1", "r1"]));
}

#[test]
fn j19_what_was_acknowledged_is_gone_after_a_restart() {
    let left = |entries: &[i64]| {
        let made = two_consumes().refused().op(Phase::Restarted, Verb::ListEntries, "r", 0);
        made.entries(entries)
    };
    check("J19", &left(&[100_00, -60_00]), &left(&[100_00]));
    check("J19", &left(&[100_00, -60_00]), &left(&[100_00, -60_00, -60_00]));
}

#[test]
fn j20_contention_is_answered_with_a_server_error() {
    let failed = two_consumes().with(|op| (op.outcome, op.status) = (Outcome::Unknown, Some(500)));
    check("J20", &two_consumes().refused(), &failed);
}

#[test]
fn j15_an_invoice_is_over_what_an_accepted_edit_made_it() {
    let edited = |total: i64, edits: &[(&str, i64, Outcome)]| {
        let mut made = Made::new().setup(Verb::CreateInvoice, "i", 500);
        for (on, amount, outcome) in edits {
            made = made.race(Verb::EditInvoice, on, *amount).with(|op| op.outcome = *outcome);
        }
        made.rest(Verb::ReadInvoice, "i").with(|op| op.seen.total = Some(total))
    };
    use Outcome::{Ok, Refused, Unknown};
    let two = [("i", 700, Ok), ("i", 900, Refused)];
    check("J15", &edited(700, &two), &edited(900, &two));
    check("J15", &edited(700, &two), &edited(500, &two));
    let perhaps = [("i", 700, Unknown), ("j", 900, Ok)];
    for right in [500, 700] {
        check("J15", &edited(right, &perhaps), &edited(900, &perhaps));
    }
    assert_eq!(findings("J15", &edited(900, &[])), 0, "nobody edited it");
}

#[test]
fn j18_a_repetition_stands_once_at_least_and_what_is_elsewhere_is_not_asked_for() {
    let recorded = |names: &[&str]| keyed().rest(Verb::Audit, "").names(names);
    for right in [&["r0", "r1", "x"][..], &["r0", "r2"], &["r0", "r1", "r2"]] {
        check("J18", &recorded(right), &recorded(&["r0", "x"]));
    }
    let once = |names: &[&str]| {
        let made = Made::new().race(Verb::Deposit, "r", 5).race(Verb::Deposit, "r", 6).refused();
        let made = made.race(Verb::Deposit, "s", 5).with(|op| op.tenant = "b".to_owned());
        made.race(Verb::SetClock, "", 0).rest(Verb::Audit, "").names(names)
    };
    for wrong in [&["r1"][..], &["r0", "r0"], &[]] {
        check("J18", &once(&["r0", "x"]), &once(wrong));
    }
}

#[test]
fn j15_what_nobody_knows_of_may_be_booked_once() {
    let booked = |entries: &[i64]| {
        let made = two_consumes().with(|op| op.args.amount = Some(50_00)).unknown();
        made.rest(Verb::ListEntries, "r").entries(entries)
    };
    for right in [&[100_00, -60_00][..], &[100_00, -60_00, -50_00]] {
        check("J15", &booked(right), &booked(&[100_00, -50_00]));
    }
}

#[test]
fn what_is_repeated_counts_as_the_best_known_of_its_answers() {
    let left = |balance| {
        let mut made = keyed().rest(Verb::ReadRetainer, "r").balance(balance);
        (made.0.ops[1].outcome, made.0.ops[1].status) = (Outcome::Unknown, None);
        made
    };
    check("J2", &left(90), &left(100));
}

#[test]
fn j7_what_nobody_asked_for_is_another_judges_question() {
    let booked = |entries: &[i64]| keyed().rest(Verb::ListEntries, "r").entries(entries);
    check("J7", &booked(&[100, -10, 7]), &booked(&[100, -10, -10]));
}

#[test]
fn j13_an_owner_is_who_made_it_and_jobs_are_for_everybody() {
    let by = |tenant: &str| {
        let tenant = tenant.to_owned();
        move |op: &mut Op| op.tenant = tenant
    };
    let made = Made::new().setup(Verb::CreateClient, "c", 0).refused().with(by("b"));
    let made = made.setup(Verb::CreateClient, "c", 0).race(Verb::ReadClient, "c", 0);
    assert_eq!(findings("J13", &made), 0);
    let proposed =
        |verb| Made::new().setup(Verb::CreateJob, "j", 0).race(verb, "j", 0).with(by("b"));
    check("J13", &proposed(Verb::Propose), &proposed(Verb::CloseJob));
}

#[test]
fn j15_more_than_was_asked_for_is_another_judges_question() {
    let booked = |second: fn(Made) -> Made| {
        let made = second(Made::new().race(Verb::Deposit, "r", 5).race(Verb::Deposit, "r", 5));
        made.rest(Verb::ListEntries, "r").entries(&[5, 5, 5])
    };
    check("J15", &booked(|made| made), &booked(Made::refused));
    assert_eq!(findings("J15", &booked(Made::unknown)), 0);
}

#[test]
fn j15_only_what_is_read_at_rest_tells_whether_an_edit_stands() {
    let notes = |value: &str| {
        let value = value.to_owned();
        move |op: &mut Op| op.seen.fields = [("notes".to_owned(), value)].into()
    };
    let edited = || {
        let made = Made::new().setup(Verb::CreateClient, "c", 0).race(Verb::Patch, "c", 0);
        made.with(|op| {
            (op.args.field, op.args.value) = (Some("notes".to_owned()), Some("new".to_owned()));
        })
    };
    let old = edited().rest(Verb::ReadClient, "c").with(notes("old"));
    for good in [
        edited().race(Verb::ReadClient, "c", 0).with(notes("old")),
        edited().rest(Verb::ReadClient, "c").with(notes("old")).refused(),
        edited().rest(Verb::ReadPayment, "c").with(notes("old")),
    ] {
        check("J15", &good, &old);
    }
}

#[test]
fn j15_a_list_has_what_its_tenant_made_before_and_nobody_deleted() {
    let listed = |edit: fn(&mut Made)| {
        let made = Made::new().setup(Verb::CreateClient, "c", 0).setup(Verb::CreateClient, "d", 0);
        let made = made.race(Verb::DeleteClient, "e", 0);
        let mut made = made.rest(Verb::ListClients, "").names(&["c"]);
        edit(&mut made);
        made
    };
    let bad = listed(|_| ());
    check("J15", &listed(|made| made.0.ops[1].tenant = "b".to_owned()), &bad);
    check("J15", &listed(|made| made.0.ops[1].ret_ns = None), &bad);
    check("J15", &listed(|made| made.0.ops[2].on = Some("d".to_owned())), &bad);
}
