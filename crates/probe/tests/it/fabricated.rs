//! For each judge one minimal history that is good, and one edit of it that is bad: the judge is silent on
//! the first and speaks on the second.

use probe::{
    history::{
        Args, Entry, FORMAT, Header, History, Op, Outcome, Overpay, Phase, Promises, Seen, Verb,
    },
    judge::by_id,
};

fn header() -> Header {
    Header {
        format: FORMAT,
        scenario: "made".to_owned(),
        round: 0,
        seed: 0,
        delivery: String::new(),
        spread_us: 0,
        promises: Promises {
            gapless: true,
            version_steps: true,
            yearly: true,
            overpay: Overpay::Refuse,
        },
        joint_minimum: None,
        secrets: std::collections::BTreeMap::from([("a".to_owned(), "secret".to_owned())]),
        digits: 2,
    }
}

struct Made(History);

impl Made {
    fn new() -> Self {
        Self(History { header: header(), ops: Vec::new() })
    }

    /// An accepted operation in the given phase, one after the other.
    fn op(mut self, phase: Phase, verb: Verb, on: &str, amount: i64) -> Self {
        let id = self.0.ops.len();
        let call_ns = id as u64 * 10;
        self.0.ops.push(Op {
            id,
            phase,
            verb,
            on: Some(on.to_owned()),
            args: Args { amount: (amount != 0).then_some(amount), ..Args::default() },
            key: None,
            request: Some(format!("r{id}")),
            tenant: "a".to_owned(),
            target: 0,
            call_ns,
            ret_ns: Some(call_ns + 5),
            outcome: Outcome::Ok,
            status: Some(200),
            seen: Seen { id: verb.is_creation().then(|| on.to_owned()), ..Seen::default() },
        });
        self
    }

    fn setup(self, verb: Verb, on: &str, amount: i64) -> Self {
        self.op(Phase::Setup, verb, on, amount)
    }

    fn race(self, verb: Verb, on: &str, amount: i64) -> Self {
        self.op(Phase::Race, verb, on, amount)
    }

    fn rest(self, verb: Verb, on: &str) -> Self {
        self.op(Phase::Final, verb, on, 0)
    }

    /// Of the last operation.
    fn with(mut self, edit: impl FnOnce(&mut Op)) -> Self {
        edit(self.0.ops.last_mut().unwrap());
        self
    }

    fn status(self, status: &str) -> Self {
        self.with(|op| op.seen.status = Some(status.to_owned()))
    }

    fn version(self, version: u64) -> Self {
        self.with(|op| op.seen.version = Some(version))
    }

    fn refused(self) -> Self {
        self.with(|op| {
            op.outcome = Outcome::Refused;
            op.status = Some(400);
        })
    }

    /// Nobody knows what became of it.
    fn unknown(self) -> Self {
        self.with(|op| (op.outcome, op.ret_ns, op.status) = (Outcome::Unknown, None, None))
    }

    fn balance(self, balance: i64) -> Self {
        self.with(|op| op.seen.balance = Some(balance))
    }

    fn entries(self, amounts: &[i64]) -> Self {
        let entry = |amount: &i64| Entry { amount: *amount, id: None, balance_after: None };
        self.with(|op| op.seen.entries = Some(amounts.iter().map(entry).collect()))
    }

    fn names(self, names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        self.with(|op| op.seen.names = Some(names))
    }

    /// All raced operations at one moment.
    fn together(mut self) -> Self {
        let raced = || self.0.raced().map(|op| (op.call_ns, op.ret_ns));
        let (start, end) =
            (raced().map(|(call, _)| call).min(), raced().filter_map(|(_, ret)| ret).max());
        for op in self.0.ops.iter_mut().filter(|op| op.phase == Phase::Race) {
            (op.call_ns, op.ret_ns) = (start.unwrap(), end);
        }
        self
    }
}

fn findings(judge: &str, made: &Made) -> usize {
    // What is kept and read again is judged the same.
    let again = History::from_jsonl(&made.0.to_jsonl()).unwrap();
    assert_eq!(again, made.0);
    by_id(judge).unwrap().findings(&again).len()
}

fn check(judge: &str, good: &Made, bad: &Made) {
    assert_eq!(findings(judge, good), 0, "{judge} blames a good history");
    assert!(findings(judge, bad) > 0, "{judge} lets a bad history pass");
    let all = by_id(judge).unwrap().findings(&bad.0);
    // What is missing between two numbers was nobody's answer.
    let is_named = |ops: &Vec<usize>| judge == "J6" || !ops.is_empty();
    assert!(all.iter().all(|finding| is_named(&finding.ops)), "{judge} names no operation");
    assert!(probe::judge::judge(&bad.0).iter().any(|finding| finding.judge == judge));
}

/// 100.00 on an account of which 60.00 are drawn twice; the second answer is edited.
fn two_consumes() -> Made {
    Made::new().setup(Verb::OpenRetainer, "r", 100_00).race(Verb::Consume, "r", 60_00).race(
        Verb::Consume,
        "r",
        60_00,
    )
}

#[test]
fn j1_more_is_accepted_than_there_is() {
    let bad = two_consumes().together();
    check("J1", &two_consumes().refused().together(), &bad);
    let finding = &by_id("J1").unwrap().findings(&bad.0)[0];
    assert_eq!(finding.text, "100.00 on the retainer, 120.00 spent, 2 answers said OK");
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
        let made =
            Made::new().setup(Verb::OpenRetainer, "r", 100).setup(Verb::OpenRetainer, "s", 100);
        let made = made.race(Verb::Transfer, "r", 10).with(|op| op.args.to = Some("s".to_owned()));
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
fn j12_a_document_comes_to_two_ends() {
    let invoice = |held: i64| {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100).race(Verb::VoidInvoice, "i", 0);
        made.rest(Verb::ReadInvoice, "i").status("void").with(|op| op.seen.paid = Some(held))
    };
    check("J12", &invoice(0), &invoice(100));
    let payment =
        || Made::new().setup(Verb::CreatePayment, "p", 100).race(Verb::CompletePayment, "p", 100);
    let good = payment().race(Verb::CancelPayment, "p", 0).refused();
    check("J12", &good, &payment().race(Verb::CancelPayment, "p", 0));
    let client = || Made::new().setup(Verb::CreateClient, "c", 0).race(Verb::DeleteClient, "c", 0);
    let retainer = |made: Made| {
        made.race(Verb::OpenRetainer, "r", 5).with(|op| op.args.client = Some("c".to_owned()))
    };
    check("J12", &retainer(client()).refused(), &retainer(client()));
    let invoice = |made: Made| {
        made.race(Verb::CreateInvoice, "i", 5).with(|op| op.args.client = Some("c".to_owned()))
    };
    check("J12", &invoice(client()).refused(), &invoice(client()));
    let sent = |made: Made| invoice(made).race(Verb::SendInvoice, "i", 0);
    check("J12", &sent(client()).refused(), &sent(client()));
}

#[test]
fn j12_two_verdicts_or_a_paid_invoice_that_is_void() {
    let asked = || {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100);
        made.setup(Verb::SubmitInvoice, "i", 0).race(Verb::ApproveInvoice, "i", 0)
    };
    let good = asked().race(Verb::RejectInvoice, "i", 0).refused();
    check("J12", &good, &asked().race(Verb::RejectInvoice, "i", 0));
    check("J12", &good, &asked().race(Verb::ApproveInvoice, "i", 0));
    let void = |back: i64| {
        let of_invoice = |op: &mut Op| op.args.invoice = Some("i".to_owned());
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100);
        let made = made.setup(Verb::CompletePayment, "p", 100).with(of_invoice);
        made.race(Verb::Refund, "p", back).with(of_invoice).race(Verb::VoidInvoice, "i", 0)
    };
    check("J12", &void(100), &void(99));
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
fn j14_a_status_contradicts_its_amounts() {
    let invoice = |status: &str, due: i64| {
        let made = Made::new().setup(Verb::CreateInvoice, "i", 100).rest(Verb::ReadInvoice, "i");
        made.status(status).with(|op| {
            (op.seen.paid, op.seen.due, op.seen.total) = (Some(100 - due), Some(due), Some(100));
        })
    };
    check("J14", &invoice("paid", 0), &invoice("partial", 0));
    check("J14", &invoice("open", 100), &invoice("paid", 100));
    check("J14", &invoice("partial", 1), &invoice("open", 1));
    assert_eq!(findings("J14", &invoice("draft", 0)), 0);
    let retainer = |status: &str, balance| {
        let made = Made::new().setup(Verb::OpenRetainer, "r", 100);
        made.rest(Verb::ReadRetainer, "r").status(status).balance(balance)
    };
    check("J14", &retainer("depleted", 0), &retainer("active", 0));
}

#[test]
fn j14_a_payment_is_completed_and_its_money_nowhere() {
    let booked = |entries: &[i64]| {
        let made =
            Made::new().setup(Verb::OpenRetainer, "r", 100).setup(Verb::CreatePayment, "p", 7);
        let made = made.race(Verb::CompletePayment, "p", 7);
        let made = made.with(|op| op.args.retainer = Some("r".to_owned()));
        let made = made.rest(Verb::ReadPayment, "p").status("completed");
        made.rest(Verb::ListEntries, "r").entries(entries)
    };
    check("J14", &booked(&[100, 7]), &booked(&[100]));
}

#[test]
fn j15_the_answer_was_not_true() {
    let booked = |entries: &[i64]| {
        let made = two_consumes().with(|op| op.args.amount = Some(50_00)).refused();
        made.rest(Verb::ListEntries, "r").entries(entries)
    };
    let good = booked(&[100_00, -60_00]);
    check("J15", &good, &booked(&[100_00]));
    check("J15", &good, &booked(&[100_00, -60_00, -50_00]));
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
fn j16_debits_are_not_credits() {
    let told = |credits| {
        Made::new().rest(Verb::Journal, "").with(|op| {
            (op.seen.debits, op.seen.credits) = (Some(100), Some(credits));
        })
    };
    check("J16", &told(100), &told(99));
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
fn every_judge_is_shown_a_bad_history() {
    let source = include_str!("fabricated.rs");
    for judge in probe::judge::ALL {
        assert!(source.contains(&format!("check(\"{}\"", judge.id)), "{}", judge.id);
    }
}

#[test]
fn a_history_that_cannot_be_read_names_its_line() {
    let text = two_consumes().0.to_jsonl();
    let broken = text.replace("\"verb\":\"consume\"", "\"verb\":\"consum\"");
    let error = History::from_jsonl(&broken).unwrap_err().to_string();
    assert!(error.starts_with("line 3"), "{error}");
    assert!(History::from_jsonl("").is_err());
    assert!(History::from_jsonl(&text.replace("\"format\":1", "\"format\":2")).is_err());
}

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
