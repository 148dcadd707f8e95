//! The judges of amounts: J1 to J4 and J16.

use probe::{
    history::{Op, Outcome, Phase, Verb},
    judge::by_id,
};

use super::{Made, check, findings, two_consumes};

#[test]
fn j1_more_is_accepted_than_there_is() {
    let bad = two_consumes().together();
    check("J1", &two_consumes().refused().together(), &bad);
    let finding = &by_id("J1").unwrap().findings(&bad.0)[0];
    assert_eq!(finding.text, "100.00 on the retainer, 120.00 spent, 2 answers said OK");
    assert_eq!(finding.ops, [1, 2]);
}

#[test]
fn j1_refunds_and_payments_are_bounded_too() {
    let refunds =
        |made: Made| made.setup(Verb::CreatePayment, "p", 1_000).race(Verb::Refund, "p", 600);
    let good = refunds(Made::new()).race(Verb::Refund, "p", 400);
    check("J1", &good, &refunds(Made::new()).race(Verb::Refund, "p", 401));
    let pays = |amount: i64| {
        let to = |op: &mut Op| op.args.invoice = Some("i".to_owned());
        let made = Made::new().setup(Verb::CreateInvoice, "i", 1_000);
        let made = made.race(Verb::CompletePayment, "p", 600).with(to);
        made.race(Verb::CompletePayment, "q", amount).with(to)
    };
    check("J1", &pays(400), &pays(401));
}

#[test]
fn j2_what_is_left_does_not_add_up() {
    let left = |balance| {
        Made::new()
            .setup(Verb::OpenRetainer, "r", 100)
            .race(Verb::Deposit, "r", 20)
            .race(Verb::Consume, "r", 60)
            .rest(Verb::ReadRetainer, "r")
            .balance(balance)
    };
    check("J2", &left(60), &left(40));
}

#[test]
fn j2_an_unknown_consume_may_have_happened_or_not_but_not_half() {
    let left = |balance| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).race(Verb::Consume, "r", 60);
        let made = made.with(|op| (op.outcome, op.ret_ns) = (Outcome::Unknown, None));
        made.rest(Verb::ReadRetainer, "r").balance(balance)
    };
    check("J2", &left(100), &left(70));
    assert_eq!(findings("J2", &left(40)), 0);
}

#[test]
fn j2_an_invoice_was_paid_what_arrived_less_what_went_back() {
    let of_invoice = |op: &mut Op| op.args.invoice = Some("i".to_owned());
    let read = |arrives: i64, paid: i64| {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 1_000);
        let made = made.race(Verb::CompletePayment, "p", arrives).with(of_invoice);
        let made = made.race(Verb::CompletePayment, "q", 7).race(Verb::Refund, "p", 100);
        made.with(of_invoice).rest(Verb::ReadInvoice, "i").with(|op| op.seen.paid = Some(paid))
    };
    for wrong in [600, 400, 0, 507] {
        check("J2", &read(600, 500), &read(600, wrong));
    }
    // More than it can take: how much it took depends on their order, but within bounds.
    for wrong in [-1, 1_001] {
        check("J2", &read(1_100, 900), &read(1_100, wrong));
    }
    let voided = |paid| {
        let made =
            Made::new().setup(Verb::CreateInvoice, "i", 1_000).race(Verb::VoidInvoice, "i", 0);
        made.rest(Verb::ReadInvoice, "i").with(|op| op.seen.paid = Some(paid))
    };
    check("J2", &voided(0), &voided(1_001));
}

#[test]
fn j2_a_job_counts_what_was_accepted_and_perhaps_what_nobody_knows_of() {
    let counted = |count| {
        let made = Made::new().setup(Verb::CreateJob, "j", 0).setup(Verb::CreateJob, "k", 0);
        let made = made.race(Verb::Propose, "j", 0).race(Verb::Propose, "j", 0);
        let made = made.race(Verb::Propose, "j", 0).refused().race(Verb::Propose, "k", 0);
        let made = made.race(Verb::Propose, "j", 0).unknown();
        made.rest(Verb::ReadJob, "j").with(|op| op.seen.count = Some(count))
    };
    for (right, wrong) in [(2, 1), (3, 4)] {
        check("J2", &counted(right), &counted(wrong));
    }
}

#[test]
fn j2_of_twenty_unknown_amounts_every_sum_is_tried_and_beyond_is_the_benefit_of_the_doubt() {
    let left = |unknown: u32| {
        let mut made = Made::new().setup(Verb::OpenRetainer, "r", 1 << 30);
        for n in 0..unknown {
            made = made.race(Verb::Consume, "r", 2 << n).unknown();
        }
        // Odd: no sum of even amounts.
        made.rest(Verb::ReadRetainer, "r").balance((1 << 30) - 1)
    };
    assert_eq!((findings("J2", &left(21)), findings("J2", &left(20))), (0, 1));
}

#[test]
fn j2_totals_of_moving_money_are_constant() {
    let total = |one, other| {
        let made = two_retainers()
            .race(Verb::Transfer, "r", 10)
            .with(|op| op.args.to = Some("s".to_owned()));
        made.race(Verb::Snapshot, "", 0).with(|op| {
            op.seen.balances = [("r".to_owned(), one), ("s".to_owned(), other)].into();
        })
    };
    check("J2", &total(90, 110), &total(90, 100));
}

#[test]
fn j3_less_than_nothing_is_shown() {
    let shown = |balance| two_consumes().refused().rest(Verb::ReadRetainer, "r").balance(balance);
    check("J3", &shown(0), &shown(-1));
}

#[test]
fn j4_entries_do_not_add_up() {
    let read = |entries: &[i64]| {
        let made = two_consumes().refused().rest(Verb::ReadRetainer, "r").balance(40_00);
        made.rest(Verb::ListEntries, "r").entries(entries)
    };
    check("J4", &read(&[100_00, -60_00]), &read(&[100_00, -60_00, 1]));
}

#[test]
fn j16_debits_are_not_credits() {
    let told = |credits| {
        Made::new().rest(Verb::Journal, "").with(|op| {
            (op.seen.debits, op.seen.credits) = (Some(100), Some(credits));
        })
    };
    check("J16", &told(100), &told(99));
}

#[test]
fn j1_all_of_it_may_be_spent_and_what_was_refused_was_not() {
    let spent = |amount: i64| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100).race(Verb::Deposit, "r", 20);
        made.race(Verb::Deposit, "r", 40).refused().race(Verb::Consume, "r", amount)
    };
    check("J1", &spent(120), &spent(121));
    let pays = |of: &str| {
        let of = of.to_owned();
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100);
        let made = made.race(Verb::CompletePayment, "p", 60);
        let made = made.with(|op| op.args.invoice = Some("i".to_owned()));
        made.race(Verb::CompletePayment, "q", 60).with(|op| op.args.invoice = Some(of))
    };
    check("J1", &pays("j"), &pays("i"));
}

#[test]
fn j1_two_accounts_keep_their_joint_minimum() {
    let joint = |minimum: Option<i64>, left: [i64; 2]| {
        let mut made = two_retainers().race(Verb::Withdraw, "r", 60);
        made = made.with(|op| op.args.to = Some("s".to_owned()));
        for (account, balance) in ["r", "s"].into_iter().zip(left) {
            made = made.rest(Verb::ReadRetainer, account).balance(balance);
        }
        made.0.header.joint_minimum = minimum;
        made
    };
    check("J1", &joint(Some(100), [40, 60]), &joint(Some(100), [40, 59]));
    assert_eq!(findings("J1", &joint(None, [40, 59])), 0, "nobody promised one");
}

#[test]
fn j2_of_a_payment_goes_back_what_was_told() {
    let refunded = |told: i64| {
        let made = Made::new().setup(Verb::CreatePayment, "p", 100).race(Verb::Refund, "p", 30);
        let made = made.race(Verb::Refund, "q", 20).race(Verb::CompletePayment, "p", 100);
        made.rest(Verb::ReadPayment, "p").with(|op| op.seen.refunded = Some(told))
    };
    for wrong in [0, 50, 130] {
        check("J2", &refunded(30), &refunded(wrong));
    }
}

#[test]
fn j2_what_an_invoice_can_not_take_is_measured_by_what_may_have_arrived() {
    let read = |other: &Made, paid: i64| {
        let of_invoice = |op: &mut Op| op.args.invoice = Some("i".to_owned());
        let made = Made(other.0.clone()).race(Verb::CompletePayment, "p", 1_000).with(of_invoice);
        let made = made.race(Verb::Refund, "p", 100).with(of_invoice);
        made.rest(Verb::ReadInvoice, "i").with(|op| op.seen.paid = Some(paid))
    };
    let made = || Made::new().setup(Verb::CreateInvoice, "i", 1_000);
    let others = [
        made(),
        made().race(Verb::VoidInvoice, "i", 0).refused(),
        made().setup(Verb::CreateInvoice, "j", 1_000).race(Verb::VoidInvoice, "j", 0),
    ];
    for other in &others {
        check("J2", &read(other, 900), &read(other, 800));
    }
}

#[test]
fn j2_the_difference_is_said_in_money() {
    let said = |balance| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100_00);
        let made = made.rest(Verb::ReadRetainer, "r").balance(balance);
        by_id("J2").unwrap().findings(&made.0)[0].clone()
    };
    let (less, more) = (said(80_00), said(130_00));
    assert_eq!(less.text, "the retainer should say 100.00 and says 80.00: 20.00 lost");
    assert_eq!(more.text, "the retainer should say 100.00 and says 130.00: 30.00 too much");
    assert!(less.arabic.ends_with("ضاع 20.00") && more.arabic.ends_with("زاد 30.00"));
}

#[test]
fn j2_totals_count_while_money_only_moves_and_where_somebody_told_them() {
    let total = |phase, balances: &[(&str, i64)], raced: Verb| {
        let balances = balances.iter().map(|(id, is)| ((*id).to_owned(), *is)).collect();
        let made = two_retainers().race(raced, "r", 10);
        let made = made.with(|op| op.args.to = Some("s".to_owned()));
        made.op(phase, Verb::Snapshot, "", 0).with(|op| op.seen.balances = balances)
    };
    let torn = [("r", 90), ("s", 100)];
    let whole = [("r", 90), ("s", 110)];
    for phase in [Phase::Race, Phase::Final] {
        check("J2", &total(phase, &whole, Verb::Transfer), &total(phase, &torn, Verb::Transfer));
    }
    for silent in [
        total(Phase::Setup, &torn, Verb::Transfer),
        total(Phase::Final, &[], Verb::Transfer),
        total(Phase::Final, &torn, Verb::Consume),
    ] {
        assert_eq!(findings("J2", &silent), 0);
    }
}

#[test]
fn j2_money_that_moves_or_arrives_is_on_the_account_it_was_meant_for() {
    let moved = |from: i64, to: i64| {
        let made = two_retainers().race(Verb::Transfer, "r", 30);
        let made = made.with(|op| op.args.to = Some("s".to_owned()));
        let made = made.rest(Verb::ReadRetainer, "r").balance(from);
        made.rest(Verb::ReadRetainer, "s").balance(to)
    };
    check("J2", &moved(70, 130), &moved(130, 130));
    check("J2", &moved(70, 130), &moved(70, 70));
    let arrived = |balance| {
        let made = two_retainers().race(Verb::CompletePayment, "p", 30);
        let made = made.with(|op| op.args.retainer = Some("r".to_owned()));
        made.rest(Verb::ReadRetainer, "r").balance(balance)
    };
    check("J2", &arrived(130), &arrived(100));
}

#[test]
fn j2_a_payment_arrives_once_however_often_it_is_asked_to() {
    let read = |asked: [fn(Made) -> Made; 2], paid: i64| {
        let mut made = Made::new().setup(Verb::CreateInvoice, "i", 100);
        for outcome in asked {
            made = made.race(Verb::CompletePayment, "p", 60);
            made = outcome(made.with(|op| op.args.invoice = Some("i".to_owned())));
        }
        made.rest(Verb::ReadInvoice, "i").with(|op| op.seen.paid = Some(paid))
    };
    let ok = |made| made;
    check("J2", &read([Made::unknown, ok], 60), &read([Made::unknown, ok], 0));
    check("J2", &read([ok, ok], 60), &read([ok, ok], 120));
    let perhaps = [Made::refused, Made::unknown];
    for right in [0, 60] {
        check("J2", &read(perhaps, right), &read(perhaps, 30));
    }
}

fn two_retainers() -> Made {
    Made::new().setup(Verb::OpenRetainer, "r", 100).setup(Verb::OpenRetainer, "s", 100)
}

#[test]
fn j2_what_a_job_that_was_taken_back_counts_is_the_servers_own_rule() {
    let counted = |closed: &str, refuse: fn(Made) -> Made| {
        let made = Made::new().setup(Verb::CreateJob, "j", 0).race(Verb::Propose, "j", 0);
        let made = refuse(made.race(Verb::CloseJob, closed, 0));
        made.rest(Verb::ReadJob, "j").with(|op| op.seen.count = Some(0))
    };
    let ok = |made| made;
    check("J2", &counted("j", ok), &counted("j", Made::refused));
    check("J2", &counted("j", Made::unknown), &counted("k", ok));
}
